#pragma once

#include "domain/access/access.hpp"
#include "projections/engine/projection.hpp"

namespace dealog::gateway {

/// Whose things the caller may see in an area, by the rights of now; `directory` is the newest view, null before there
/// is one: then nobody's but the caller's own.
[[nodiscard]] projections::Visibility visible_in(access::AreaName area, const Principal& caller,
                                                 const projections::View* directory);

}  // namespace dealog::gateway
