#pragma once

#include <string>

namespace dealog::gateway {

/// Every event of the contract as JSON: type, category, since, summary and its fields with type and whether they are
/// personal; generated from the descriptors, answered at /events.
[[nodiscard]] std::string event_catalogue();

}  // namespace dealog::gateway
