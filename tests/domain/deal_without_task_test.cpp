#include <random>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "tests/domain/world.hpp"

using namespace dealog;
using namespace dealog::test;

namespace {

constexpr std::string_view no_rules = R"({"key": "nextTaskRules", "nextTaskRules": {}})";

/// A world in which no rule plans anything: every task has to be asked for.
struct Bare {
    World world;
    Bare() { world.done<settings::v1::ChangeSetting>(no_rules); }
    std::string deal = world.open_deal(
        R"(, "firstTask": {"type": "CALL", "title": "Ask about the budget", "dueAt": "2026-03-03T10:00:00Z"})");

    template <class Command>
    Rejection refused(std::string_view more) {
        return world.refused<Command>(fmt::format(R"({{"deal": "{}"{}}})", deal, more));
    }
    std::string task() { return world.task_of(deal); }
};

}  // namespace

TEST_CASE("R21: opening without a task is refused when no rule plans one", "[domain][r21]") {
    Bare b;
    const auto open = fmt::format(R"({{"title": "Ten lathes", "ownerId": "{}"}})", b.world.deal_of(b.deal).owner_id);
    const auto refusal = b.world.refused<deal::v1::OpenDeal>(open);
    CHECK(refusal.code == Code::Problem_Code_DEAL_WITHOUT_TASK);
    CHECK(refusal.violations.at(0).field == "firstTask");
}

TEST_CASE("R21: completing the last task needs a next one", "[domain][r21]") {
    Bare b;
    const auto complete = fmt::format(R"(, "task": "{}", "action": {{"outcome": "NOT_REACHED"}})", b.task());
    CHECK(b.refused<task::v1::CompleteTask>(complete).code == Code::Problem_Code_NEXT_STEP_REQUIRED);
}

TEST_CASE("R21: the last task is cancelled only with a next one", "[domain][r21]") {
    Bare b;
    const auto cancel = fmt::format(R"(, "task": "{}", "reason": "no")", b.task());
    const auto refusal = b.refused<task::v1::CancelTask>(cancel);
    CHECK(refusal.code == Code::Problem_Code_DEAL_WITHOUT_TASK);
    CHECK(refusal.violations.at(0).field == "next");
    const auto decision = b.world.done<task::v1::CancelTask>(fmt::format(
        R"({{"deal": "{}"{}, "next": {{"type": "EMAIL", "title": "Send the offer", "dueAt": "2026-03-04T10:00:00Z"}}}})",
        b.deal, cancel));
    CHECK(b.world.types(decision) == std::vector<std::string>{"TaskPlanned", "TaskCancelled"});
}

TEST_CASE("R21: one of two tasks is cancelled freely", "[domain][r21]") {
    Bare b;
    const auto first = b.task();
    b.world.done<task::v1::PlanTask>(fmt::format(
        R"({{"deal": "{}", "type": "TASK", "title": "Prepare the offer", "dueAt": "2026-03-05T10:00:00Z"}})", b.deal));
    b.world.done<task::v1::CancelTask>(fmt::format(R"({{"deal": "{}", "task": "{}", "reason": "no"}})", b.deal, first));
    CHECK(b.world.deal_of(b.deal).tasks.open.size() == 1);
}

TEST_CASE("R21: closing takes the tasks along, reopening needs one", "[domain][r21]") {
    Bare b;
    b.world.done<deal::v1::LoseDeal>(fmt::format(R"({{"deal": "{}", "reason": "price"}})", b.deal));
    CHECK(b.world.deal_of(b.deal).tasks.open.empty());
    CHECK(b.refused<deal::v1::ReopenDeal>(R"(, "reason": "came back")").code == Code::Problem_Code_DEAL_WITHOUT_TASK);
    const auto planning = fmt::format(R"(, "type": "CALL", "title": "Ask again", "dueAt": "2026-03-05T10:00:00Z")");
    CHECK(b.refused<task::v1::PlanTask>(planning).code == Code::Problem_Code_DEAL_CLOSED);
    const auto decision = b.world.done<deal::v1::ReopenDeal>(fmt::format(
        R"({{"deal": "{}", "reason": "came back",
            "firstTask": {{"type": "EMAIL", "title": "Send the offer", "dueAt": "2026-03-04T10:00:00Z"}}}})",
        b.deal));
    CHECK(b.world.types(decision) == std::vector<std::string>{"TaskPlanned", "DealReopened"});
}

TEST_CASE("R21: a transfer takes the tasks along, also from a seller who left", "[domain][r21]") {
    Bare b;
    const auto task = b.task();
    const auto bob = b.world.add_seller("bob");
    b.world.dismiss(b.world.deal_of(b.deal).owner_id);
    b.world.done<deal::v1::ChangeOwner>(
        fmt::format(R"({{"deal": "{}", "ownerId": "{}", "reason": "left"}})", b.deal, bob));
    CHECK(b.task() == task);
    CHECK(b.world.deal_of(b.deal).tasks.open.at(0).assignee_id == bob);
}

TEST_CASE("R21: updates, moves and new pipeline versions leave the tasks alone", "[domain][r21]") {
    Bare b;
    const auto task = b.task();
    b.world.done<deal::v1::UpdateDeal>(fmt::format(R"({{"deal": "{}", "title": "Nine lathes"}})", b.deal));
    b.world.done<deal::v1::MoveStage>(fmt::format(R"({{"deal": "{}", "stage": "offer"}})", b.deal));
    b.world.done<pipeline::v1::DefinePipeline>(R"({"key": "sales", "stages": [{"key": "only"}]})");
    b.world.done<deal::v1::MoveStage>(fmt::format(R"({{"deal": "{}", "stage": "only"}})", b.deal));
    CHECK(b.task() == task);
}

namespace {

/// Chooses among everything that can be asked of a deal, sensible or not.
class Chance {
public:
    explicit Chance(unsigned seed) : engine_{seed} {}

    std::size_t below(std::size_t n) { return engine_() % n; }
    bool heads() { return below(2) == 0; }
    template <std::size_t N>
    std::string_view one_of(const std::string_view (&values)[N]) {
        return values[below(N)];
    }
    std::string plan(World& world) {
        const auto due = world.now + std::chrono::hours{1 + static_cast<int>(below(200))} -
                         std::chrono::hours{below(10) == 0 ? 300 : 0};
        return fmt::format(R"({{"type": "{}", "title": "{}", "dueAt": "{}"}})",
                           one_of({"CALL", "EMAIL", "TASK", "FAX"}),
                           one_of({"Send the offer", "Ask about the price", "call"}), format_rfc3339(due));
    }

private:
    std::mt19937 engine_;
};

struct Play {
    World world;
    Chance chance;
    std::string ann;
    std::string bob;
    std::string deal;
    std::size_t accepted = 0;

    explicit Play(unsigned seed) : chance{seed} {
        ann = world.add_seller("ann");
        bob = world.add_seller("bob", R"(["HEAD"])");
        if (chance.heads()) world.done<settings::v1::ChangeSetting>(no_rules);
        deal = world
                   .done<deal::v1::OpenDeal>(fmt::format(
                       R"({{"title": "Ten lathes", "ownerId": "{}", "firstTask": {}}})", ann,
                       R"({"type": "CALL", "title": "Ask about the budget", "dueAt": "2026-03-03T10:00:00Z"})"))
                   .id;
    }
    template <class Command>
    void attempt(std::string_view more) {
        auto decided = world.when<Command>(fmt::format(R"({{"deal": "{}"{}}})", deal, more));
        if (!decided) return;
        ++accepted;
        world.append(std::move(decided));  // holds "no open deal without a task"
    }
    std::string some_task() {
        const auto& book = world.deal_of(deal).tasks;
        if (!book.open.empty() && chance.below(8) != 0) return book.open[chance.below(book.open.size())].id;
        return book.closed.empty() ? "nothing" : book.closed[chance.below(book.closed.size())];
    }
    std::string step() {
        const bool planned = chance.heads();
        switch (chance.below(5)) {
            case 0:
                return R"(, "win": {})";
            case 1:
                return R"(, "lose": {"reason": "price"})";
            case 2:
                return "";
            default:
                return planned ? fmt::format(R"(, "next": {})", chance.plan(world)) : std::string{};
        }
    }
    void turn() {
        world.now += std::chrono::minutes{chance.below(600)};
        switch (chance.below(10)) {
            case 0: {
                const auto plan = chance.plan(world);
                return attempt<task::v1::PlanTask>(", " + plan.substr(1, plan.size() - 2));
            }
            case 1:
            case 2:
            case 3:
                return attempt<task::v1::CompleteTask>(
                    fmt::format(R"(, "task": "{}", "action": {{"outcome": "{}", "text": "Said so."}}{})", some_task(),
                                chance.one_of({"NOT_REACHED", "REACHED", "CONTINUE", "REFUSED", "WON"}), step()));
            case 4:
                return attempt<task::v1::CancelTask>(
                    fmt::format(R"(, "task": "{}", "reason": "no"{})", some_task(),
                                chance.heads() ? fmt::format(R"(, "next": {})", chance.plan(world)) : ""));
            case 5:
                return attempt<deal::v1::MoveStage>(
                    fmt::format(R"(, "stage": "{}")", chance.one_of({"new", "offer", "contract", "nowhere"})));
            case 6:
                return chance.heads() ? attempt<deal::v1::WinDeal>("")
                                      : attempt<deal::v1::LoseDeal>(R"(, "reason": "price")");
            case 7:
                return attempt<deal::v1::ReopenDeal>(
                    fmt::format(R"(, "reason": "came back"{})",
                                chance.heads() ? fmt::format(R"(, "firstTask": {})", chance.plan(world)) : ""));
            case 8:
                return attempt<deal::v1::ChangeOwner>(
                    fmt::format(R"(, "ownerId": "{}", "reason": "load")", chance.heads() ? ann : bob));
            default:
                return attempt<deal::v1::UpdateDeal>(fmt::format(R"(, "title": "Lathes {}")", chance.below(3)));
        }
    }
};

}  // namespace

TEST_CASE("R21: 2000 random histories never leave an open deal without an open task", "[domain][r21]") {
    std::size_t accepted = 0;
    for (unsigned seed = 1; seed <= 2000; ++seed) {
        INFO("seed " << seed);
        Play play{seed};
        for (int i = 0; i < 12; ++i) play.turn();
        accepted += play.accepted;
        const auto& deal = play.world.deal_of(play.deal);
        CHECK(deal.is_open() != deal.tasks.open.empty());
    }
    CHECK(accepted > 8000);  // the histories do happen
}
