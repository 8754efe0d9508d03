#include <array>

#include "base/money.hpp"
#include "projections/kpis/answers.hpp"
#include "projections/kpis/fact.hpp"
#include "projections/kpis/scope.hpp"
#include "projections/kpis/tally.hpp"

namespace dealog::kpis {
namespace {

using projections::Message;
using projections::QueryContext;
using projections::QueryResult;
using projections::View;

/// A number of the figures: which facts make it, and what each adds beside the count.
struct Metric {
    enum class Adds { nothing, value, cycle, talk_time };
    std::string_view name;
    bool (*counts)(const rows::v1::Fact&);
    Adds adds = Adds::nothing;
};

constexpr std::string_view open_deals_metric = "openDeals";
constexpr std::string_view actions_prefix = "actions.";  // actions.CALL

using Fact = rows::v1::Fact;

constexpr std::array<Metric, 18> metrics{{
    {.name = "dealsOpened", .counts = [](const Fact& fact) { return fact.kind() == rows::v1::FactKind::OPENED; }},
    {.name = "won", .counts = is_win},
    {.name = "lost", .counts = is_loss},
    {.name = "winRate", .counts = [](const Fact& fact) { return is_win(fact) || is_loss(fact); }},
    {.name = "wonValue",
     .counts = [](const Fact& fact) { return is_win(fact) && is_set(fact.value()); },
     .adds = Metric::Adds::value},
    {.name = "averageCycleDays", .counts = is_win, .adds = Metric::Adds::cycle},
    {.name = "medianCycleDays", .counts = is_win, .adds = Metric::Adds::cycle},
    {.name = "actionsTotal", .counts = is_action},
    {.name = "actions", .counts = is_action},
    {.name = "callsMade", .counts = is_call},
    {.name = "callsReached", .counts = is_reached_call},
    {.name = "talkTime", .counts = is_talk, .adds = Metric::Adds::talk_time},
    {.name = "medianTalkSeconds", .counts = is_talk, .adds = Metric::Adds::talk_time},
    {.name = "callToWinRate", .counts = [](const Fact& fact) { return is_win(fact) || is_call(fact); }},
    {.name = "tasksCompleted", .counts = is_completion},
    {.name = "tasksOnTime", .counts = [](const Fact& fact) { return is_completion(fact) && fact.on_time(); }},
    {.name = "onTimeRate", .counts = is_completion},
    {.name = "reschedules", .counts = [](const Fact& fact) { return fact.kind() == rows::v1::FactKind::RESCHEDULED; }},
}};

Rejection unknown(std::string_view metric) {
    std::vector<std::string_view> known{open_deals_metric, "actions.<TYPE>"};
    for (const auto& one : metrics) known.push_back(one.name);
    return unknown_metric(metric, known);
}

Contribution contribution(const FactPlace& place, const Fact& fact, int sign, Metric::Adds adds) {
    Contribution one{.order = std::string(place.key),
                     .position = place.position,
                     .occurred_at = instant_of(place.at),
                     .count = sign};
    switch (adds) {
        case Metric::Adds::nothing:
            break;
        case Metric::Adds::value:
            one.value = sign < 0 ? negative(fact.value()) : fact.value();
            break;
        case Metric::Adds::cycle:
            one.duration = Nanos{fact.cycle() * sign};
            break;
        case Metric::Adds::talk_time:
            one.duration = Nanos{fact.talk_time() * sign};
            break;
    }
    return one;
}

void collect_open_deals(const Scope& scope, const SellerInScope& seller, const View& view,
                        std::vector<Contribution>& out) {
    each_open_change(scope, seller, view, [&](const FactPlace& place, int change) {
        out.push_back({.order = std::string(place.key),
                       .position = place.position,
                       .occurred_at = instant_of(place.at),
                       .count = change});
    });
}

}  // namespace

QueryResult show_seller_kpis(const Message& request, const View& view, const QueryContext& context) {
    const auto& asked = static_cast<const v1::ShowSellerKpis&>(request);
    const auto scope = find_scope(asked, view, context);
    if (!scope) return refuse(scope.error());
    auto kpis = std::make_unique<v1::SellerKpis>();
    kpis->set_position(view.position().value());
    to_proto(context.at, *kpis->mutable_at());
    if (!asked.from().empty()) to_proto(instant_of(scope->from), *kpis->mutable_from());
    to_proto(asked.to().empty() ? context.at : instant_of(scope->to), *kpis->mutable_to());
    Tally total(scope->from);
    for (const auto& seller : scope->sellers) {
        Tally tally(scope->from);
        each_fact(*scope, seller, view,
                  [&](const FactPlace& place, const Fact& fact) { tally.add(place.position, fact); });
        each_open_change(*scope, seller, view, [&](const FactPlace&, int change) { tally.add_open(change); });
        auto& row = *kpis->add_sellers();
        row.set_seller_id(seller.id);
        row.set_name(seller.name);
        row.set_team_id(seller.team_id);
        tally.write(row);
        total.add(tally);
    }
    total.write(*kpis->mutable_total());
    return kpis;
}

QueryResult seller_evidence(const Message& figure, const Message& evidence, const View& view,
                            const QueryContext& context) {
    const auto& asked = static_cast<const v1::ShowEvidence&>(evidence);
    std::string_view name = asked.metric();
    std::string_view type;  // of actions; empty: any
    if (name.starts_with(actions_prefix)) {
        type = name.substr(actions_prefix.size());
        name = "actionsTotal";
    }
    const auto metric = std::ranges::find(metrics, name, &Metric::name);
    if (metric == metrics.end() && name != open_deals_metric) return refuse(unknown(name));
    const auto scope = find_scope(static_cast<const v1::ShowSellerKpis&>(figure), view, context);
    if (!scope) return refuse(scope.error());
    std::vector<Contribution> contributions;
    for (const auto& seller : scope->sellers) {
        if (!asked.row().empty() && asked.row() != seller.id) continue;
        if (name == open_deals_metric) {
            collect_open_deals(*scope, seller, view, contributions);
            continue;
        }
        each_fact(*scope, seller, view, [&](const FactPlace& place, const Fact& fact) {
            const int sign = sign_of(fact, scope->from);
            if (sign == 0 || !metric->counts(fact) || (!type.empty() && fact.type() != type)) return;
            contributions.push_back(contribution(place, fact, sign, metric->adds));
        });
    }
    return evidence_page(asked, std::move(contributions), sources, view, context.at);
}

}  // namespace dealog::kpis
