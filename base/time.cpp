#include "base/time.hpp"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <array>
#include <limits>

namespace dealog {

namespace {

constexpr std::int64_t second_nanos = 1'000'000'000;
constexpr int year_min = 1970;
constexpr int year_max = 2200;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Reads exactly `count` digits and moves on; -1 when something else is there.
int take_number(std::string_view& text, std::size_t count) {
    if (text.size() < count) return -1;
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        if (!is_digit(text[i])) return -1;
        value = value * 10 + (text[i] - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, char expected) {
    if (text.empty() || text.front() != expected) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<std::chrono::year_month_day> take_date(std::string_view& text) {
    const int year = take_number(text, 4);
    if (year < year_min || year > year_max || !take(text, '-')) return std::nullopt;
    const int month = take_number(text, 2);
    if (month < 1 || !take(text, '-')) return std::nullopt;
    const int day = take_number(text, 2);
    if (day < 1) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok()) return std::nullopt;
    return date;
}

std::optional<std::chrono::seconds> take_clock_time(std::string_view& text) {
    const int hour = take_number(text, 2);
    if (hour < 0 || hour > 23 || !take(text, ':')) return std::nullopt;
    const int minute = take_number(text, 2);
    if (minute < 0 || minute > 59 || !take(text, ':')) return std::nullopt;
    const int second = take_number(text, 2);
    if (second < 0 || second > 59) return std::nullopt;
    return std::chrono::hours{hour} + std::chrono::minutes{minute} + std::chrono::seconds{second};
}

std::optional<Nanos> take_fraction(std::string_view& text) {
    if (!take(text, '.')) return Nanos{0};
    std::int64_t nanos = 0;
    std::size_t digits = 0;
    while (!text.empty() && is_digit(text.front())) {
        if (++digits > 9) return std::nullopt;
        nanos = nanos * 10 + (text.front() - '0');
        text.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 9; ++digits) nanos *= 10;
    return Nanos{nanos};
}

std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
    if (take(text, 'Z')) return std::chrono::minutes{0};
    const bool east = take(text, '+');
    if (!east && !take(text, '-')) return std::nullopt;
    const int hours = take_number(text, 2);
    if (hours < 0 || hours > 23 || !take(text, ':')) return std::nullopt;
    const int minutes = take_number(text, 2);
    if (minutes < 0 || minutes > 59) return std::nullopt;
    return std::chrono::minutes{(east ? 1 : -1) * (hours * 60 + minutes)};
}

void put_number(std::string& out, std::int64_t value, std::size_t digits) {
    std::array<char, 20> text{};
    for (std::size_t i = digits; i-- > 0; value /= 10) text[i] = static_cast<char>('0' + value % 10);
    out.append(text.data(), digits);
}

void put_date(std::string& out, std::chrono::year_month_day date) {
    put_number(out, static_cast<int>(date.year()), 4);
    out += '-';
    put_number(out, static_cast<unsigned>(date.month()), 2);
    out += '-';
    put_number(out, static_cast<unsigned>(date.day()), 2);
}

/// Values beyond what 64 bits of nanoseconds hold become the nearest one that they do.
Nanos nanos_within_bounds(std::int64_t seconds, std::int32_t nanos) {
    std::int64_t total = 0;
    if (__builtin_mul_overflow(seconds, second_nanos, &total) || __builtin_add_overflow(total, nanos, &total)) {
        return seconds < 0 ? Nanos::min() : Nanos::max();
    }
    return Nanos{total};
}

}  // namespace

Instant SystemClock::now() const { return std::chrono::time_point_cast<Nanos>(std::chrono::system_clock::now()); }

Instant from_proto(const google::protobuf::Timestamp& t) {
    return Instant{nanos_within_bounds(t.seconds(), t.nanos())};
}

void to_proto(Instant t, google::protobuf::Timestamp& out) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(t);
    out.set_seconds(seconds.time_since_epoch().count());
    // Not `t - seconds`: the earliest instants have no whole second before them in 64 bits.
    const std::int64_t rest = t.time_since_epoch().count() % second_nanos;
    out.set_nanos(static_cast<std::int32_t>(rest < 0 ? rest + second_nanos : rest));
}

google::protobuf::Timestamp to_proto(Instant t) {
    google::protobuf::Timestamp out;
    to_proto(t, out);
    return out;
}

Nanos from_proto(const google::protobuf::Duration& d) { return nanos_within_bounds(d.seconds(), d.nanos()); }

void to_proto(Nanos d, google::protobuf::Duration& out) {
    out.set_seconds(d.count() / second_nanos);
    out.set_nanos(static_cast<std::int32_t>(d.count() % second_nanos));
}

std::optional<Instant> parse_rfc3339(std::string_view text) {
    const auto date = take_date(text);
    if (!date || !take(text, 'T')) return std::nullopt;
    const auto clock_time = take_clock_time(text);
    if (!clock_time) return std::nullopt;
    const auto fraction = take_fraction(text);
    if (!fraction) return std::nullopt;
    const auto offset = take_offset(text);
    if (!offset || !text.empty()) return std::nullopt;
    const Instant instant = std::chrono::sys_days{*date} + *clock_time - *offset + *fraction;
    constexpr Instant first = std::chrono::sys_days{std::chrono::year{year_min} / 1 / 1};
    constexpr Instant end = std::chrono::sys_days{std::chrono::year{year_max + 1} / 1 / 1};
    if (instant < first || instant >= end) return std::nullopt;
    return instant;
}

std::string format_rfc3339(Instant t) {
    const auto day = std::chrono::floor<std::chrono::days>(t);
    const auto second = std::chrono::floor<std::chrono::seconds>(t);
    const std::int64_t second_of_day = (second - day).count();
    std::string out;
    out.reserve(30);
    put_date(out, std::chrono::year_month_day{day});
    out += 'T';
    put_number(out, second_of_day / 3600, 2);
    out += ':';
    put_number(out, second_of_day / 60 % 60, 2);
    out += ':';
    put_number(out, second_of_day % 60, 2);
    const std::int64_t rest = t.time_since_epoch().count() % second_nanos;
    if (const std::int64_t nanos = rest < 0 ? rest + second_nanos : rest; nanos != 0) {
        out += '.';
        if (nanos % 1'000'000 == 0) {
            put_number(out, nanos / 1'000'000, 3);
        } else if (nanos % 1'000 == 0) {
            put_number(out, nanos / 1'000, 6);
        } else {
            put_number(out, nanos, 9);
        }
    }
    out += 'Z';
    return out;
}

std::optional<std::chrono::year_month_day> parse_date(std::string_view text) {
    const auto date = take_date(text);
    if (!date || !text.empty()) return std::nullopt;
    return date;
}

std::string format_date(std::chrono::year_month_day date) {
    std::string out;
    out.reserve(10);
    put_date(out, date);
    return out;
}

}  // namespace dealog
