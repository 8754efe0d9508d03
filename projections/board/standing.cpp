#include "projections/board/standing.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "projections/board/tables.hpp"

namespace dealog::board {
namespace {

using projections::QueryContext;
using projections::View;

/// Which deals are shown: by the request's filters and the caller's rights of now.
class Filter {
public:
    Filter(const v1::ShowBoard& asked, const View& view, const QueryContext& context)
        : asked_(asked), view_(view), context_(context) {
        if (asked.team().empty()) return;
        team_.emplace();
        sellers.scan(view, Key{}.u8(0), {}, [&](std::string_view key, rows::v1::Seller&& seller, Position) {
            KeyReader reader{key.substr(1)};
            if (seller.team_id() == asked.team()) team_->insert(reader.id());
            return true;
        });
    }
    /// By what was asked for.
    [[nodiscard]] bool wants(std::string_view owner_id, std::string_view source) const {
        if (!asked_.owner().empty() && owner_id != asked_.owner()) return false;
        if (!asked_.source().empty() && source != asked_.source()) return false;
        return !team_ || team_->contains(std::string(owner_id));
    }
    /// By the deal's owner of now; `owner_then` is the one that the view shows.
    [[nodiscard]] bool shows(std::string_view deal_id, std::string_view owner_then) const {
        return context_.sees(deals, Key{}.id(deal_id), owner_then);
    }
    /// The same for a moment of business time, whose owner may be yet another.
    [[nodiscard]] bool shows(std::string_view deal_id) const {
        if (context_.visible.everything) return true;
        const auto deal = deals.get(context_.now(view_), Key{}.id(deal_id));
        return deal && context_.visible.sees(deal->owner_id());
    }

private:
    const v1::ShowBoard& asked_;
    const View& view_;
    const QueryContext& context_;
    std::optional<std::unordered_set<std::string>> team_;  // those in it now
};

void find_now(const v1::ShowBoard& asked, const View& view, const Filter& filter, Standings& found) {
    for (auto& stage : found.stages) {
        const auto each = [&](std::string_view key, rows::v1::OpenDeal&& open, Position) {
            KeyReader reader{key.substr(2 * definition_key_length)};
            const Instant entered_at = instant_of(reader.i64());
            auto deal_id = reader.id();
            if (!filter.wants(open.owner_id(), open.source()) || !filter.shows(deal_id, open.owner_id())) return true;
            stage.deals.push_back({.deal_id = std::move(deal_id),
                                   .owner_id = std::move(*open.mutable_owner_id()),
                                   .value = std::move(*open.mutable_value()),
                                   .source = std::move(*open.mutable_source()),
                                   .entered_at = entered_at,
                                   .entered_position = open.entered_position(),
                                   .value_position = open.value_position()});
            return true;
        };
        open_deals.scan(view, open_prefix(asked.key(), stage.stage.key()), {}, each);
    }
}

/// The last span that began at or before `t`; the first one holds from the beginning.
template <class Spans>
const auto& in_force_at(const Spans& spans, std::int64_t t) {
    int last = 0;
    while (last + 1 < spans.size() && spans.Get(last + 1).since() <= t) ++last;
    return spans.Get(last);
}

void find_at(const v1::ShowBoard& asked, Instant moment, const View& view, const Filter& filter, Standings& found) {
    std::unordered_map<std::string, StageStanding*> by_key;
    for (auto& stage : found.stages) by_key.emplace(stage.stage.key(), &stage);
    const std::int64_t at = nanos_of(moment);
    stays.scan(view, pipeline_prefix(asked.key()), {}, [&](std::string_view, rows::v1::Stay&& stay, Position) {
        if (stay.from() > at) return false;
        const bool over = stay.ending() != rows::v1::Ending::ENDING_UNSPECIFIED && stay.to() <= at;
        const auto& owner = in_force_at(stay.owners(), at);
        const auto stage = by_key.find(stay.stage());
        if (over || stage == by_key.end() || !filter.wants(owner.owner_id(), stay.source())) return true;
        if (!filter.shows(stay.deal_id())) return true;
        const auto& value = in_force_at(stay.values(), at);
        stage->second->deals.push_back({.deal_id = stay.deal_id(),
                                        .owner_id = owner.owner_id(),
                                        .value = value.value(),
                                        .source = stay.source(),
                                        .entered_at = instant_of(stay.from()),
                                        .entered_position = stay.from_position(),
                                        .value_position = value.position()});
        return true;
    });
    for (auto& stage : found.stages) std::ranges::sort(stage.deals, {}, &Standing::order);
}

}  // namespace

std::string Standing::order() const { return Key{}.i64(nanos_of(entered_at)).id(deal_id).bytes(); }

Result<Standings, Rejection> find_standings(const v1::ShowBoard& asked, const View& view, const QueryContext& context) {
    const Definitions definitions(view, asked.key());
    if (!definitions.known()) return refuse(rejection(Code::Problem_Code_NOT_FOUND, "there is no such pipeline"));
    const projections::WorkspaceCalendar calendar(settings, view);
    const auto moment = calendar.moment(asked.at());
    if (!moment) return refuse(moment.error());
    Standings found{.at = moment->value_or(context.at)};
    std::size_t in_force = 0;
    for (auto& stage : definitions.stages_at(found.at, in_force)) {
        found.stages.push_back({.stage = std::move(stage), .in_force = found.stages.size() < in_force});
    }
    const bool known_stage =
        asked.stage().empty() || std::ranges::any_of(found.stages, [&](const StageStanding& stage) {
            return stage.stage.key() == asked.stage();
        });
    if (!known_stage) return refuse(rejection(Code::Problem_Code_UNKNOWN_STAGE));
    const Filter filter(asked, view, context);
    if (*moment) {
        find_at(asked, **moment, view, filter, found);
    } else {
        find_now(asked, view, filter, found);
    }
    std::erase_if(found.stages, [](const StageStanding& stage) { return !stage.in_force && stage.deals.empty(); });
    for (const auto& stage : found.stages) found.count += stage.deals.size();
    return found;
}

}  // namespace dealog::board
