#pragma once

#include <optional>
#include <string_view>

#include "projections/deals/rows.pb.h"
#include "projections/engine/projection.hpp"

namespace dealog::deals {

/// The timeline's entry of an event in a deal's stream; absent for an event that this version does not know.
/// `task_title` is the title of the open task that the event names, if any.
[[nodiscard]] std::optional<rows::v1::EntryRow> entry_of(const projections::Event& event, std::string_view task_title);

}  // namespace dealog::deals
