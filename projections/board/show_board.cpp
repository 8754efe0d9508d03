#include <algorithm>
#include <array>

#include "base/money.hpp"
#include "projections/board/answers.hpp"
#include "projections/board/standing.hpp"
#include "projections/board/tables.hpp"

namespace dealog::board {
namespace {

constexpr std::uint32_t deals_page_default = 20;

constexpr std::array<std::string_view, 5> metrics{"count", "value", "weightedValue", "share", "averageAge"};

[[nodiscard]] Nanos age_of(const Standing& deal, Instant at) { return std::max(Nanos{0}, at - deal.entered_at); }

MoneySums value_of(const StageStanding& stage) {
    MoneySums sums;
    for (const auto& deal : stage.deals) sums.add(deal.value);
    return sums;
}

void write_deal(const Standing& deal, const View& view, Instant at, v1::BoardDeal& out) {
    const auto card = deals.get(view, Key{}.id(deal.deal_id));
    DEALOG_ASSERT(card.has_value(), "a deal that stands somewhere is known");
    out.set_id(deal.deal_id);
    out.set_title(card->title());
    out.set_company_id(card->company_id());
    out.set_contact_id(card->contact_id());
    out.set_owner_id(deal.owner_id);
    if (is_set(deal.value)) *out.mutable_value() = deal.value;
    to_proto(deal.entered_at, *out.mutable_entered_at());
    out.set_age_days(kpis::in_days(age_of(deal, at).count()));
    out.set_source(deal.source);
}

/// The deals of one stage from `start` on. A stage's page token asks for that stage alone.
void write_deals(const StageStanding& stage, const v1::ShowBoard& asked, const View& view, Instant at,
                 std::string_view start, v1::BoardStage& out) {
    const auto size =
        std::min(asked.page_size() == 0 ? deals_page_default : asked.page_size(), projections::page_size_max);
    auto deal = std::ranges::lower_bound(stage.deals, start, {}, &Standing::order);
    for (; deal != stage.deals.end(); ++deal) {
        if (static_cast<std::uint32_t>(out.deals_size()) == size) {
            v1::ShowBoard next = asked;
            next.set_stage(stage.stage.key());
            out.set_next_page_token(projections::make_page_token(view.position(), next, deal->order()));
            return;
        }
        write_deal(*deal, view, at, *out.add_deals());
    }
}

void write_figures(const StageStanding& stage, const Standings& found, v1::BoardStage& out) {
    out.set_stage(stage.stage.key());
    out.set_name(stage.stage.name());
    out.set_probability(stage.stage.probability());
    out.set_count(stage.deals.size());
    if (found.count > 0) out.set_share(static_cast<double>(stage.deals.size()) / static_cast<double>(found.count));
    __int128 age = 0;
    for (const auto& deal : stage.deals) age += age_of(deal, found.at).count();
    if (!stage.deals.empty()) out.set_average_age(kpis::in_days(age, stage.deals.size()));
}

}  // namespace

QueryResult show_board(const Message& request, const View& view, const QueryContext& context) {
    const auto& asked = static_cast<const v1::ShowBoard&>(request);
    const auto start = projections::page_start(asked);
    if (!start) return refuse(start.error());
    const auto found = find_standings(asked, view, context);
    if (!found) return refuse(found.error());
    auto board = std::make_unique<v1::Board>();
    board->set_position(view.position().value());
    to_proto(found->at, *board->mutable_at());
    board->set_pipeline(asked.key());
    board->set_count(found->count);
    MoneySums total;
    MoneySums total_weighted;
    for (const auto& stage : found->stages) {
        auto& out = *board->add_stages();
        write_figures(stage, *found, out);
        const MoneySums value = value_of(stage);
        const MoneySums weighted = value.weighted(stage.stage.probability());
        value.write(out.mutable_value());
        weighted.write(out.mutable_weighted_value());
        total.add(value);
        total_weighted.add(weighted);
        if (asked.stage().empty() || asked.stage() == stage.stage.key())
            write_deals(stage, asked, view, found->at, *start, out);
    }
    total.write(board->mutable_value());
    total_weighted.write(board->mutable_weighted_value());
    return board;
}

QueryResult board_evidence(const Message& figure, const Message& evidence, const View& view,
                           const QueryContext& context) {
    const auto& asked = static_cast<const kpis::v1::ShowEvidence&>(evidence);
    const std::string_view metric = asked.metric();
    if (std::ranges::find(metrics, metric) == metrics.end()) return refuse(kpis::unknown_metric(metric, metrics));
    const auto found = find_standings(static_cast<const v1::ShowBoard&>(figure), view, context);
    if (!found) return refuse(found.error());
    const bool is_value = metric == "value" || metric == "weightedValue";
    std::vector<kpis::Contribution> contributions;
    for (const auto& stage : found->stages) {
        if (!asked.row().empty() && asked.row() != stage.stage.key()) continue;
        for (const auto& deal : stage.deals) {
            if (is_value && !is_set(deal.value)) continue;
            kpis::Contribution one{.order = deal.order(),
                                   .position = is_value ? deal.value_position : deal.entered_position,
                                   .occurred_at = deal.entered_at};
            if (metric == "averageAge") one.duration = age_of(deal, found->at);
            if (is_value) {
                MoneySums value;
                value.add(deal.value);
                google::protobuf::RepeatedPtrField<dealog::v1::Money> written;
                (metric == "value" ? value : value.weighted(stage.stage.probability())).write(&written);
                one.value = written.Get(0);
            }
            contributions.push_back(std::move(one));
        }
    }
    return kpis::evidence_page(asked, std::move(contributions), sources, view, found->at);
}

}  // namespace dealog::board
