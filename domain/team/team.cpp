#include "domain/team/team.hpp"

#include <fmt/format.h>

#include "domain/rules.hpp"

namespace dealog::team {

void evolve(Team& state, const v1::TeamFormed& event, const domain::Envelope& envelope) {
    state.exists = true;
    state.revision = envelope.revision;
    state.id = event.team_id();
    state.name = event.name();
    state.head_id = event.head_id();
}

void evolve(Team& state, const v1::TeamUpdated& event, const domain::Envelope& envelope) {
    state.revision = envelope.revision;
    if (event.has_name()) state.name = event.name();
    if (event.has_head_id()) state.head_id = event.head_id();
}

StreamName stream_of(std::string_view id) { return StreamName{fmt::format("team-{}", id)}; }

domain::Decided decide(const v1::FormTeam& command, const domain::Given& given) {
    const std::string id = given.id_or_new(command.id());
    if (given.aggregates.team(id) != nullptr) {
        return domain::refused(Code::Problem_Code_ALREADY_EXISTS, "id", "There is a team with this id.");
    }
    DEALOG_REFUSE_IF(domain::missing_seller(given, command.head_id(), "headId"));
    v1::TeamFormed event;
    event.set_team_id(id);
    event.set_external_id(command.external_id());
    event.set_name(command.name());
    event.set_head_id(command.head_id());
    domain::Decision decision{.id = id, .stream = stream_of(id), .created = true};
    domain::claim_external_id(decision, "team", id, command.external_id());
    domain::add(decision, decision.stream, std::move(event));
    return decision;
}

domain::Decided decide(const v1::UpdateTeam& command, const domain::Given& given) {
    const Team* team = given.aggregates.team(command.team());
    if (team == nullptr) return domain::not_found("team", command.team());
    v1::TeamUpdated event;
    if (command.has_name() && command.name() != team->name) event.set_name(command.name());
    if (command.has_head_id() && command.head_id() != team->head_id) {
        DEALOG_REFUSE_IF(domain::missing_seller(given, command.head_id(), "headId"));
        event.set_head_id(command.head_id());
    }
    domain::Decision decision{.id = team->id, .stream = stream_of(team->id)};
    if (event.ByteSizeLong() > 0) domain::add(decision, decision.stream, std::move(event));
    return decision;
}

}  // namespace dealog::team
