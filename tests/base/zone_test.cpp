#include "base/zone.hpp"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "tests/base/chance.hpp"

namespace dealog::test {

using namespace std::chrono_literals;
using std::chrono::day;
using std::chrono::month;
using std::chrono::year;
using std::chrono::year_month_day;

namespace {

Zone zone(std::string_view name) {
    const auto found = Zone::find(name);
    REQUIRE(found);
    return *found;
}

Instant instant(std::string_view text) {
    const auto parsed = parse_rfc3339(text);
    REQUIRE(parsed);
    return *parsed;
}

}  // namespace

TEST_CASE("zone: known names are found under themselves", "[zone]") {
    const std::string_view name = GENERATE("Europe/Moscow", "America/St_Johns", "Asia/Kathmandu", "Etc/UTC", "UTC");
    CHECK(zone(name).name() == name);
    CHECK(Zone::utc().name() == "Etc/UTC");
}

TEST_CASE("zone: what is no IANA name is refused", "[zone]") {
    const std::string_view name =
        GENERATE("", "Moscow", "europe/moscow", "Europe/Moscow ", "Europe", "Europe/", "../../etc/passwd",
                 "/etc/localtime", "localtime", "posix/UTC", "zone.tab", "Mars/Olympus", "UTC+3", "+03:00");
    INFO(name);
    CHECK_FALSE(Zone::find(name));
    CHECK_FALSE(Zone::find(std::string_view{"UTC\0", 4}));
}

TEST_CASE("zone: the local calendar follows the zone", "[zone]") {
    const Zone moscow = zone("Europe/Moscow");
    CHECK(moscow.local_date(instant("2017-05-31T20:59:59Z")) == year_month_day{year{2017}, month{5}, day{31}});
    CHECK(moscow.local_date(instant("2017-05-31T21:00:00Z")) == year_month_day{year{2017}, month{6}, day{1}});
    CHECK(moscow.local_minute(instant("2017-05-31T20:59:59Z")) == 1439);
    CHECK(moscow.local_minute(instant("2017-05-31T21:00:00Z")) == 0);
    CHECK(zone("Asia/Kathmandu").local_minute(instant("2017-05-31T00:00:00Z")) == 5 * 60 + 45);
    CHECK(Zone::utc().local_date(Instant{-1ns}) == year_month_day{year{1969}, month{12}, day{31}});
}

TEST_CASE("zone: a wall-clock time in a gap is the first instant after it", "[zone]") {
    const Zone berlin = zone("Europe/Berlin");
    const year_month_day spring{year{2017}, month{3}, day{26}};
    CHECK(berlin.at(spring, 1h + 59min) == instant("2017-03-26T00:59:00Z"));
    CHECK(berlin.at(spring, 2h) == instant("2017-03-26T01:00:00Z"));
    CHECK(berlin.at(spring, 2h + 30min) == instant("2017-03-26T01:00:00Z"));
    CHECK(berlin.at(spring, 3h) == instant("2017-03-26T01:00:00Z"));
}

TEST_CASE("zone: an ambiguous wall-clock time is the earlier instant", "[zone]") {
    const Zone berlin = zone("Europe/Berlin");
    const year_month_day autumn{year{2017}, month{10}, day{29}};
    CHECK(berlin.at(autumn, 2h + 30min) == instant("2017-10-29T00:30:00Z"));
    CHECK(berlin.at(autumn, 3h) == instant("2017-10-29T02:00:00Z"));
}

TEST_CASE("zone: a day begins where its midnight is, or after the gap that swallowed it", "[zone]") {
    CHECK(zone("Europe/Moscow").day_begin({year{2017}, month{6}, day{1}}) == instant("2017-05-31T21:00:00Z"));
    CHECK(zone("America/Sao_Paulo").day_begin({year{2017}, month{10}, day{15}}) == instant("2017-10-15T03:00:00Z"));
    CHECK(zone("Pacific/Apia").day_begin({year{2011}, month{12}, day{30}}) ==
          instant("2011-12-30T10:00:00Z"));  // no such day there
}

TEST_CASE("zone: dates and times beyond the clock's range do not overflow", "[zone]") {
    const Zone berlin = zone("Europe/Berlin");
    CHECK(berlin.day_begin({year{9999}, month{1}, day{1}}) > instant("2200-12-31T00:00:00Z"));
    CHECK(berlin.day_begin({year{1}, month{1}, day{1}}) < instant("1970-01-01T00:00:00Z"));
    CHECK(berlin.local_date(Instant::max()).year() == year{2262});
    CHECK(berlin.local_date(Instant::min()).year() == year{1677});
}

TEST_CASE("zone: an instant's date and minute lead back to it", "[zone]") {
    Chance chance{11};
    const Zone berlin = zone("Europe/Berlin");
    int in_the_second_ambiguous_hour = 0;
    for (int i = 0; i < 20'000; ++i) {
        const Instant t{std::chrono::minutes{chance.number(0, 2'100'000'000 / 60)}};
        const Instant back = berlin.at(berlin.local_date(t), std::chrono::minutes{berlin.local_minute(t)});
        if (back == t) continue;
        ++in_the_second_ambiguous_hour;
        REQUIRE(t - back == 1h);
    }
    CHECK(in_the_second_ambiguous_hour < 20);
}

TEST_CASE("zone: days follow each other", "[zone]") {
    const Zone newfoundland = zone("America/St_Johns");  // turned its clocks at 00:01 for years
    year_month_day date{year{1987}, month{1}, day{1}};
    for (int i = 0; i < 12'000; ++i) {
        const year_month_day following = next_day(date);
        const auto length = newfoundland.day_begin(following) - newfoundland.day_begin(date);
        REQUIRE(length >= 22h);
        REQUIRE(length <= 26h);
        REQUIRE(newfoundland.local_date(newfoundland.day_begin(date)) == date);
        date = following;
    }
    CHECK(next_day({year{2016}, month{2}, day{28}}) == year_month_day{year{2016}, month{2}, day{29}});
    CHECK(next_day({year{2017}, month{12}, day{31}}) == year_month_day{year{2018}, month{1}, day{1}});
}

TEST_CASE("zone: threads may ask for the same zones at once", "[zone]") {
    std::vector<std::thread> threads;
    std::vector<int> found(4);
    for (std::size_t t = 0; t < found.size(); ++t) {
        threads.emplace_back([&count = found[t]] {
            for (const std::string_view name :
                 {"Africa/Cairo", "Asia/Tokyo", "America/Lima", "No/Where", "Europe/Oslo"}) {
                const auto here = Zone::find(name);
                if (here && here->local_minute(Instant{}) >= 0) ++count;
            }
        });
    }
    for (auto& thread : threads) thread.join();
    for (const int count : found) CHECK(count == 4);
}

}  // namespace dealog::test
