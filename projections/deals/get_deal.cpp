#include <algorithm>
#include <memory>

#include "projections/deals/cards.hpp"
#include "projections/deals/queries.hpp"
#include "projections/deals/tables.hpp"

namespace dealog::deals {

namespace {

/// Time in each stage, re-entries summed, in the order of the first visits (R46).
void write_totals(const Way& way, Instant now, v1::DealCard& card) {
    struct Total {
        std::string_view stage;
        std::uint32_t visits = 0;
        Nanos spent{0};
    };
    std::vector<Total> totals;
    for (const auto& stay : way.stays) {
        auto total = std::ranges::find(totals, stay.stage, &Total::stage);
        if (total == totals.end()) total = totals.insert(totals.end(), Total{.stage = stay.stage});
        total->visits += 1;
        total->spent += stay.duration(now);
    }
    for (const auto& total : totals) {
        auto& out = *card.add_stage_totals();
        out.set_stage(std::string(total.stage));
        out.set_visits(total.visits);
        out.set_days(days(total.spent));
    }
}

void write_deal(const v1::DealView& deal, v1::DealCard& card) {
    card.set_id(deal.id());
    card.set_external_id(deal.external_id());
    card.set_title(deal.title());
    card.set_pipeline(deal.pipeline());
    card.set_pipeline_version(deal.pipeline_version());
    card.set_stage(deal.stage());
    card.set_state(deal.state());
    card.set_owner_id(deal.owner_id());
    card.set_company_id(deal.company_id());
    card.set_contact_id(deal.contact_id());
    if (deal.has_value()) *card.mutable_value() = deal.value();
    card.set_source(deal.source());
    *card.mutable_fields() = deal.fields();
    *card.mutable_opened_at() = deal.opened_at();
    if (deal.has_closed_at()) *card.mutable_closed_at() = deal.closed_at();
    card.set_loss_reason(deal.loss_reason());
    card.set_hand_off_to(deal.hand_off_to());
    card.set_revision(deal.revision());
    card.set_reopened(deal.reopened());
}

}  // namespace

QueryResult get_deal(const Message& message, const View& view, const QueryContext& context) {
    const auto& request = static_cast<const v1::GetDeal&>(message);
    const auto deal = visible_deal(request.deal(), view, context);
    if (!deal) return refuse(rejection(Code::Problem_Code_NOT_FOUND));

    auto card = std::make_unique<v1::DealCard>();
    card->set_position(view.position().value());
    to_proto(context.at, *card->mutable_at());
    write_deal(view_of(request.deal(), *deal, view), *card);
    for (auto& task : open_tasks_of(request.deal(), view, context)) *card->add_open_tasks() = std::move(task);
    for (auto& task : related_tasks_of(*deal, view, context)) *card->add_related_tasks() = std::move(task);
    const Way way = way_of(request.deal(), view);
    write_stays(way, context.at, *card->mutable_stage_intervals());
    write_totals(way, context.at, *card);
    return card;
}

}  // namespace dealog::deals
