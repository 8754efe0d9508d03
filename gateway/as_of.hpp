#pragma once

#include <optional>
#include <string_view>

#include "base/problem.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "base/time.hpp"
#include "base/zone.hpp"

namespace dealog::eventstore {
class EventLog;
}

namespace dealog::gateway {

/// A moment of the past: what the log knew then.
struct AsOf {
    Position position;
    Instant at;
};

/// Now for readers: the wall clock, but never before what the log has recorded. The log's time does not follow a clock
/// that was put back.
[[nodiscard]] Instant present_moment(const Clock& clock, const eventstore::EventLog& log);

/// RFC 3339, a date (the end of that day in the workspace's zone; today: now) or a position. AS_OF_IN_FUTURE for what
/// has not happened; MALFORMED_QUERY for what is none of them. Reads the log.
[[nodiscard]] Result<AsOf, Rejection> parse_as_of(std::string_view text, const eventstore::EventLog& log, Zone zone,
                                                  Instant now);

[[nodiscard]] Result<Position, Rejection> parse_min_position(std::string_view text);

/// Business time of a DATE_OR_TIME that passed its limits: of a date the begin of its day, or of the next one.
enum class Edge { begin, end };
[[nodiscard]] Instant business_time(std::string_view text, Zone zone, Edge edge);

}  // namespace dealog::gateway
