#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "tests/domain/world.hpp"

using namespace dealog;
using namespace dealog::test;
using Names = std::vector<std::string>;

namespace {

constexpr std::string_view next_step =
    R"(, "next": {"type": "EMAIL", "title": "Send the offer", "dueAt": "2026-03-04T10:00:00Z"})";

struct Situation {
    World world;
    std::string deal = world.open_deal(R"(, "value": {"currencyCode": "RUB", "units": "1000"})");

    domain::Decided complete(std::string_view outcome, std::string_view step, std::string_view more = "") {
        return world.when<task::v1::CompleteTask>(
            fmt::format(R"({{"deal": "{}", "task": "{}", "action": {{"outcome": "{}", "text": "Said so."{}}}{}}})",
                        deal, world.deal_of(deal).tasks.open.at(0).id, outcome, more, step));
    }
    Rejection refused(std::string_view outcome, std::string_view step) {
        return World::refusal(complete(outcome, step));
    }
};

}  // namespace

TEST_CASE("R20: completing plans the next task in one append, before the old one is done", "[domain][task]") {
    Situation s;
    for (const char* outcome : {"NOT_REACHED", "REACHED", "CONTINUE"}) {
        const auto before = s.world.task_of(s.deal);
        const auto decision = s.world.append(s.complete(outcome, next_step));
        CHECK(s.world.types(decision) == Names{"TaskPlanned", "TaskCompleted"});
        CHECK(decision.id == before);
        CHECK_FALSE(decision.created);
        CHECK(s.world.task_of(s.deal) != before);
        CHECK_FALSE(s.world.last<task::v1::TaskPlanned>().has_planned_by());
    }
}

TEST_CASE("R20: without a step the rule engine plans the next task, also beside other open tasks", "[domain][task]") {
    Situation s;
    s.world.done<task::v1::PlanTask>(fmt::format(
        R"({{"deal": "{}", "type": "TASK", "title": "Prepare the offer", "dueAt": "2026-03-05T10:00:00Z"}})", s.deal));
    const auto decision = s.world.append(s.complete("REACHED", ""));
    CHECK(s.world.types(decision) == Names{"TaskPlanned", "TaskCompleted"});
    const auto& planned = s.world.last<task::v1::TaskPlanned>();
    CHECK(planned.planned_by().rule_id() == "catch-all");
    CHECK(planned.planned_by().outcome() == task::v1::Outcome::REACHED);
    CHECK(planned.planned_by().channel() == "CALL");
    CHECK(from_proto(planned.due_at()) == at("2026-03-03T10:00:00Z"));
    CHECK(s.world.deal_of(s.deal).tasks.open.size() == 2);
}

TEST_CASE("R22: a missing part of the outcome is named", "[domain][task]") {
    Situation s;
    const auto refused_without_lose = s.refused("REFUSED", "");
    CHECK(refused_without_lose.code == Code::Problem_Code_NEXT_STEP_REQUIRED);
    CHECK(refused_without_lose.violations.at(0).field == "lose");
    const auto won_without_win = s.refused("WON", "");
    CHECK(won_without_win.code == Code::Problem_Code_NEXT_STEP_REQUIRED);
    CHECK(won_without_win.violations.at(0).field == "win");
    const auto lost_without_reason = s.refused("REFUSED", R"(, "lose": {})");
    CHECK(lost_without_reason.code == Code::Problem_Code_LOSS_REASON_REQUIRED);
    CHECK(lost_without_reason.violations.at(0).field == "lose.reason");
    s.world.done<settings::v1::ChangeSetting>(R"({"key": "nextTaskRules", "nextTaskRules": {}})");
    const auto no_rule = s.refused("CONTINUE", "");
    CHECK(no_rule.code == Code::Problem_Code_NEXT_STEP_REQUIRED);
    CHECK(no_rule.violations.at(0).field == "next");
}

TEST_CASE("R22: every other pair of outcome and step is a contradiction", "[domain][task]") {
    Situation s;
    const std::string_view win = R"(, "win": {})";
    const std::string_view lose = R"(, "lose": {"reason": "price"})";
    for (const char* outcome : {"NOT_REACHED", "REACHED", "CONTINUE"}) {
        CHECK(s.refused(outcome, win).code == Code::Problem_Code_OUTCOME_CONTRADICTS_STEP);
        CHECK(s.refused(outcome, lose).code == Code::Problem_Code_OUTCOME_CONTRADICTS_STEP);
    }
    CHECK(s.refused("REFUSED", win).code == Code::Problem_Code_OUTCOME_CONTRADICTS_STEP);
    CHECK(s.refused("REFUSED", next_step).code == Code::Problem_Code_OUTCOME_CONTRADICTS_STEP);
    CHECK(s.refused("WON", lose).code == Code::Problem_Code_OUTCOME_CONTRADICTS_STEP);
    CHECK(s.refused("WON", next_step).code == Code::Problem_Code_OUTCOME_CONTRADICTS_STEP);
}

TEST_CASE("R22: only one step can be taken", "[domain][task]") {
    Situation s;
    const auto two = fmt::format(R"(, "win": {{}}{})", next_step);
    CHECK(s.refused("WON", two).code == Code::Problem_Code_STEP_ALREADY_TAKEN);
    CHECK(s.refused("REFUSED", R"(, "win": {}, "lose": {"reason": "price"})").code ==
          Code::Problem_Code_STEP_ALREADY_TAKEN);
}

TEST_CASE("R22: WON closes the deal in the same append and cancels its other tasks", "[domain][task]") {
    Situation s;
    s.world.done<task::v1::PlanTask>(fmt::format(
        R"({{"deal": "{}", "type": "TASK", "title": "Prepare the offer", "dueAt": "2026-03-05T10:00:00Z"}})", s.deal));
    const auto decision =
        s.world.append(s.complete("WON", R"(, "win": {"value": {"currencyCode": "RUB", "units": "7"}})"));
    CHECK(s.world.types(decision) == Names{"DealWon", "TaskCompleted", "TaskCancelled"});
    const auto& deal = s.world.deal_of(s.deal);
    CHECK(deal.status == deal::Status::won);
    CHECK(deal.tasks.open.empty());
    CHECK(s.world.last<deal::v1::DealWon>().value().units() == 7);
    CHECK(s.world.last<task::v1::TaskCancelled>().cause() == task::v1::CancelCause::CLOSED);
}

TEST_CASE("R22: REFUSED with a listed reason loses the deal", "[domain][task]") {
    Situation s;
    const auto decision =
        s.world.append(s.complete("REFUSED", R"(, "lose": {"reason": "other", "comment": "Moved."})"));
    CHECK(s.world.types(decision) == Names{"DealLost", "TaskCompleted"});
    CHECK(s.world.deal_of(s.deal).status == deal::Status::lost);
    CHECK(s.world.last<deal::v1::DealLost>().comment().text() == "Moved.");
}

TEST_CASE("R22: a closing by a task counts at the end of the action, never before the deal's last move",
          "[domain][task]") {
    Situation s;
    s.world.now = at("2026-03-02T12:00:00Z");
    s.world.done<deal::v1::MoveStage>(fmt::format(R"({{"deal": "{}", "stage": "offer"}})", s.deal));
    s.world.now = at("2026-03-02T12:30:00Z");
    s.world.append(s.complete("WON", R"(, "win": {})",
                              R"(, "startedAt": "2026-03-02T11:50:00Z", "endedAt": "2026-03-02T12:20:00Z")"));
    CHECK(s.world.deal_of(s.deal).moved_at == at("2026-03-02T12:20:00Z"));

    Situation earlier;
    earlier.world.now = at("2026-03-02T12:30:00Z");
    earlier.world.done<deal::v1::MoveStage>(fmt::format(R"({{"deal": "{}", "stage": "offer"}})", earlier.deal));
    earlier.world.append(earlier.complete("WON", R"(, "win": {})", R"(, "startedAt": "2026-03-02T11:50:00Z")"));
    CHECK(earlier.world.deal_of(earlier.deal).moved_at == at("2026-03-02T12:30:00Z"));
}

TEST_CASE("R2: an action without a listed outcome is refused", "[domain][task]") {
    Situation s;
    const auto refusal = s.world.refused<task::v1::CompleteTask>(fmt::format(
        R"({{"deal": "{}", "task": "{}", "action": {{"text": "Said so."}}}})", s.deal, s.world.task_of(s.deal)));
    CHECK(refusal.code == Code::Problem_Code_UNKNOWN_OUTCOME);
    CHECK(refusal.violations.at(0).field == "action.outcome");
}

TEST_CASE("complete: credit goes to the doer, of a service's report to the assignee", "[domain][task]") {
    Situation s;
    const auto owner = s.world.deal_of(s.deal).owner_id;
    s.world.append(s.complete("REACHED", ""));
    CHECK(s.world.last<task::v1::TaskCompleted>().action().seller_id() == owner);
    const auto bob = s.world.add_seller("bob", R"(["HEAD"])");
    s.world.act_as(bob);
    s.world.append(s.complete("REACHED", ""));
    CHECK(s.world.last<task::v1::TaskCompleted>().action().seller_id() == bob);
    CHECK(s.world.last<task::v1::TaskPlanned>().assignee_id() == owner);
}
