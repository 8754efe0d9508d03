#pragma once

#include <functional>
#include <string_view>

#include "projections/deals/deals.pb.h"
#include "projections/engine/projection.hpp"

namespace dealog::deals {

/// The entries of a deal's timeline after a position, oldest first, with their personal parts opened, until `each`
/// answers false.
void read_timeline(std::string_view deal_id, Position after, const projections::View& view,
                   const projections::QueryContext& context, const std::function<bool(v1::TimelineEntry&&)>& each);

}  // namespace dealog::deals
