#include "projections/day_list/day_list.hpp"

#include <catch2/catch.hpp>

#include <set>

#include "base/zone.hpp"
#include "projections/day_list/day_list.pb.h"
#include "tests/projections/told_events.hpp"

namespace dealog::day_list {
namespace {

using namespace projections::testing;
using namespace std::chrono_literals;
using projections::Visibility;

/// A department and its day list. Its first day is Monday, 2024-03-04.
struct Department {
    History history;
    std::unique_ptr<projections::Projection> projection = make();
    ReadModel model{*projection, history};

    explicit Department(const std::vector<std::string>& sellers = {"ann", "bob"}) {
        for (const auto& seller : sellers) history.append(joined(seller));
    }

    /// `count` tasks of a seller, due one after another from `first` on. Returns their names.
    std::vector<std::string> plan(std::string_view seller, int count, Instant first,
                                  const std::string& prefix = "task") {
        std::vector<std::string> names;
        std::vector<Told> events;
        for (int i = 0; i < count; ++i) {
            names.push_back(prefix + std::to_string(i));
            events.push_back(planned(deal_stream("deal"), names.back(), seller, first + i * 1s));
        }
        if (!events.empty()) history.append(std::move(events));
        return names;
    }
    void complete(const std::string& task, std::string_view seller) {
        history.append(completed(deal_stream("deal"), task, seller));
    }

    v1::TaskList day(std::string_view seller, const std::string& date, Asking asking = {}) {
        v1::ListTasks request;
        request.set_seller(id_of(seller));
        request.set_date(date);
        return model.ask<v1::TaskList>(request, asking);
    }
};

std::vector<std::string> titles(const v1::TaskList& list) {
    std::vector<std::string> found;
    for (const auto& task : list.tasks()) found.push_back(task.title());
    return found;
}

using Titles = std::vector<std::string>;

TEST_CASE("R9: around midnight each task is in exactly one day, that of its seller's zone") {
    Department department{{}};
    department.history.append(joined("vladivostok", "Asia/Vladivostok"));
    department.history.append(joined("honolulu", "Pacific/Honolulu"));
    const Instant midnight = instant("2024-03-06T14:00:00Z");  // in Vladivostok; 04:00 in Honolulu
    for (const std::string seller : {"vladivostok", "honolulu"}) {
        for (int half_hour = -60; half_hour <= 60; ++half_hour) {
            const Instant due = midnight + half_hour * 30min;
            department.history.append(planned(deal_stream("deal"), seller + format_rfc3339(due), seller, due));
        }
    }
    for (const std::string seller : {"vladivostok", "honolulu"}) {
        const auto zone = *Zone::find(seller == "vladivostok" ? "Asia/Vladivostok" : "Pacific/Honolulu");
        std::multiset<std::string> seen;
        for (const std::string date : {"2024-03-04", "2024-03-05", "2024-03-06", "2024-03-07", "2024-03-08"}) {
            const auto day = department.day(seller, date);
            for (const auto& task : day.tasks()) {
                CHECK(format_date(zone.local_date(from_proto(task.due_at()))) == date);
                seen.insert(task.id());
            }
        }
        CHECK(seen.size() == 121);
        CHECK(std::set(seen.begin(), seen.end()).size() == 121);
    }
    CHECK(department.day("vladivostok", "2024-03-07").tasks(0).due_at().seconds() == midnight.time_since_epoch() / 1s);
    CHECK(department.day("vladivostok", "2024-03-07").time_zone() == "Asia/Vladivostok");
}

TEST_CASE("R9: a seller without a zone has the workspace's days") {
    Department department;
    department.history.append(locale("Asia/Tokyo"));
    department.plan("ann", 1, instant("2024-03-05T15:00:00Z"));
    CHECK(department.day("ann", "2024-03-05").tasks_size() == 0);
    CHECK(department.day("ann", "2024-03-06").tasks_size() == 1);
    CHECK(department.day("ann", "2024-03-06").time_zone() == "Asia/Tokyo");
}

TEST_CASE("R9: the list is in order of due time, then type, then id, done or not") {
    Department department;
    const Instant nine = instant("2024-03-05T09:00:00Z");
    department.history.append(planned(deal_stream("deal"), "late mail", "ann", nine + 1h, "EMAIL"));
    department.history.append(planned(deal_stream("deal"), "mail", "ann", nine, "EMAIL"));
    department.history.append(planned(deal_stream("deal"), "meeting", "ann", nine, "MEETING"));
    department.history.append(planned(deal_stream("deal"), "call", "ann", nine, "CALL"));
    department.complete("mail", "ann");
    CHECK(titles(department.day("ann", "2024-03-05")) == Titles{"call", "mail", "meeting", "late mail"});
}

TEST_CASE("R9: a rescheduled task leaves its day for another, a cancelled one leaves the list, both stay in history") {
    Department department;
    const Instant nine = instant("2024-03-05T09:00:00Z");
    department.plan("ann", 3, nine);
    const auto before = department.history.head();
    department.history.append(rescheduled(deal_stream("deal"), "task0", nine, nine + 24h, "asked to"));
    department.history.append(cancelled(deal_stream("deal"), "task1"));
    CHECK(titles(department.day("ann", "2024-03-05")) == Titles{"task2"});
    const auto next_day = department.day("ann", "2024-03-06");
    REQUIRE(titles(next_day) == Titles{"task0"});
    CHECK(next_day.tasks(0).reschedules() == 1);
    CHECK(from_proto(next_day.tasks(0).original_due_at()) == nine);
    CHECK(department.day("ann", "2024-03-05", {.as_of = before}).tasks_size() == 3);
}

TEST_CASE("R10: 29, 30, 40 and 41 planned tasks are under, ok, ok and over the norm") {
    const auto [count, verdict, shortfall] = GENERATE(
        table<int, std::string, std::uint32_t>({{29, "under", 1}, {30, "ok", 0}, {40, "ok", 0}, {41, "over", 0}}));
    Department department;
    department.plan("ann", count, instant("2024-03-05T09:00:00Z"));
    const auto day = department.day("ann", "2024-03-05");
    CHECK(day.norm().min() == 30);
    CHECK(day.norm().max() == 40);
    CHECK(day.planned() == static_cast<std::uint32_t>(count));
    CHECK(day.norm().verdict() == verdict);
    CHECK(day.shortfall() == shortfall);
}

TEST_CASE("R10: a norm that changes tomorrow does not move yesterday's verdict") {
    Department department;
    department.history.append(norms(30, 40, 30, instant("2024-03-04T00:00:00Z")));
    department.plan("ann", 30, instant("2024-03-05T09:00:00Z"), "tuesday");
    department.plan("ann", 30, instant("2024-03-06T09:00:00Z"), "wednesday");
    department.history.append(norms(35, 45, 30, instant("2024-03-06T00:00:00Z")));
    CHECK(department.day("ann", "2024-03-05").norm().verdict() == "ok");
    CHECK(department.day("ann", "2024-03-06").norm().verdict() == "under");
    CHECK(department.day("ann", "2024-03-06").shortfall() == 5);
}

TEST_CASE("R11: executed actions and planned tasks are counted apart, each against its own norm") {
    Department department;
    const Instant nine = instant("2024-03-05T09:00:00Z");
    const auto tasks = department.plan("ann", 35, nine);
    department.history.set_clock(nine);
    for (std::size_t i = 0; i < 30; ++i) department.complete(tasks[i], "ann");
    department.history.append(logged(contact_stream("carl"), "unplanned", "ann"));
    const auto day = department.day("ann", "2024-03-05");
    CHECK(day.actions_done() == 31);
    CHECK(day.actions_norm() == 30);
    CHECK(day.planned() == 35);
    CHECK(day.done() == 30);
    CHECK(department.day("bob", "2024-03-05").actions_done() == 0);
    CHECK(department.day("ann", "2024-03-04").actions_done() == 0);
}

TEST_CASE("R6: an action entered late is excluded from the norm of its day") {
    Department department;
    department.history.set_clock(instant("2024-03-08T09:00:00Z"));
    const Instant tuesday = instant("2024-03-05T09:00:00Z");
    department.history.append(logged(deal_stream("deal"), "in time", "ann").at(tuesday));
    department.history.append(logged(deal_stream("deal"), "late", "ann").late(tuesday));
    CHECK(department.day("ann", "2024-03-05").actions_done() == 1);
    CHECK(department.day("ann", "2024-03-08").actions_done() == 0);
}

TEST_CASE("R12: the day's plan is open until the last task is done") {
    Department department;
    const Instant nine = instant("2024-03-05T09:00:00Z");
    const auto tasks = department.plan("ann", 4, nine);
    department.history.set_clock(nine);
    department.history.append(cancelled(deal_stream("deal"), tasks[3]));
    department.complete(tasks[0], "ann");
    department.complete(tasks[1], "ann");
    CHECK(department.day("ann", "2024-03-05").day_plan() == v1::DayPlan::OPEN);
    department.complete(tasks[2], "ann");
    CHECK(department.day("ann", "2024-03-05").day_plan() == v1::DayPlan::COMPLETED);
}

TEST_CASE("R12: a day that ended with an open task is missed, also when the task is done later") {
    Department department;
    const Instant nine = instant("2024-03-05T09:00:00Z");
    const auto tasks = department.plan("ann", 2, nine);
    department.history.set_clock(nine);
    department.complete(tasks[0], "ann");
    const Instant day_end = instant("2024-03-06T00:00:00Z");
    CHECK(department.day("ann", "2024-03-05", {.at = day_end - 1ns}).day_plan() == v1::DayPlan::OPEN);
    CHECK(department.day("ann", "2024-03-05", {.at = day_end}).day_plan() == v1::DayPlan::MISSED);
    department.history.set_clock(day_end + 1h);
    department.complete(tasks[1], "ann");
    const auto day = department.day("ann", "2024-03-05");
    CHECK(day.done() == 2);
    CHECK(day.day_plan() == v1::DayPlan::MISSED);
}

TEST_CASE("R12: a task moved to another day does not count against the day it left") {
    Department department;
    const Instant nine = instant("2024-03-05T09:00:00Z");
    const auto tasks = department.plan("ann", 2, nine);
    department.history.set_clock(nine);
    department.complete(tasks[0], "ann");
    department.history.append(rescheduled(deal_stream("deal"), tasks[1], nine + 1s, nine + 24h));
    CHECK(department.day("ann", "2024-03-05").day_plan() == v1::DayPlan::COMPLETED);
    CHECK(department.day("ann", "2024-03-06").day_plan() == v1::DayPlan::OPEN);
}

TEST_CASE("R12: a day without tasks is open while it lasts and completed after") {
    Department department;
    const Instant day_end = instant("2024-03-05T00:00:00Z");
    CHECK(department.day("ann", "2024-03-04", {.at = day_end - 1ns}).day_plan() == v1::DayPlan::OPEN);
    CHECK(department.day("ann", "2024-03-04", {.at = day_end}).day_plan() == v1::DayPlan::COMPLETED);
}

TEST_CASE("R15: a contact's task names the open deals of the contact that the caller may see") {
    Department department;
    department.history.append(opened({.deal = "first", .owner = "ann", .company = "acme", .contact = "carl"}));
    department.history.append(opened({.deal = "second", .owner = "bob", .contact = "carl"}));
    department.history.append(opened({.deal = "closed", .owner = "ann", .contact = "carl"}));
    department.history.append(won("closed"));
    department.history.append(opened({.deal = "other", .owner = "ann", .contact = "dora"}));
    const Instant nine = instant("2024-03-05T09:00:00Z");
    department.history.append(planned(contact_stream("carl"), "ask carl", "ann", nine));
    department.history.append(planned(company_stream("acme"), "ask acme", "ann", nine + 1h));

    const auto related = [](const v1::TaskView& task) {
        return std::set<std::string>(task.related_deal_ids().begin(), task.related_deal_ids().end());
    };
    auto day = department.day("ann", "2024-03-05");
    REQUIRE(titles(day) == Titles{"ask carl", "ask acme"});
    CHECK(day.tasks(0).contact_id() == id_of("carl"));
    CHECK(day.tasks(0).deal_id().empty());
    CHECK(related(day.tasks(0)) == std::set{id_of("first"), id_of("second")});
    CHECK(related(day.tasks(1)) == std::set{id_of("first")});

    day = department.day("ann", "2024-03-05", {.visible = Visibility{.everything = false, .sellers = {id_of("ann")}}});
    CHECK(related(day.tasks(0)) == std::set{id_of("first")});

    department.history.append(reopened("closed", "ann", "new"));
    department.history.append(passed("first", "ann", "bob"));
    day = department.day("ann", "2024-03-05", {.visible = Visibility{.everything = false, .sellers = {id_of("ann")}}});
    CHECK(related(day.tasks(0)) == std::set{id_of("closed")});
    CHECK(related(department.day("ann", "2024-03-05").tasks(0)) ==
          std::set{id_of("first"), id_of("second"), id_of("closed")});
}

TEST_CASE("R17: inner work is no communication, every other type is, as set when it was planned") {
    Department department;
    const Instant nine = instant("2024-03-05T09:00:00Z");
    department.history.append(planned(deal_stream("deal"), "call", "ann", nine, "CALL"));
    department.history.append(planned(deal_stream("deal"), "papers", "ann", nine + 1h, "TASK"));
    settings::v1::SettingChanged changed;
    changed.set_key("taskTypes");
    changed.mutable_value()->mutable_task_types()->add_types()->set_key("CALL");
    department.history.append("settings", changed);
    department.history.append(planned(deal_stream("deal"), "later call", "ann", nine + 2h, "CALL"));
    const auto day = department.day("ann", "2024-03-05");
    REQUIRE(day.tasks_size() == 3);
    CHECK_FALSE(day.tasks(1).communication());
    CHECK_FALSE(day.tasks(2).communication());
}

TEST_CASE("R24: without a date the overdue tasks of all visible sellers are listed, oldest first") {
    Department department{{"ann", "bob", "eve"}};
    const Instant nine = instant("2024-03-05T09:00:00Z");
    department.history.append(planned(deal_stream("deal"), "a1", "ann", nine));
    department.history.append(planned(deal_stream("deal"), "b1", "bob", nine + 1h));
    department.history.append(planned(deal_stream("deal"), "e1", "eve", nine + 2h));
    department.history.append(planned(deal_stream("deal"), "a2", "ann", nine + 3h));
    department.history.append(planned(deal_stream("deal"), "b2", "bob", nine + 30h));
    department.history.append(planned(deal_stream("deal"), "b3", "bob", nine - 1h));
    department.complete("b3", "bob");

    v1::ListTasks request;
    request.set_status(v1::TaskStatus::OVERDUE);
    const Asking head{.seller = id_of("eve"),
                      .visible = Visibility{.everything = false, .sellers = {id_of("ann"), id_of("bob")}},
                      .at = nine + 10h};
    const auto overdue = department.model.ask<v1::TaskList>(request, head);
    CHECK(titles(overdue) == Titles{"a1", "b1", "a2"});
    CHECK(overdue.tasks(0).status() == "OVERDUE");
    request.set_status(v1::TaskStatus::OPEN);
    CHECK(titles(department.model.ask<v1::TaskList>(request, head)) == Titles{"b2"});
    request.set_status(v1::TaskStatus::DONE);
    CHECK(titles(department.model.ask<v1::TaskList>(request, head)) == Titles{"b3"});
    request.clear_status();
    CHECK(titles(department.model.ask<v1::TaskList>(request, head)) == Titles{"a1", "b1", "a2", "b2"});
    CHECK(titles(department.model.ask<v1::TaskList>(request, {.at = nine})) == Titles{"a1", "b1", "e1", "a2", "b2"});
}

TEST_CASE("R24: a task is overdue from the instant after its due time on") {
    Department department;
    const Instant nine = instant("2024-03-05T09:00:00Z");
    department.plan("ann", 1, nine);
    CHECK(department.day("ann", "2024-03-05", {.at = nine}).tasks(0).status() == "OPEN");
    CHECK(department.day("ann", "2024-03-05", {.at = nine + 1ns}).tasks(0).status() == "OVERDUE");
}

}  // namespace
}  // namespace dealog::day_list
