#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace google::protobuf {
class Timestamp;
class Duration;
}  // namespace google::protobuf

namespace dealog {

/// Nanoseconds since 1970-01-01T00:00:00Z.
using Instant = std::chrono::sys_time<std::chrono::nanoseconds>;
using Nanos = std::chrono::nanoseconds;

/// Wall clock. `now()` may be called from any thread.
class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual Instant now() const = 0;
};

/// The machine's clock. Only `app/` owns one.
class SystemClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override;
};

[[nodiscard]] Instant from_proto(const google::protobuf::Timestamp& t);
void to_proto(Instant t, google::protobuf::Timestamp& out);
[[nodiscard]] google::protobuf::Timestamp to_proto(Instant t);
[[nodiscard]] Nanos from_proto(const google::protobuf::Duration& d);
void to_proto(Nanos d, google::protobuf::Duration& out);

/// RFC 3339 with `Z` or an offset, 0 to 9 fractional digits, upper-case T and Z. Years 1970…2200.
[[nodiscard]] std::optional<Instant> parse_rfc3339(std::string_view text);
/// With `Z`; 0, 3, 6 or 9 fractional digits as needed.
[[nodiscard]] std::string format_rfc3339(Instant t);
/// `2017-05-31`. Years 1970…2200.
[[nodiscard]] std::optional<std::chrono::year_month_day> parse_date(std::string_view text);
[[nodiscard]] std::string format_date(std::chrono::year_month_day date);

}  // namespace dealog
