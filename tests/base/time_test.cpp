#include "base/time.hpp"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <catch2/catch.hpp>
#include <limits>
#include <regex>

#include "tests/base/chance.hpp"

namespace dealog::test {

using namespace std::chrono_literals;

namespace {

Instant at(std::int64_t seconds, std::int64_t nanos = 0) {
    return Instant{std::chrono::seconds{seconds} + Nanos{nanos}};
}

constexpr std::int64_t first_second = 0;
constexpr std::int64_t last_second = 7'289'654'399;  // 2200-12-31T23:59:59Z

}  // namespace

TEST_CASE("time: RFC 3339 texts name the instants that the standard says", "[time]") {
    CHECK(parse_rfc3339("1970-01-01T00:00:00Z") == at(0));
    CHECK(parse_rfc3339("2017-05-31T12:34:56Z") == at(1'496'234'096));
    CHECK(parse_rfc3339("2017-05-31T12:34:56.5Z") == at(1'496'234'096, 500'000'000));
    CHECK(parse_rfc3339("2017-05-31T12:34:56.000000001Z") == at(1'496'234'096, 1));
    CHECK(parse_rfc3339("2017-05-31T14:34:56+02:00") == at(1'496'234'096));
    CHECK(parse_rfc3339("2017-05-31T07:04:56-05:30") == at(1'496'234'096));
    CHECK(parse_rfc3339("2017-05-31T12:34:56-00:00") == at(1'496'234'096));
    CHECK(parse_rfc3339("2016-02-29T00:00:00Z") == at(1'456'704'000));
    CHECK(parse_rfc3339("2200-12-31T23:59:59.999999999Z") == at(last_second, 999'999'999));
}

TEST_CASE("time: what is not strict RFC 3339 is refused", "[time]") {
    const std::string_view text = GENERATE(
        "", "Z", "2017-05-31", "2017-05-31T12:34Z", "2017-05-31T12:34:56", "2017-05-31 12:34:56Z",
        "2017-05-31t12:34:56Z", "2017-05-31T12:34:56z", "2017-05-31T12:34:56.Z", "2017-05-31T12:34:56.1234567890Z",
        "2017-05-31T12:34:56,5Z", "2017-05-31T24:00:00Z", "2017-05-31T12:60:00Z", "2017-05-31T12:34:60Z",
        "2017-02-29T00:00:00Z", "2017-04-31T00:00:00Z", "2017-00-01T00:00:00Z", "2017-13-01T00:00:00Z",
        "2017-01-00T00:00:00Z", "1969-12-31T23:59:59Z", "2201-01-01T00:00:00Z", "1970-01-01T00:00:00+00:01",
        "2200-12-31T23:59:59-00:01", "2017-05-31T12:34:56+0200", "2017-05-31T12:34:56+24:00",
        "2017-05-31T12:34:56+02:60", "2017-05-31T12:34:56+2:00", "2017-05-31T12:34:56Z ", " 2017-05-31T12:34:56Z",
        "+2017-05-31T12:34:56Z", "2017-5-31T12:34:56Z", "17-05-31T12:34:56Z", "2017-05-31T12:34:56Z\n",
        "2017-05-31T1a:34:56Z", "2017-05-31T-1:34:56Z", "99999-05-31T12:34:56Z", "2017/05/31T12:34:56Z");
    INFO(text);
    CHECK_FALSE(parse_rfc3339(text));
}

TEST_CASE("time: a text that holds a NUL is refused", "[time]") {
    CHECK_FALSE(parse_rfc3339(std::string_view{"2017-05-31T12:34:56Z\0", 21}));
    CHECK_FALSE(parse_date(std::string_view{"2017-05-31\0", 11}));
}

TEST_CASE("time: instants are written with as many digits as they need", "[time]") {
    CHECK(format_rfc3339(at(1'496'234'096)) == "2017-05-31T12:34:56Z");
    CHECK(format_rfc3339(at(1'496'234'096, 500'000'000)) == "2017-05-31T12:34:56.500Z");
    CHECK(format_rfc3339(at(1'496'234'096, 1'000)) == "2017-05-31T12:34:56.000001Z");
    CHECK(format_rfc3339(at(1'496'234'096, 1)) == "2017-05-31T12:34:56.000000001Z");
    CHECK(format_rfc3339(at(-1, 999'999'999)) == "1969-12-31T23:59:59.999999999Z");
    CHECK(format_rfc3339(Instant::min()) == "1677-09-21T00:12:43.145224192Z");
    CHECK(format_rfc3339(Instant::max()) == "2262-04-11T23:47:16.854775807Z");
}

TEST_CASE("time: every instant reads back as it was written", "[time]") {
    Chance chance{20'170'531};
    constexpr std::int64_t units[] = {1, 1'000, 1'000'000, 1'000'000'000};
    for (int i = 0; i < 200'000; ++i) {
        const std::int64_t unit = units[chance.number(0, 3)];
        const Instant t = at(chance.number(first_second, last_second), chance.number(0, 999'999'999) / unit * unit);
        const std::string text = format_rfc3339(t);
        REQUIRE(parse_rfc3339(text) == t);
    }
}

TEST_CASE("time: an offset moves the instant by exactly itself", "[time]") {
    Chance chance{7};
    for (int i = 0; i < 50'000; ++i) {
        const Instant t = at(chance.number(first_second + 86'400, last_second - 86'400));
        const std::int64_t minutes = chance.number(-1439, 1439);
        std::string text = format_rfc3339(t + std::chrono::minutes{minutes});
        text.pop_back();
        const std::int64_t size = minutes < 0 ? -minutes : minutes;
        char offset[8];
        std::snprintf(offset, sizeof offset, "%c%02d:%02d", minutes < 0 ? '-' : '+', static_cast<int>(size / 60),
                      static_cast<int>(size % 60));
        REQUIRE(parse_rfc3339(text + offset) == t);
    }
}

TEST_CASE("time: damaged texts are refused, or mean an instant that reads back", "[time]") {
    Chance chance{3'339};
    const std::regex grammar{R"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2}))"};
    int accepted = 0;
    for (int i = 0; i < 200'000; ++i) {
        const Instant t =
            at(chance.number(first_second, last_second), chance.one_in(2) ? 0 : chance.number(0, 999'999'999));
        const std::string text = chance.damaged(format_rfc3339(t), "0123456789-+:.TZtz ");
        const auto parsed = parse_rfc3339(text);
        if (!parsed) continue;
        ++accepted;
        INFO(text);
        REQUIRE(std::regex_match(text, grammar));
        REQUIRE(parse_rfc3339(format_rfc3339(*parsed)) == parsed);
    }
    CHECK(accepted > 1'000);
    CHECK(accepted < 150'000);
}

TEST_CASE("time: every day of the calendar reads back, and nothing else is a day", "[time]") {
    int days = 0;
    for (int year = 1969; year <= 2201; ++year) {
        for (unsigned month = 0; month <= 13; ++month) {
            for (unsigned day = 0; day <= 32; ++day) {
                const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                                       std::chrono::day{day}};
                char text[16];
                std::snprintf(text, sizeof text, "%04d-%02u-%02u", year, month, day);
                const auto parsed = parse_date(text);
                const bool exists = date.ok() && year >= 1970 && year <= 2200;
                if (parsed.has_value() != exists) FAIL(text);
                if (!exists) continue;
                ++days;
                if (*parsed != date || format_date(date) != text) FAIL(text);
            }
        }
    }
    CHECK(days == 84'371);
}

TEST_CASE("time: damaged dates are refused or read back as they are", "[time]") {
    Chance chance{42};
    int accepted = 0;
    for (int i = 0; i < 200'000; ++i) {
        const std::chrono::sys_days day{std::chrono::days{chance.number(0, 84'370)}};
        const std::string text = chance.damaged(format_date(std::chrono::year_month_day{day}), "0123456789-/ T");
        const auto parsed = parse_date(text);
        if (!parsed) continue;
        ++accepted;
        REQUIRE(format_date(*parsed) == text);
    }
    CHECK(accepted > 1'000);
}

TEST_CASE("time: timestamps and durations read back", "[time]") {
    Chance chance{1};
    for (int i = 0; i < 10'000; ++i) {
        const Instant t{
            Nanos{chance.number(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max())}};
        const auto stamp = to_proto(t);
        REQUIRE(stamp.nanos() >= 0);
        REQUIRE(stamp.nanos() < 1'000'000'000);
        google::protobuf::Duration duration;
        to_proto(t.time_since_epoch(), duration);
        REQUIRE(
            (duration.seconds() == 0 || duration.nanos() == 0 || (duration.seconds() < 0) == (duration.nanos() < 0)));
        REQUIRE(from_proto(duration) == t.time_since_epoch());
        if (t > Instant::min() + 1s) REQUIRE(from_proto(stamp) == t);
    }
}

TEST_CASE("time: timestamps beyond 64 bits of nanoseconds become the nearest instant", "[time]") {
    google::protobuf::Timestamp stamp;
    stamp.set_seconds(std::numeric_limits<std::int64_t>::max());
    CHECK(from_proto(stamp) == Instant::max());
    stamp.set_seconds(std::numeric_limits<std::int64_t>::min());
    CHECK(from_proto(stamp) == Instant::min());
}

TEST_CASE("time: the machine's clock is in this century", "[time]") {
    CHECK(SystemClock{}.now() > at(1'600'000'000));
    CHECK(SystemClock{}.now() < at(4'102'444'800));
}

}  // namespace dealog::test
