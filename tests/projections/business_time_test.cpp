#include "projections/business_time.hpp"

#include <catch2/catch.hpp>

#include "tests/projections/history.hpp"

namespace dealog::projections {
namespace {

using testing::History;
using testing::instant;
using namespace std::chrono_literals;

constexpr SettingsTable table{7};

settings::v1::SettingChanged zone(const std::string& name) {
    settings::v1::SettingChanged changed;
    changed.set_key("locale");
    changed.mutable_value()->mutable_locale()->set_time_zone(name);
    return changed;
}

settings::v1::SettingChanged norms(std::uint32_t min, Instant valid_from) {
    settings::v1::SettingChanged changed;
    changed.set_key("norms");
    changed.mutable_value()->mutable_norms()->set_min(min);
    to_proto(valid_from, *changed.mutable_valid_from());
    return changed;
}

MemoryRows rows_of(const History& history) {
    MemoryRows rows;
    for (std::size_t i = 0; i < history.appends(); ++i) {
        rows.begin(history.view(i).last);
        for (const auto& event : history.view(i).events) table.apply(event, rows);
    }
    return rows;
}

constexpr std::chrono::year_month_day day(int year, unsigned month, unsigned date) {
    return std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{date};
}

TEST_CASE("business time: without settings days are days of UTC") {
    const MemoryRows rows;
    const auto view = rows.view();
    const WorkspaceCalendar calendar{table, *view};
    CHECK(calendar.day_begin(day(2017, 5, 31)) == instant("2017-05-31T00:00:00Z"));
    CHECK(calendar.settings().norms({}).min() == 30);
    CHECK(calendar.settings().norms({}).max() == 40);
}

TEST_CASE("business time: a plain date means the whole day in the workspace's zone") {
    History history;
    history.append("settings", zone("Europe/Moscow"));
    const auto rows = rows_of(history);
    const auto view = rows.view();
    const WorkspaceCalendar calendar{table, *view};

    const auto may = calendar.period("2017-05-01", "2017-05-31");
    REQUIRE(may.has_value());
    CHECK(may->begin == instant("2017-04-30T21:00:00Z"));
    CHECK(may->end == instant("2017-05-31T21:00:00Z"));
    CHECK(may->contains(instant("2017-05-31T20:59:59.999Z")));
    CHECK_FALSE(may->contains(instant("2017-05-31T21:00:00Z")));

    const auto end_of_day = calendar.moment("2017-05-31");
    REQUIRE(end_of_day.has_value());
    CHECK(*end_of_day == instant("2017-05-31T20:59:59.999999999Z"));
}

TEST_CASE("business time: an RFC 3339 time is taken as it is, nothing means no bound") {
    const MemoryRows rows;
    const auto view = rows.view();
    const WorkspaceCalendar calendar{table, *view};
    CHECK(calendar.period("2017-05-01T12:00:00+03:00", "")->begin == instant("2017-05-01T09:00:00Z"));
    CHECK(calendar.period("", "")->contains(instant("2200-12-31T00:00:00Z")));
    CHECK(calendar.moment("2017-05-01T12:00:00Z")->value() == instant("2017-05-01T12:00:00Z"));
    CHECK_FALSE(calendar.moment("")->has_value());
}

TEST_CASE("business time: what is neither a date nor a time is refused with the parameter's name") {
    const MemoryRows rows;
    const auto view = rows.view();
    const WorkspaceCalendar calendar{table, *view};
    CHECK(calendar.period("yesterday", "").error().violations.at(0).field == "from");
    CHECK(calendar.period("", "2017-02-30").error().violations.at(0).field == "to");
    CHECK(calendar.moment("2017-5-1").error().violations.at(0).field == "at");
}

TEST_CASE("business time: days leave no gap when the workspace changes its zone, and past days keep theirs") {
    History history{instant("2024-03-04T08:00:00Z")};
    history.append("settings", zone("Europe/Moscow"));
    history.set_clock(instant("2024-03-10T08:00:00Z"));
    history.append("settings", zone("America/New_York"));
    const auto rows = rows_of(history);
    const auto view = rows.view();
    const WorkspaceCalendar calendar{table, *view};
    CHECK(calendar.day_begin(day(2024, 3, 9)) == instant("2024-03-08T21:00:00Z"));
    CHECK(calendar.day_begin(day(2024, 3, 10)) == instant("2024-03-10T05:00:00Z"));
    for (unsigned date = 1; date < 20; ++date) {
        CHECK(calendar.day_end(day(2024, 3, date)) == calendar.day_begin(day(2024, 3, date + 1)));
    }
}

TEST_CASE("business time: days before the workspace existed have the zone of its first day") {
    History history{instant("2024-03-04T08:00:00Z")};
    history.append("settings", zone("UTC"));
    history.append("settings", zone("Asia/Tokyo"));
    const auto rows = rows_of(history);
    const auto view = rows.view();
    CHECK(WorkspaceCalendar{table, *view}.day_begin(day(2017, 5, 1)) == instant("2017-04-30T15:00:00Z"));
}

TEST_CASE("R10: a setting holds from its validFrom on, whenever it was recorded") {
    History history;
    history.append("settings", norms(30, instant("2024-03-04T00:00:00Z")));
    history.append("settings", norms(50, instant("2024-03-06T00:00:00Z")));
    const auto before = history.append("settings", norms(40, instant("2024-03-05T00:00:00Z")));
    history.append("settings", norms(45, instant("2024-03-05T00:00:00Z")));
    const auto rows = rows_of(history);
    const auto now = rows.view();
    const WorkspaceCalendar calendar{table, *now};
    CHECK(calendar.settings().norms(instant("2020-01-01T00:00:00Z")).min() == 30);
    CHECK(calendar.settings().norms(instant("2024-03-04T23:59:59Z")).min() == 30);
    CHECK(calendar.settings().norms(instant("2024-03-05T00:00:00Z")).min() == 45);
    CHECK(calendar.settings().norms(instant("2024-03-06T00:00:00Z")).min() == 50);
    const auto then = rows.view(before);
    CHECK(WorkspaceCalendar{table, *then}.settings().norms(instant("2024-03-05T00:00:00Z")).min() == 40);
}

TEST_CASE("R17: whether a type is communication follows the setting of its time") {
    History history;
    settings::v1::SettingChanged changed;
    changed.set_key("taskTypes");
    auto& fax = *changed.mutable_value()->mutable_task_types()->add_types();
    fax.set_key("FAX");
    fax.set_communication(true);
    auto& research = *changed.mutable_value()->mutable_task_types()->add_types();
    research.set_key("RESEARCH");
    history.append("settings", changed);
    const auto rows = rows_of(history);
    const auto view = rows.view();
    const WorkspaceCalendar calendar{table, *view};
    CHECK(calendar.communication("FAX", history.now()));
    CHECK_FALSE(calendar.communication("RESEARCH", history.now()));
    CHECK(calendar.communication("CALL", history.now()));
    CHECK_FALSE(calendar.communication("TASK", history.now()));
}

}  // namespace
}  // namespace dealog::projections
