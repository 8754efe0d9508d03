#pragma once

#include <string_view>
#include <vector>

#include "base/problem.hpp"
#include "base/result.hpp"
#include "commands/dispatcher.hpp"
#include "gateway/negotiation.hpp"
#include "gateway/routes.hpp"

namespace dealog::gateway {

/// The commands of a batch body, each parsed and checked as if it had come by itself; fields are named
/// `commands[17].body.stage`. NOT_IN_BATCH for what cannot be part of one.
[[nodiscard]] Result<std::vector<commands::Command>, Rejection> parse_batch(const Routes& routes, std::string_view body, Media media);

}  // namespace dealog::gateway
