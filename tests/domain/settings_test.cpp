#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "domain/text.hpp"
#include "tests/domain/world.hpp"

using namespace dealog;
using namespace dealog::test;

namespace {

Rejection invalid(World& world, std::string_view json) {
    auto refusal = world.refused<settings::v1::ChangeSetting>(json);
    CHECK(refusal.code == Code::Problem_Code_INVALID_SETTING);
    return refusal;
}

std::string field(World& world, std::string_view json) { return invalid(world, json).violations.at(0).field; }

}  // namespace

TEST_CASE("R10: a norm changed for tomorrow leaves the norm of every day before as it was", "[domain][settings]") {
    World world;
    const auto yesterday = world.now - std::chrono::hours{24};
    CHECK(world.settings().norms(world.now).min() == 30);
    CHECK(world.settings().norms(world.now).max() == 40);
    world.done<settings::v1::ChangeSetting>(
        R"({"key": "norms", "validFrom": "2026-03-03T00:00:00Z", "norms": {"min": 10, "max": 20}})");
    CHECK(world.settings().norms(yesterday).min() == 30);
    CHECK(world.settings().norms(world.now).min() == 30);
    CHECK(world.settings().norms(at("2026-03-02T23:59:59Z")).min() == 30);
    CHECK(world.settings().norms(at("2026-03-03T00:00:00Z")).min() == 10);
    // In force between now and tomorrow; tomorrow's stays.
    world.done<settings::v1::ChangeSetting>(R"({"key": "norms", "norms": {"min": 5, "max": 6}})");
    CHECK(world.settings().norms(yesterday).min() == 30);
    CHECK(world.settings().norms(world.now).min() == 5);
    CHECK(world.settings().norms(at("2026-03-03T00:00:00Z")).min() == 10);
    CHECK(world.settings().norms(at("2020-01-01T00:00:00Z")).min() == 30);  // before every version: the earliest
}

TEST_CASE("settings: a workspace starts with the values of the contract", "[domain][settings]") {
    World world;
    const auto& settings = world.settings();
    CHECK(settings.revision.value() == 8);
    CHECK(settings.locale(world.now).time_zone() == "UTC");
    CHECK(settings.locale(world.now).currency_code() == "RUB");
    CHECK(settings.working_hours(world.now).days_size() == 5);
    CHECK(settings.next_task_rules(world.now).rules_size() == 1);
    const auto& sales = *world.pipeline("sales")->valid_at(world.now);
    std::vector<std::pair<std::string, double>> stages;
    for (const auto& stage : sales.definition.stages()) stages.emplace_back(stage.key(), stage.probability());
    CHECK(stages == std::vector<std::pair<std::string, double>>{
                        {"new", 0.10}, {"qualified", 0.25}, {"meeting", 0.40}, {"offer", 0.60}, {"contract", 0.85}});
    for (const char* reason : {"price", "competitor", "no_need", "no_budget", "no_contact", "other"}) {
        CHECK(sales.has_loss_reason(reason));
    }
    const settings::Settings empty;
    CHECK(empty.norms(world.now).min() == 30);
}

TEST_CASE("settings: the body holds exactly the value that the path names", "[domain][settings]") {
    World world;
    CHECK(world.refused<settings::v1::ChangeSetting>(R"({"key": "colours", "norms": {}})").code ==
          Code::Problem_Code_UNKNOWN_SETTING);
    CHECK(field(world, R"({"key": "norms"})") == "norms");
    CHECK(field(world, R"({"key": "norms", "caps": {"openDeals": 1}})") == "norms");
    CHECK(field(world, R"({"key": "norms", "norms": {"min": 1, "max": 2}, "caps": {"openDeals": 1}})") == "norms");
}

TEST_CASE("settings: a value that cannot be is refused with the field named", "[domain][settings]") {
    World world;
    CHECK(field(world, R"({"key": "norms", "norms": {"min": 41, "max": 40}})") == "norms.max");
    CHECK(field(world, R"({"key": "norms", "norms": {"executedMin": 2, "executedTarget": 1}})") ==
          "norms.executedTarget");
    CHECK(field(world, R"({"key": "locale", "locale": {"timeZone": "Mars/North", "currencyCode": "RUB"}})") ==
          "locale.timeZone");
    const auto hours = [&](std::string_view days) {
        return field(world, fmt::format(R"({{"key": "workingHours", "workingHours": {{"days": [{}]}}}})", days));
    };
    CHECK(hours("") == "workingHours.days");
    CHECK(hours(R"({"weekday": 1, "from": "18:00", "to": "09:00"})") == "workingHours.days[0].to");
    CHECK(hours(R"({"weekday": 1, "from": "9:00", "to": "18:00"})") == "workingHours.days[0].from");
    CHECK(hours(R"({"weekday": 1, "from": "09:00", "to": "24:01"})") == "workingHours.days[0].to");
    CHECK(hours(R"({"weekday": 8, "from": "09:00", "to": "18:00"})") == "workingHours.days[0].weekday");
    CHECK(hours(R"({"weekday": 1, "from": "09:00", "to": "18:00"}, {"weekday": 1, "from": "09:00", "to": "18:00"})") ==
          "workingHours.days[1].weekday");
    CHECK(field(world, R"({"key": "thresholds", "thresholds": {}})") == "thresholds.backdatedAfterHours");
    CHECK(field(world, R"({"key": "norms", "validFrom": "2026-02-01T00:00:00Z", "norms": {"min": 1, "max": 2}})") ==
          "validFrom");
}

TEST_CASE("settings: task types, rules and the stop list agree with each other", "[domain][settings]") {
    World world;
    CHECK(field(world, R"({"key": "taskTypes", "taskTypes": {"types": [{"key": "EMAIL"}]}})") == "taskTypes.types");
    CHECK(field(world, R"({"key": "taskTypes", "taskTypes": {"types": [{"key": "CALL"}, {"key": "CALL"}]}})") ==
          "taskTypes.types[1].key");
    CHECK(field(world, R"({"key": "titleStopList", "titleStopList": {"words": ["call and agree the next step"]}})") ==
          "titleStopList.words");
    const auto rule = [&](std::string_view text) {
        return field(world, fmt::format(R"({{"key": "nextTaskRules", "nextTaskRules": {{"rules": [{}]}}}})", text));
    };
    CHECK(rule(R"({"id": "a", "type": "FAX", "title": "Fax the offer", "delayDays": 1})") ==
          "nextTaskRules.rules[0].type");
    CHECK(rule(R"({"id": "a", "type": "CALL", "title": "звонок", "delayDays": 1})") == "nextTaskRules.rules[0].title");
    CHECK(rule(R"({"id": "a", "type": "CALL", "title": "Ask again"})") == "nextTaskRules.rules[0].delayDays");
    CHECK(rule(R"({"id": "a", "type": "CALL", "title": "Ask again", "delayDays": 1, "at": "25:00"})") ==
          "nextTaskRules.rules[0].at");
    CHECK(rule(R"({"id": "a", "type": "CALL", "title": "Ask again", "delayDays": 1, "channels": ["FAX"]})") ==
          "nextTaskRules.rules[0].channels");
    CHECK(
        rule(
            R"({"id": "a", "type": "CALL", "title": "Ask again", "delayDays": 1}, {"id": "a", "type": "CALL", "title": "Ask again", "delayDays": 1})") ==
        "nextTaskRules.rules[1].id");
}

TEST_CASE("settings: the value in force again changes nothing", "[domain][settings]") {
    World world;
    const auto again = R"({"key": "caps", "caps": {"openDeals": 150}})";
    CHECK(world.done<settings::v1::ChangeSetting>(again).events.size() == 1);
    const auto decision = world.done<settings::v1::ChangeSetting>(again);
    CHECK(decision.events.empty());
    CHECK(decision.id == "caps");
    CHECK(decision.stream.value() == "settings");
}

TEST_CASE("text: letters are lowered and spaces squeezed beyond ASCII", "[domain][text]") {
    CHECK(domain::lower("ÀÉ ЁЖ ЇҐ Ω Aa1") == "àé ёж їґ ω aa1");
    CHECK(domain::squeezed("\u00a0 a \t\n b\u2003") == "a b");
    CHECK(domain::length("ёж") == 2);
    CHECK(domain::lower("\xff\xc3") == "\xff\xc3");
    CHECK(domain::parse_minute("24:00") == 1440);
    for (const char* bad : {"24:01", "12:60", "1200", "ab:cd", ""}) CHECK_FALSE(domain::parse_minute(bad).has_value());
}
