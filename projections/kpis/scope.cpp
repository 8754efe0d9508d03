#include "projections/kpis/scope.hpp"

#include <algorithm>
#include <tuple>

namespace dealog::kpis {

std::string_view SellerInScope::team_at(std::int64_t t) const {
    if (teams.empty()) return {};
    auto after = std::ranges::upper_bound(teams, t, {}, &std::pair<std::int64_t, std::string>::first);
    return after == teams.begin() ? after->second : std::prev(after)->second;
}

bool SellerInScope::was_in(std::string_view wanted, std::int64_t from, std::int64_t to) const {
    if (team_at(from) == wanted) return true;
    return std::ranges::any_of(teams, [&](const auto& team) {
        return from <= team.first && team.first < to && team_at(team.first) == wanted;
    });
}

namespace {

void load_teams(SellerInScope& seller, const projections::View& view) {
    teams.scan(view, Key{}.id(seller.id), {}, [&](std::string_view key, rows::v1::TeamSince&& row, Position) {
        KeyReader reader{key.substr(id_length)};
        seller.teams.emplace_back(reader.i64(), std::move(*row.mutable_team_id()));
        return true;
    });
}

}  // namespace

Result<Scope, Rejection> find_scope(const v1::ShowSellerKpis& asked, const projections::View& view,
                                    const projections::QueryContext& context) {
    const projections::WorkspaceCalendar calendar(settings, view);
    auto period = calendar.period(asked.from(), asked.to());
    if (!period) return refuse(period.error());
    if (asked.to().empty()) period->end = context.at + Nanos{1};  // what occurred at the moment of the answer counts
    Scope scope{.from = nanos_of(period->begin), .to = nanos_of(period->end), .team_id = asked.team(), .sellers = {}};
    sellers.scan(view, Key{}.u8(0), {}, [&](std::string_view key, rows::v1::Seller&& row, Position) {
        SellerInScope seller{
            .id = KeyReader{key.substr(1)}.id(), .name = row.name(), .team_id = row.team_id(), .teams = {}};
        const bool wanted = asked.seller().empty() || asked.seller() == seller.id;
        if (!wanted || !context.visible.sees(seller.id)) return true;
        load_teams(seller, view);
        if (scope.team_id.empty() || seller.was_in(scope.team_id, scope.from, scope.to))
            scope.sellers.push_back(std::move(seller));
        return true;
    });
    if (!asked.seller().empty() && !context.visible.sees(asked.seller())) {
        return refuse(rejection(Code::Problem_Code_NOT_FOUND, "there is no such seller"));
    }
    std::ranges::sort(scope.sellers, {}, [](const SellerInScope& seller) { return std::tie(seller.name, seller.id); });
    return scope;
}

}  // namespace dealog::kpis
