#pragma once

#include <string>
#include <string_view>

#include "domain/decision.hpp"
#include "domain/fold.hpp"
#include "domain/given.hpp"
#include "domain/team/team.pb.h"

namespace dealog::team {

/// Sellers under one head.
struct Team {
    bool exists = false;
    Revision revision;
    std::string id;
    std::string name;
    std::string head_id;
};

void evolve(Team& state, const v1::TeamFormed& event, const domain::Envelope& envelope);
void evolve(Team& state, const v1::TeamUpdated& event, const domain::Envelope& envelope);

using Fold = domain::Folder<Team, v1::TeamFormed, v1::TeamUpdated>;

[[nodiscard]] StreamName stream_of(std::string_view id);

[[nodiscard]] domain::Decided decide(const v1::FormTeam& command, const domain::Given& given);
[[nodiscard]] domain::Decided decide(const v1::UpdateTeam& command, const domain::Given& given);

}  // namespace dealog::team
