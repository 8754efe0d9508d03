#include "domain/seller/seller.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/zone.hpp"
#include "domain/rules.hpp"

namespace dealog::seller {

namespace {

/// As named, each once, without the unspecified one.
template <class Repeated>
std::vector<RoleName> roles_of(const Repeated& named) {
    std::vector<RoleName> roles;
    for (const int number : named) {
        const auto role = static_cast<RoleName>(number);
        if (role != RoleName::Role_Name_ROLE_UNSPECIFIED && std::ranges::find(roles, role) == roles.end()) {
            roles.push_back(role);
        }
    }
    return roles;
}

std::optional<Rejection> bad_zone(const std::string& name) {
    if (name.empty() || Zone::find(name)) return std::nullopt;
    return domain::broken(Code::Problem_Code_INVALID_FIELD, "timeZone", "This is no IANA time zone.");
}

}  // namespace

void evolve(Seller& state, const v1::SellerJoined& event, const domain::Envelope& envelope) {
    state.exists = true;
    state.revision = envelope.revision;
    state.id = event.seller_id();
    state.name = event.name();
    state.roles = roles_of(event.roles());
    state.team_id = event.team_id();
    state.time_zone = event.time_zone();
    state.active = true;
    state.whole_workspace = event.whole_workspace();
}

void evolve(Seller& state, const v1::SellerUpdated& event, const domain::Envelope& envelope) {
    state.revision = envelope.revision;
    if (event.has_name()) state.name = event.name();
    if (event.has_roles()) state.roles = roles_of(event.roles().names());
    if (event.has_team_id()) state.team_id = event.team_id();
    if (event.has_time_zone()) state.time_zone = event.time_zone();
    if (event.has_active()) state.active = event.active();
    if (event.has_whole_workspace()) state.whole_workspace = event.whole_workspace();
}

StreamName stream_of(std::string_view id) { return StreamName{fmt::format("seller-{}", id)}; }

domain::Decided decide(const v1::AddSeller& command, const domain::Given& given) {
    const std::string id = given.id_or_new(command.id());
    if (given.aggregates.seller(id) != nullptr) {
        return domain::refused(Code::Problem_Code_ALREADY_EXISTS, "id", "There is a seller with this id.");
    }
    const std::vector<RoleName> roles = roles_of(command.roles());
    if (roles.empty()) return domain::refused(Code::Problem_Code_INVALID_FIELD, "roles", "A seller has a role.");
    DEALOG_REFUSE_IF(domain::missing_team(given, command.team_id()));
    DEALOG_REFUSE_IF(bad_zone(command.time_zone()));
    v1::SellerJoined event;
    event.set_seller_id(id);
    event.set_external_id(command.external_id());
    event.set_name(command.name());
    for (const RoleName role : roles) event.add_roles(role);
    event.set_team_id(command.team_id());
    event.set_time_zone(command.time_zone());
    event.set_whole_workspace(command.whole_workspace());
    domain::Decision decision{.id = id, .stream = stream_of(id), .created = true};
    domain::claim_external_id(decision, "seller", id, command.external_id());
    domain::add(decision, decision.stream, std::move(event));
    return decision;
}

domain::Decided decide(const v1::UpdateSeller& command, const domain::Given& given) {
    const Seller* seller = given.aggregates.seller(command.seller());
    if (seller == nullptr) return domain::not_found("seller", command.seller());
    v1::SellerUpdated event;
    if (command.has_name() && command.name() != seller->name) event.set_name(command.name());
    if (const auto roles = roles_of(command.roles());
        !roles.empty() && !std::ranges::is_permutation(roles, seller->roles)) {
        for (const RoleName role : roles) event.mutable_roles()->add_names(role);
    }
    if (command.has_team_id() && command.team_id() != seller->team_id) {
        DEALOG_REFUSE_IF(domain::missing_team(given, command.team_id()));
        event.set_team_id(command.team_id());
    }
    if (command.has_time_zone() && command.time_zone() != seller->time_zone) {
        DEALOG_REFUSE_IF(bad_zone(command.time_zone()));
        event.set_time_zone(command.time_zone());
    }
    if (command.has_whole_workspace() && command.whole_workspace() != seller->whole_workspace) {
        event.set_whole_workspace(command.whole_workspace());
    }
    domain::Decision decision{.id = seller->id, .stream = stream_of(seller->id)};
    if (event.ByteSizeLong() > 0) domain::add(decision, decision.stream, std::move(event));
    return decision;
}

}  // namespace dealog::seller
