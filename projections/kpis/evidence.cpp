#include "projections/kpis/evidence.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/ids.hpp"

namespace dealog::kpis {

using projections::Key;

void EventSources::remember(const projections::Event& event, projections::Rows& rows) const {
    rows::v1::EventSource source;
    source.set_event_id(event.record.event_id());
    source.set_stream(event.record.stream());
    source.set_type(event.record.type());
    table_.put(rows, Key{}.u64(event.record.position()), source);
}

rows::v1::EventSource EventSources::of(std::uint64_t position, const projections::View& view) const {
    auto source = table_.get(view, Key{}.u64(position));
    DEALOG_ASSERT(source.has_value(), "every contribution's event is remembered");
    return std::move(*source);
}

projections::QueryResult evidence_page(const v1::ShowEvidence& asked, std::vector<Contribution> contributions,
                                       const EventSources& sources, const projections::View& view, Instant at) {
    const auto start = projections::page_start(asked);
    if (!start) return refuse(start.error());
    std::ranges::sort(contributions, {}, &Contribution::order);
    auto answer = std::make_unique<v1::Evidence>();
    answer->set_position(view.position().value());
    to_proto(at, *answer->mutable_at());
    answer->set_metric(asked.metric());
    answer->set_total(contributions.size());
    const int size = static_cast<int>(asked.page_size() == 0 ? projections::page_size_default
                                                             : std::min(asked.page_size(), projections::page_size_max));
    for (auto one = std::ranges::lower_bound(contributions, *start, {}, &Contribution::order);
         one != contributions.end(); ++one) {
        if (answer->items_size() == size) {
            answer->set_next_page_token(projections::make_page_token(view.position(), asked, one->order));
            break;
        }
        const auto source = sources.of(one->position, view);
        auto& item = *answer->add_items();
        item.set_position(one->position);
        item.set_event_id(to_text(uuid_from_bytes(source.event_id())));
        item.set_stream(source.stream());
        item.set_type(source.type());
        to_proto(one->occurred_at, *item.mutable_occurred_at());
        item.set_count(one->count);
        if (one->value) *item.mutable_value() = *one->value;
        if (one->duration) to_proto(*one->duration, *item.mutable_duration());
    }
    return answer;
}

Rejection unknown_metric(std::string_view metric, std::span<const std::string_view> known) {
    return rejection(Code::Problem_Code_MALFORMED_QUERY, "this figure has no such number",
                     {Violation{.rule = "metric",
                                .field = "metric",
                                .message = fmt::format("{} is none of {}", metric, fmt::join(known, ", "))}});
}

dealog::v1::Money negative(const dealog::v1::Money& money) {
    dealog::v1::Money out = money;
    out.set_units(-money.units());
    out.set_nanos(-money.nanos());
    return out;
}

double in_days(__int128 nanoseconds, std::uint64_t parts) {
    constexpr long double day = 86'400e9L;
    return static_cast<double>(static_cast<long double>(nanoseconds) / day / static_cast<long double>(parts));
}

}  // namespace dealog::kpis
