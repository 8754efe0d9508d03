#pragma once

#include <memory>
#include <vector>

#include "projections/engine/projection.hpp"

namespace dealog::app {

/// Every read model there is: one line each.
[[nodiscard]] std::vector<std::unique_ptr<projections::Projection>> all_projections();

}  // namespace dealog::app
