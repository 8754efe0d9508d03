#include "projections/kpis/kpis.hpp"

#include <array>

#include "domain/seller/seller.pb.h"
#include "projections/kpis/answers.hpp"
#include "projections/kpis/step.hpp"
#include "projections/kpis/tables.hpp"

namespace dealog::kpis {
namespace {

using projections::Event;
using projections::Rows;

void remember_team(const Event& event, std::string_view seller_id, const std::string& team_id, Rows& rows) {
    rows::v1::TeamSince team;
    team.set_team_id(team_id);
    teams.put(rows, Key{}.id(seller_id).i64(event.record.occurred_at()).u64(event.record.position()), team);
}

void apply_seller(const Event& event, Rows& rows) {
    if (const auto* joined = event.as<seller::v1::SellerJoined>()) {
        rows::v1::Seller row;
        row.set_name(joined->name());
        row.set_team_id(joined->team_id());
        sellers.put(rows, seller_key(joined->seller_id()), row);
        remember_team(event, joined->seller_id(), joined->team_id(), rows);
    } else if (const auto* updated = event.as<seller::v1::SellerUpdated>()) {
        const auto seller_id = event.subject_id();
        auto row = sellers.get_or_new(rows, seller_key(seller_id));
        if (updated->has_name()) row.set_name(updated->name());
        if (updated->has_team_id() && updated->team_id() != row.team_id()) {
            row.set_team_id(updated->team_id());
            remember_team(event, seller_id, updated->team_id(), rows);
        }
        sellers.put(rows, seller_key(seller_id), row);
    }
}

template <class... E>
void apply_work(const Event& event, Rows& rows) {
    const auto one = [&](const auto* payload) {
        if (payload == nullptr) return false;
        Step{event, rows}.on(*payload);
        return true;
    };
    static_cast<void>((one(event.as<E>()) || ...));
}

}  // namespace

std::span<const projections::TableSpec> Kpis::tables() const {
    static constexpr std::array all{sellers.spec, teams.spec, facts.spec,      open_changes.spec, deals.spec,
                                    actions.spec, tasks.spec, settings.spec(), sources.spec()};
    return all;
}

void Kpis::apply(const projections::AppendView& append, projections::Rows& rows) const {
    for (const Event& event : append.events) {
        settings.apply(event, rows);
        apply_seller(event, rows);
        apply_work<deal::v1::DealOpened, deal::v1::DealWon, deal::v1::DealLost, deal::v1::DealReopened,
                   deal::v1::DealOwnerChanged, task::v1::TaskPlanned, task::v1::TaskCompleted,
                   task::v1::TaskRescheduled, task::v1::ActionLogged, task::v1::ActionCorrected>(event, rows);
    }
}

std::vector<projections::QueryHandler> Kpis::queries() const {
    std::vector<projections::QueryHandler> handlers;
    handlers.push_back(
        {.request = v1::ShowSellerKpis::descriptor(), .answer = &show_seller_kpis, .evidence = &seller_evidence});
    return handlers;
}

std::unique_ptr<projections::Projection> make_kpis() { return std::make_unique<Kpis>(); }

}  // namespace dealog::kpis
