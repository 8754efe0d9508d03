#pragma once

#include <string_view>
#include <vector>

#include "base/problem.hpp"
#include "base/result.hpp"
#include "commands/dispatcher.hpp"
#include "gateway/negotiation.hpp"
#include "gateway/routes.hpp"

namespace dealog::gateway {

/// What a write asks for: its commands, and whether they are only to be tried.
struct ParsedWrite {
    std::vector<commands::Command> commands;
    bool dry_run = false;
};

/// The commands of a batch body, each parsed and checked as if it had come by itself; fields are named
/// `commands[17].body.stage`. NOT_IN_BATCH for what cannot be part of one.
[[nodiscard]] Result<ParsedWrite, Rejection> parse_batch(const Routes& routes, std::string_view body, Media media);

}  // namespace dealog::gateway
