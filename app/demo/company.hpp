#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <google/protobuf/message.h>

#include "base/principal.hpp"
#include "base/time.hpp"

namespace dealog::app::demo {

struct Size {
    std::uint32_t sellers = 6;
    std::uint32_t deals = 200;
    std::uint32_t days = 90;
    std::uint64_t seed = 1;
};

/// One command of somebody at a moment of the past.
struct Step {
    Instant at;
    std::string actor;  // seller id; empty: the administrator
    std::shared_ptr<google::protobuf::Message> command;
};

/// A plausible sales department: teams, sellers, companies, contacts, deals that move, calls, wins and losses over the
/// days before `end`. The same seed gives the same company. Steps are in order of time.
[[nodiscard]] std::vector<Step> company(const Size& size, Instant end);

}  // namespace dealog::app::demo
