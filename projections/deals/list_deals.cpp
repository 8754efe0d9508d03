#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "projections/deals/cards.hpp"
#include "projections/deals/queries.hpp"
#include "projections/deals/tables.hpp"
#include "projections/merged_scan.hpp"

namespace dealog::deals {

namespace {

bool wanted(const rows::v1::DealRow& deal, const v1::ListDeals& request) {
    const auto agrees = [](const std::string& asked, const std::string& has) { return asked.empty() || asked == has; };
    return agrees(request.owner(), deal.owner_id()) && agrees(request.stage(), deal.stage()) &&
           agrees(request.status(), rows::v1::DealRow::State_Name(deal.state())) &&
           agrees(request.external_id(), deal.external_id()) && agrees(request.pipeline(), deal.pipeline()) &&
           agrees(request.company(), deal.company_id()) && agrees(request.contact(), deal.contact_id());
}

/// Whether the lists to read are those of who owns the deals now, else those of the view.
bool by_owners_of_now(const v1::ListDeals& request, const QueryContext& context) {
    return request.contact().empty() && request.company().empty() && request.owner().empty() &&
           !context.visible.everything;
}

/// The shortest lists that hold every deal asked for that the caller may see. A deal keeps its place when it changes
/// lists.
std::vector<std::string> lists_of(const v1::ListDeals& request, const QueryContext& context) {
    if (!request.contact().empty()) return {list_key(List::contact, request.contact()).bytes()};
    if (!request.company().empty()) return {list_key(List::company, request.company()).bytes()};
    if (!request.owner().empty()) return {list_key(List::owner, request.owner()).bytes()};
    if (context.visible.everything) return {list_key(List::all, {}).bytes()};
    std::vector<std::string> owners;
    for (const auto& seller_id : context.visible.sellers) owners.push_back(list_key(List::owner, seller_id).bytes());
    return owners;
}

void write_page(const std::string& start, const v1::ListDeals& request, const View& view, const QueryContext& context,
                v1::DealList& answer) {
    const auto page = request.page_size() == 0 ? projections::page_size_default : request.page_size();
    const View& listing = by_owners_of_now(request, context) ? context.now(view) : view;
    projections::MergedScan list{listing, lists.spec, lists_of(request, context), start};
    for (; const auto* next = list.front(); list.pop()) {
        const auto deal_id = projections::KeyReader{std::string_view(next->rest).substr(8)}.id();
        const auto deal = visible_deal(deal_id, view, context);
        if (!deal || !wanted(*deal, request)) continue;
        if (static_cast<std::uint32_t>(answer.deals_size()) == page) {
            answer.set_next_page_token(projections::make_page_token(view.position(), request, next->rest));
            return;
        }
        *answer.add_deals() = view_of(deal_id, *deal, view);
    }
}

void write_named(const v1::ListDeals& request, const View& view, const QueryContext& context, v1::DealList& answer) {
    const auto named = external_ids.get(view, Key{}.text(request.external_id(), external_id_length));
    if (!named) return;
    const auto deal = visible_deal(named->deal_id(), view, context);
    if (deal && wanted(*deal, request)) *answer.add_deals() = view_of(named->deal_id(), *deal, view);
}

}  // namespace

QueryResult list_deals(const Message& message, const View& view, const QueryContext& context) {
    const auto& request = static_cast<const v1::ListDeals&>(message);
    const auto start = projections::page_start(request);
    if (!start) return refuse(start.error());
    if (!start->empty() && start->size() != place_length) return refuse(rejection(Code::Problem_Code_BAD_CURSOR));
    rows::v1::DealRow::State state{};
    if (!request.status().empty() && !rows::v1::DealRow::State_Parse(request.status(), &state)) {
        return refuse(rejection(Code::Problem_Code_MALFORMED_QUERY, "status is OPEN, WON or LOST",
                                {Violation{.rule = "enum", .field = "status", .message = request.status()}}));
    }

    auto answer = std::make_unique<v1::DealList>();
    answer->set_position(view.position().value());
    to_proto(context.at, *answer->mutable_at());
    if (request.external_id().empty()) {
        write_page(*start, request, view, context, *answer);
    } else {
        write_named(request, view, context, *answer);
    }
    return answer;
}

}  // namespace dealog::deals
