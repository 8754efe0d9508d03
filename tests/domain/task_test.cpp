#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "tests/domain/world.hpp"

using namespace dealog;
using namespace dealog::test;
using Names = std::vector<std::string>;

namespace {

domain::Decided plan(World& world, const std::string& deal, std::string_view type, std::string_view title,
                     std::string_view due = "2026-03-05T10:00:00Z", std::string_view more = "") {
    return world.when<task::v1::PlanTask>(
        fmt::format(R"({{"deal": "{}", "type": "{}", "title": "{}", "dueAt": "{}"{}}})", deal, type, title, due, more));
}

Code code(domain::Decided decided) { return World::refusal(std::move(decided)).code; }

}  // namespace

TEST_CASE("R14: a task is planned for a definite time in the future", "[domain][task]") {
    World world;
    const auto deal = world.open_deal();
    const auto planned = world.append(plan(world, deal, "EMAIL", "Send the offer"));
    CHECK(planned.created);
    CHECK(planned.id == world.last<task::v1::TaskPlanned>().task_id());
    CHECK(world.deal_of(deal).tasks.open.size() == 2);
    for (const char* due : {"2026-03-02T09:00:00Z", "2026-03-02T08:59:59Z", "2017-01-01T00:00:00Z"}) {
        const auto refusal = World::refusal(plan(world, deal, "CALL", "Ask about the budget", due));
        CHECK(refusal.code == Code::Problem_Code_DUE_IN_PAST);
        CHECK(refusal.violations.at(0).field == "dueAt");
    }
}

TEST_CASE("R14: a task is about exactly one deal, company or contact", "[domain][task]") {
    World world;
    const auto deal = world.open_deal();
    const auto rest = R"("type": "CALL", "title": "Ask about the budget", "dueAt": "2026-03-05T10:00:00Z")";
    CHECK(world.refused<task::v1::PlanTask>(fmt::format("{{{}}}", rest)).code == Code::Problem_Code_INVALID_FIELD);
    const auto two = fmt::format(R"({{"deal": "{}", "contact": "x", {}}})", deal, rest);
    CHECK(world.refused<task::v1::PlanTask>(two).code == Code::Problem_Code_INVALID_FIELD);
    const auto nowhere = fmt::format(R"({{"deal": "no-such", {}}})", rest);
    CHECK(world.refused<task::v1::PlanTask>(nowhere).code == Code::Problem_Code_NOT_FOUND);
}

TEST_CASE("R15: tasks of a company and a contact are theirs and do not stand in for a deal's", "[domain][task]") {
    World world;
    const auto deal = world.open_deal();
    const auto company = world.done<company::v1::RegisterCompany>(R"({"name": "Lathe Ltd"})").id;
    const auto contact = world.done<contact::v1::RegisterContact>(R"({"personal": {"fullName": "Bob"}})").id;
    const auto owner = world.deal_of(deal).owner_id;
    const auto rest = fmt::format(R"("type": "CALL", "title": "Ask who decides", "dueAt": "2026-03-05T10:00:00Z",
                                     "assigneeId": "{}")",
                                  owner);
    const auto of_company = world.done<task::v1::PlanTask>(fmt::format(R"({{"company": "{}", {}}})", company, rest));
    const auto of_contact = world.done<task::v1::PlanTask>(fmt::format(R"({{"contact": "{}", {}}})", contact, rest));
    CHECK(of_company.stream == company::stream_of(company));
    CHECK(of_contact.stream == contact::stream_of(contact));
    CHECK(world.company(company)->tasks.open.size() == 1);
    CHECK(world.contact(contact)->tasks.open.size() == 1);
    const auto cancel = fmt::format(R"({{"deal": "{}", "task": "{}", "reason": "no"}})", deal, world.task_of(deal));
    CHECK(world.refused<task::v1::CancelTask>(cancel).code == Code::Problem_Code_DEAL_WITHOUT_TASK);
    // Theirs may be the last one.
    world.done<task::v1::CancelTask>(
        fmt::format(R"({{"company": "{}", "task": "{}", "reason": "no"}})", company, of_company.id));
    CHECK(world.company(company)->tasks.open.empty());
}

TEST_CASE("R15: a task of a contact is completed with or without a next one, never won or lost", "[domain][task]") {
    World world;
    const auto owner = world.add_seller("ann");
    const auto contact = world.done<contact::v1::RegisterContact>(fmt::format(R"({{"ownerId": "{}"}})", owner)).id;
    const auto task =
        world
            .done<task::v1::PlanTask>(fmt::format(
                R"({{"contact": "{}", "type": "CALL", "title": "Ask who decides", "dueAt": "2026-03-05T10:00:00Z"}})",
                contact))
            .id;
    CHECK(world.last<task::v1::TaskPlanned>().assignee_id() == owner);
    const auto complete = [&](std::string_view outcome, std::string_view step) {
        return world.when<task::v1::CompleteTask>(
            fmt::format(R"({{"contact": "{}", "task": "{}", "action": {{"outcome": "{}", "text": "He decides."}}{}}})",
                        contact, task, outcome, step));
    };
    CHECK(code(complete("WON", R"(, "win": {})")) == Code::Problem_Code_OUTCOME_CONTRADICTS_STEP);
    CHECK(code(complete("WON", "")) == Code::Problem_Code_OUTCOME_CONTRADICTS_STEP);
    CHECK(code(complete("REFUSED", R"(, "lose": {"reason": "price"})")) == Code::Problem_Code_OUTCOME_CONTRADICTS_STEP);
    CHECK(world.types(world.append(complete("REACHED", ""))) == Names{"TaskCompleted"});
    CHECK(world.last<task::v1::TaskCompleted>().subject() == "contact-" + contact);
}

TEST_CASE("R16: the six task types exist, another one only after an administrator added it", "[domain][task]") {
    World world;
    const auto deal = world.open_deal();
    for (const char* type : {"CALL", "EMAIL", "MESSENGER", "LINKEDIN", "MEETING", "TASK"}) {
        CHECK(plan(world, deal, type, "Prepare the offer").has_value());
    }
    const auto refusal = World::refusal(plan(world, deal, "FAX", "Fax the offer"));
    CHECK(refusal.code == Code::Problem_Code_UNKNOWN_TASK_TYPE);
    CHECK(refusal.violations.at(0).field == "type");
    world.done<settings::v1::ChangeSetting>(R"({"key": "taskTypes", "taskTypes": {"types": [
        {"key": "CALL", "communication": true}, {"key": "FAX", "communication": true}]}})");
    CHECK(plan(world, deal, "FAX", "Fax the offer").has_value());
}

TEST_CASE("R16: an action of a task has the task's type unless it says another one that exists", "[domain][task]") {
    World world;
    const auto deal = world.open_deal();
    const auto complete = [&](std::string_view type) {
        return world.when<task::v1::CompleteTask>(
            fmt::format(R"({{"deal": "{}", "task": "{}", "action": {{"outcome": "NOT_REACHED"{}}}}})", deal,
                        world.task_of(deal), type));
    };
    CHECK(code(complete(R"(, "type": "FAX")")) == Code::Problem_Code_UNKNOWN_TASK_TYPE);
    const auto by_default = complete("");
    REQUIRE(by_default.has_value());
    world.append(complete(R"(, "type": "EMAIL")"));
    CHECK(world.last<task::v1::TaskCompleted>().action().type() == "EMAIL");
}

TEST_CASE("R17: the type TASK is not communication", "[domain][settings]") {
    World world;
    const auto& types = world.settings().task_types(world.now).types();
    REQUIRE(types.size() == 6);
    for (const auto& type : types) CHECK(type.communication() == (type.key() != "TASK"));
}

TEST_CASE("R19: a title says what the task is about", "[domain][task]") {
    World world;
    const auto deal = world.open_deal();
    for (const char* title : {"звонок", "  ЗВОНОК ", "Позвонить", "ВСТРЕЧА", "Call", " call", "To  Do", "abcd", "ёж"}) {
        INFO(title);
        const auto refusal = World::refusal(plan(world, deal, "CALL", title));
        CHECK(refusal.code == Code::Problem_Code_TITLE_NOT_DESCRIPTIVE);
        CHECK(refusal.violations.at(0).field == "title");
    }
    for (const char* title : {"звонок по договору", "Call about the price", "Ёлки и станки"}) {
        INFO(title);
        CHECK(plan(world, deal, "CALL", title).has_value());
    }
}

TEST_CASE("R19: the stop list is a setting, and completing is held to the one in force", "[domain][task]") {
    World world;
    const auto deal = world.open_deal();
    const auto task = world.append(plan(world, deal, "CALL", "Обсудить ЦЕНУ")).id;
    const auto complete = fmt::format(
        R"({{"deal": "{}", "task": "{}", "action": {{"outcome": "REACHED", "text": "Dear."}}}})", deal, task);
    CHECK(world.when<task::v1::CompleteTask>(complete).has_value());
    world.done<settings::v1::ChangeSetting>(
        R"({"key": "titleStopList", "titleStopList": {"words": ["обсудить цену"], "minLength": 3}})");
    CHECK(world.refused<task::v1::CompleteTask>(complete).code == Code::Problem_Code_TITLE_NOT_DESCRIPTIVE);
    CHECK(plan(world, deal, "CALL", "звонок").has_value());
}

TEST_CASE("R19: what was said is on record unless nobody was reached", "[domain][task]") {
    World world;
    const auto deal = world.open_deal();
    const auto complete = [&](std::string_view action) {
        return world.when<task::v1::CompleteTask>(
            fmt::format(R"({{"deal": "{}", "task": "{}", "action": {}}})", deal, world.task_of(deal), action));
    };
    const auto refusal = World::refusal(complete(R"({"outcome": "REACHED"})"));
    CHECK(refusal.code == Code::Problem_Code_RESULT_MISSING);
    CHECK(refusal.violations.at(0).field == "action.text");
    CHECK(code(complete(R"({"outcome": "CONTINUE", "text": "  \n "})")) == Code::Problem_Code_RESULT_MISSING);
    CHECK(complete(R"({"outcome": "REACHED", "text": "Wants two."})").has_value());
    CHECK(complete(R"({"outcome": "REACHED", "contentId": "00000000-0000-7000-8000-000000000001"})").has_value());
    CHECK(complete(R"({"outcome": "NOT_REACHED"})").has_value());
}

TEST_CASE("R26: rescheduling keeps the due time as planned first", "[domain][task]") {
    World world;
    const auto deal = world.open_deal(
        R"(, "firstTask": {"type": "CALL", "title": "Ask about the budget", "dueAt": "2026-03-03T10:00:00Z"})");
    const auto task = world.task_of(deal);
    for (const char* due : {"2026-03-04T10:00:00Z", "2026-03-05T10:00:00Z", "2026-03-06T10:00:00Z"}) {
        world.done<task::v1::RescheduleTask>(
            fmt::format(R"({{"deal": "{}", "task": "{}", "dueAt": "{}", "reason": "asked to"}})", deal, task, due));
    }
    CHECK(from_proto(world.last<task::v1::TaskRescheduled>().from_due_at()) == at("2026-03-05T10:00:00Z"));
    world.done<task::v1::CompleteTask>(
        fmt::format(R"({{"deal": "{}", "task": "{}", "action": {{"outcome": "NOT_REACHED"}}}})", deal, task));
    const auto& completed = world.last<task::v1::TaskCompleted>();
    CHECK(from_proto(completed.due_at()) == at("2026-03-06T10:00:00Z"));
    CHECK(from_proto(completed.original_due_at()) == at("2026-03-03T10:00:00Z"));
}

TEST_CASE("task: rescheduling to the same moment changes nothing, into the past is refused", "[domain][task]") {
    World world;
    const auto deal = world.open_deal();
    const auto due = format_rfc3339(world.deal_of(deal).tasks.open.front().due_at);
    const auto move = [&](std::string_view to) {
        return world.when<task::v1::RescheduleTask>(
            fmt::format(R"({{"deal": "{}", "task": "{}", "dueAt": "{}"}})", deal, world.task_of(deal), to));
    };
    CHECK(world.append(move(due)).events.empty());
    CHECK(code(move("2026-03-02T08:00:00Z")) == Code::Problem_Code_DUE_IN_PAST);
}

TEST_CASE("task: a done or cancelled task is closed, another one's id is not found", "[domain][task]") {
    World world;
    const auto deal = world.open_deal();
    const auto task = world.task_of(deal);
    const auto complete =
        fmt::format(R"({{"deal": "{}", "task": "{}", "action": {{"outcome": "NOT_REACHED"}}}})", deal, task);
    world.done<task::v1::CompleteTask>(complete);
    CHECK(world.refused<task::v1::CompleteTask>(complete).code == Code::Problem_Code_TASK_CLOSED);
    const auto other = world.open_deal();
    const auto foreign = fmt::format(R"({{"deal": "{}", "task": "{}", "reason": "no"}})", other, task);
    CHECK(world.refused<task::v1::CancelTask>(foreign).code == Code::Problem_Code_NOT_FOUND);
}

TEST_CASE("task: an assignee is an active seller, by default the owner", "[domain][task]") {
    World world;
    const auto deal = world.open_deal();
    world.append(plan(world, deal, "CALL", "Ask about the budget"));
    CHECK(world.last<task::v1::TaskPlanned>().assignee_id() == world.deal_of(deal).owner_id);
    const auto bob = world.add_seller("bob");
    const auto to_bob = fmt::format(R"(, "assigneeId": "{}")", bob);
    CHECK(plan(world, deal, "CALL", "Ask about the budget", "2026-03-05T10:00:00Z", to_bob).has_value());
    world.dismiss(bob);
    CHECK(code(plan(world, deal, "CALL", "Ask about the budget", "2026-03-05T10:00:00Z", to_bob)) ==
          Code::Problem_Code_SELLER_INACTIVE);
    CHECK(code(plan(world, deal, "CALL", "Ask about the budget", "2026-03-05T10:00:00Z",
                    R"(, "assigneeId": "nobody")")) == Code::Problem_Code_UNKNOWN_REFERENCE);
}

TEST_CASE("task: an id made by the client is used once, also across deals", "[domain][task]") {
    World world;
    const auto id = R"(, "id": "00000000-0000-7000-8000-0000000000aa")";
    const auto deal = world.open_deal();
    const auto other = world.open_deal();
    world.append(plan(world, deal, "CALL", "Ask about the budget", "2026-03-05T10:00:00Z", id));
    for (const auto& where : {deal, other}) {
        CHECK(code(plan(world, where, "CALL", "Ask about the budget", "2026-03-05T10:00:00Z", id)) ==
              Code::Problem_Code_ALREADY_EXISTS);
    }
}
