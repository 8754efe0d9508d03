#include "gateway/as_of.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "eventstore/event_log.hpp"
#include "gateway/json/text.hpp"

namespace dealog::gateway {

namespace {

Rejection malformed(const std::string& name, std::string message) {
    return rejection(Code::Problem_Code_MALFORMED_QUERY, name + ": " + message,
                     {{"malformed_parameter", name, std::move(message)}});
}

Result<AsOf, Rejection> at_position(Position position, const eventstore::EventLog& log) {
    if (position > log.head().position) return refuse(rejection(Code::Problem_Code_AS_OF_IN_FUTURE));
    if (position == Position{}) return AsOf{};
    const auto bytes = log.record_at(position);
    log::v1::Record record;
    if (!bytes || !record.ParseFromString(*bytes))
        throw eventstore::StoreBroken("no record at a position below the head");
    // An append is never split: a position inside one means its end.
    const Position end{record.append_first() + record.append_count() - 1};
    return AsOf{.position = end, .at = Instant{Nanos{record.recorded_at()}}};
}

Result<AsOf, Rejection> at_instant(Instant at, const eventstore::EventLog& log, Instant now) {
    if (at > now) return refuse(rejection(Code::Problem_Code_AS_OF_IN_FUTURE));
    return AsOf{.position = log.position_at(at), .at = at};
}

/// A date or time that is well-formed but lies beyond the years Dealog can tell: still the future, not nonsense.
bool is_beyond_our_years(std::string_view text) {
    if (text.size() < 10 || text.substr(0, 4) <= "2200") return false;
    const std::string in_our_years = "2196" + std::string(text.substr(4));  // a leap year
    return std::all_of(text.begin(), text.begin() + 4, [](char c) { return c >= '0' && c <= '9'; }) &&
           (parse_date(in_our_years) || parse_rfc3339(in_our_years));
}

}  // namespace

Instant present_moment(const Clock& clock, const eventstore::EventLog& log) {
    return std::max(clock.now(), log.head().recorded_at);
}

Result<AsOf, Rejection> parse_as_of(std::string_view text, const eventstore::EventLog& log, Zone zone, Instant now) {
    if (const auto position = json::parse_uint64(text)) return at_position(Position{*position}, log);
    if (const auto date = parse_date(text)) {
        if (*date > zone.local_date(now)) return refuse(rejection(Code::Problem_Code_AS_OF_IN_FUTURE));
        const Instant end = zone.day_begin(next_day(*date)) - Nanos{1};
        return at_instant(std::min(end, now), log, now);
    }
    if (is_beyond_our_years(text)) return refuse(rejection(Code::Problem_Code_AS_OF_IN_FUTURE));
    const auto instant = parse_rfc3339(text);
    if (!instant) return refuse(malformed("asOf", "expected an RFC 3339 time, a date or a position"));
    return at_instant(*instant, log, now);
}

Result<Position, Rejection> parse_min_position(std::string_view text) {
    const auto position = json::parse_uint64(text);
    if (!position) return refuse(malformed("minPosition", "expected a position"));
    return Position{*position};
}

Instant business_time(std::string_view text, Zone zone, Edge edge) {
    if (const auto date = parse_date(text)) return zone.day_begin(edge == Edge::begin ? *date : next_day(*date));
    const auto instant = parse_rfc3339(text);
    DEALOG_ASSERT(instant, "the format was checked");
    return *instant;
}

}  // namespace dealog::gateway
