#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "domain/task/next_task.hpp"
#include "tests/domain/world.hpp"

using namespace dealog;
using namespace dealog::test;

namespace {

constexpr std::string_view rules = R"({"key": "nextTaskRules", "nextTaskRules": {"rules": [
    {"id": "silent", "silenceDaysMin": 10, "type": "MESSENGER", "title": "Wake the client up", "delayMinutes": 30},
    {"id": "not-reached", "outcomes": ["NOT_REACHED"], "channels": ["CALL"], "type": "CALL", "title": "Call once more", "delayMinutes": 120},
    {"id": "offer", "stages": ["offer", "contract"], "type": "EMAIL", "title": "Ask about the offer", "delayDays": 3, "at": "11:30"},
    {"id": "rest", "type": "CALL", "title": "Agree the next step", "delayDays": 1}]}})";

/// Until Thursday 9 to 18, on Friday 9 to 13.
settings::v1::WorkingHours usual() {
    return from_json<settings::v1::WorkingHours>(R"({"days": [
        {"weekday": 1, "from": "09:00", "to": "18:00"}, {"weekday": 2, "from": "09:00", "to": "18:00"},
        {"weekday": 3, "from": "09:00", "to": "18:00"}, {"weekday": 4, "from": "09:00", "to": "18:00"},
        {"weekday": 5, "from": "09:00", "to": "13:00"}]})");
}

std::string id_of(World& world, const task::Situation& situation) {
    const auto proposal = task::next_task(world.settings(), world.now, situation, Zone::utc());
    return proposal ? proposal->trace.rule_id() : "none";
}

}  // namespace

TEST_CASE("R23: the first rule whose conditions all hold plans the task", "[domain][rules]") {
    World world;
    world.done<settings::v1::ChangeSetting>(rules);
    using task::v1::Outcome;
    CHECK(id_of(world, {.stage = "new", .outcome = Outcome::REACHED, .channel = "CALL", .silence_days = 10}) ==
          "silent");
    CHECK(id_of(world, {.stage = "offer", .outcome = Outcome::NOT_REACHED, .channel = "CALL", .silence_days = 9}) ==
          "not-reached");
    CHECK(id_of(world, {.stage = "offer", .outcome = Outcome::NOT_REACHED, .channel = "EMAIL", .silence_days = 0}) ==
          "offer");
    CHECK(id_of(world, {.stage = "contract", .outcome = {}, .channel = {}, .silence_days = 0}) == "offer");
    CHECK(id_of(world, {.stage = "new", .outcome = Outcome::CONTINUE, .channel = "CALL", .silence_days = 0}) == "rest");
    world.done<settings::v1::ChangeSetting>(R"({"key": "nextTaskRules", "nextTaskRules": {}})");
    CHECK(id_of(world, {.stage = "new", .outcome = {}, .channel = {}, .silence_days = 0}) == "none");
}

TEST_CASE("R23: the same rule version, moment and situation give the same task on replay", "[domain][rules]") {
    World world;
    world.done<settings::v1::ChangeSetting>(rules);
    const auto version = world.settings().revision.value();
    const auto deal = world.open_deal(R"(, "stage": "offer")");
    for (const char* outcome : {"NOT_REACHED", "REACHED", "CONTINUE", "NOT_REACHED"}) {
        world.now += std::chrono::hours{40};
        world.done<task::v1::CompleteTask>(
            fmt::format(R"({{"deal": "{}", "task": "{}", "action": {{"outcome": "{}", "text": "Said so."}}}})", deal,
                        world.task_of(deal), outcome));
    }
    world.now += std::chrono::hours{24 * 30};
    world.done<settings::v1::ChangeSetting>(R"({"key": "nextTaskRules", "nextTaskRules": {}})");
    std::size_t replayed = 0;
    for (const auto& stored : world.log()) {
        if (stored.type != "dealog.task.v1.TaskPlanned") continue;
        const auto& planned = static_cast<const task::v1::TaskPlanned&>(*stored.event);
        const auto& trace = planned.planned_by();
        CHECK(trace.rule_version() == version);
        const task::Situation situation{.stage = trace.stage(),
                                        .outcome = trace.outcome(),
                                        .channel = trace.channel(),
                                        .silence_days = trace.silence_days()};
        const auto again = task::next_task(world.settings(), stored.envelope.recorded_at, situation, Zone::utc());
        REQUIRE(again.has_value());
        CHECK(again->type == planned.type());
        CHECK(again->title == planned.title());
        CHECK(again->due_at == from_proto(planned.due_at()));
        CHECK(again->trace.SerializeAsString() == trace.SerializeAsString());
        ++replayed;
    }
    CHECK(replayed == 5);
}

TEST_CASE("R23: a due time in days is a working day, moved into that day's hours", "[domain][rules]") {
    const Zone zone = Zone::utc();
    const auto thursday = at("2026-03-05T20:00:00Z");
    CHECK(task::after_working_days(usual(), zone, thursday, 1, {}) == at("2026-03-06T09:00:00Z"));
    CHECK(task::after_working_days(usual(), zone, thursday, 1, 15 * 60) == at("2026-03-06T13:00:00Z"));
    CHECK(task::after_working_days(usual(), zone, thursday, 2, 10 * 60) == at("2026-03-09T10:00:00Z"));
    CHECK(task::after_working_days(usual(), zone, thursday, 6, 8 * 60) == at("2026-03-13T09:00:00Z"));
}

TEST_CASE("R23: a due time in minutes counts working time only", "[domain][rules]") {
    const Zone zone = Zone::utc();
    CHECK(task::after_working_minutes(usual(), zone, at("2026-03-05T10:00:00Z"), 90) == at("2026-03-05T11:30:00Z"));
    CHECK(task::after_working_minutes(usual(), zone, at("2026-03-05T17:30:00Z"), 60) == at("2026-03-06T09:30:00Z"));
    CHECK(task::after_working_minutes(usual(), zone, at("2026-03-06T12:30:00Z"), 60) == at("2026-03-09T09:30:00Z"));
    CHECK(task::after_working_minutes(usual(), zone, at("2026-03-07T12:00:00Z"), 1) == at("2026-03-09T09:01:00Z"));
    CHECK(task::after_working_minutes(usual(), zone, at("2026-03-05T03:00:00Z"), 9 * 60) == at("2026-03-05T18:00:00Z"));
}

TEST_CASE("R23: working hours are those of the seller's zone, also when its clocks change", "[domain][rules]") {
    const auto berlin = Zone::find("Europe/Berlin");
    REQUIRE(berlin.has_value());
    // Friday before the clocks go forward on Sunday, 29 March 2026.
    CHECK(task::after_working_days(usual(), *berlin, at("2026-03-27T10:00:00Z"), 1, 10 * 60) ==
          at("2026-03-30T08:00:00Z"));
    CHECK(task::after_working_minutes(usual(), *berlin, at("2026-03-27T11:30:00Z"), 60) == at("2026-03-30T07:30:00Z"));
    // It is Tuesday already where the seller is.
    const auto tokyo = Zone::find("Asia/Tokyo");
    REQUIRE(tokyo.has_value());
    CHECK(task::after_working_days(usual(), *tokyo, at("2026-03-02T16:00:00Z"), 1, 10 * 60) ==
          at("2026-03-04T01:00:00Z"));
}

TEST_CASE("R23: silence is counted in days since the client last answered", "[domain][rules]") {
    World world;
    world.done<settings::v1::ChangeSetting>(rules);
    const auto deal = world.open_deal();
    const auto miss = [&] {
        world.done<task::v1::CompleteTask>(fmt::format(
            R"({{"deal": "{}", "task": "{}", "action": {{"outcome": "NOT_REACHED"}}}})", deal, world.task_of(deal)));
        return world.last<task::v1::TaskPlanned>().planned_by();
    };
    world.now += std::chrono::hours{24 * 9};
    CHECK(miss().rule_id() == "not-reached");
    world.now += std::chrono::hours{24};
    CHECK(miss().silence_days() == 10);
    CHECK(world.last<task::v1::TaskPlanned>().type() == "MESSENGER");
    world.done<task::v1::LogAction>(fmt::format(
        R"({{"deal": "{}", "type": "EMAIL", "direction": "INBOUND", "outcome": "REACHED", "text": "Here I am."}})",
        deal));
    world.now += std::chrono::hours{24 * 2};
    CHECK(miss().silence_days() == 2);
}

TEST_CASE("R23: a task that a person asked for says that no rule planned it", "[domain][rules]") {
    World world;
    world.open_deal(
        R"(, "firstTask": {"type": "CALL", "title": "Ask about the budget", "dueAt": "2026-03-03T10:00:00Z"})");
    CHECK_FALSE(world.last<task::v1::TaskPlanned>().has_planned_by());
}
