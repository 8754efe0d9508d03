#include <catch2/catch.hpp>

#include <chrono>
#include <random>

#include "projections/day_list/day_list.hpp"
#include "projections/day_list/day_list.pb.h"
#include "tests/projections/told_events.hpp"

namespace dealog::day_list {
namespace {

using namespace projections::testing;
using namespace std::chrono_literals;
using projections::Visibility;

v1::ListTasks day_of(std::string_view seller, const std::string& date) {
    v1::ListTasks request;
    if (!seller.empty()) request.set_seller(id_of(seller));
    request.set_date(date);
    return request;
}

TEST_CASE("day list: the filters cut the list, not the figures of the day") {
    History history;
    const auto projection = make();
    ReadModel model{*projection, history};
    history.append(joined("ann"));
    const Instant nine = instant("2024-03-05T09:00:00Z");
    history.append(planned(deal_stream("deal"), "call", "ann", nine, "CALL"));
    history.append(planned(deal_stream("deal"), "mail", "ann", nine + 1h, "EMAIL"));
    history.append(planned(deal_stream("deal"), "done call", "ann", nine + 2h, "CALL"));
    history.append(completed(deal_stream("deal"), "done call", "ann"));

    auto request = day_of("ann", "2024-03-05");
    request.set_type("CALL");
    CHECK(model.ask<v1::TaskList>(request).tasks_size() == 2);
    request.set_status(v1::TaskStatus::DONE);
    const auto done = model.ask<v1::TaskList>(request);
    REQUIRE(done.tasks_size() == 1);
    CHECK(done.tasks(0).outcome() == task::v1::Outcome::REACHED);
    CHECK(done.planned() == 3);
    CHECK(done.done() == 1);
}

TEST_CASE("day list: the outcome of a done task is the corrected one") {
    History history;
    const auto projection = make();
    ReadModel model{*projection, history};
    history.append(joined("ann"));
    history.append(planned(deal_stream("deal"), "call", "ann", instant("2024-03-05T09:00:00Z")));
    const auto as_told = history.append(completed(deal_stream("deal"), "call", "ann"));
    history.append(
        corrected(deal_stream("deal"), "call done", "ann", task::v1::Outcome::NOT_REACHED, "nobody answered"));
    const auto request = day_of("ann", "2024-03-05");
    CHECK(model.ask<v1::TaskList>(request).tasks(0).outcome() == task::v1::Outcome::NOT_REACHED);
    CHECK(model.ask<v1::TaskList>(request, {.as_of = as_told}).tasks(0).outcome() == task::v1::Outcome::REACHED);
}

TEST_CASE("day list: the seller is the caller when none is named, and nobody else's list shows") {
    History history;
    const auto projection = make();
    ReadModel model{*projection, history};
    history.append(joined("ann"));
    history.append(joined("bob"));
    const Asking ann{.seller = id_of("ann"), .visible = Visibility{.everything = false, .sellers = {id_of("ann")}}};
    CHECK(model.ask<v1::TaskList>(day_of({}, "2024-03-05"), ann).seller_id() == id_of("ann"));
    CHECK(model.try_ask<v1::TaskList>(day_of("bob", "2024-03-05"), ann).error().code == Code::Problem_Code_NOT_FOUND);
    CHECK(model.try_ask<v1::TaskList>(day_of("nobody", "2024-03-05")).error().code == Code::Problem_Code_NOT_FOUND);
    const auto service = model.try_ask<v1::TaskList>(day_of({}, "2024-03-05"));
    REQUIRE_FALSE(service.has_value());
    CHECK(service.error().violations.at(0).field == "seller");
}

TEST_CASE("day list: tasks move with their assignee when the deal passes to another seller") {
    History history;
    const auto projection = make();
    ReadModel model{*projection, history};
    history.append(joined("ann"));
    history.append(joined("bob"));
    history.append(opened({.deal = "deal", .owner = "ann"}));
    const Instant nine = instant("2024-03-05T09:00:00Z");
    history.append(planned(deal_stream("deal"), "done", "ann", nine));
    history.append(planned(deal_stream("deal"), "open", "ann", nine + 1h));
    const auto before = history.append(completed(deal_stream("deal"), "done", "ann"));
    history.append(passed("deal", "ann", "bob", {"open"}));
    history.append(rescheduled(deal_stream("deal"), "open", nine + 1h, nine + 2h));

    const auto ann = model.ask<v1::TaskList>(day_of("ann", "2024-03-05"));
    REQUIRE(ann.tasks_size() == 1);
    CHECK(ann.tasks(0).title() == "done");
    const auto bob = model.ask<v1::TaskList>(day_of("bob", "2024-03-05"));
    REQUIRE(bob.tasks_size() == 1);
    CHECK(bob.tasks(0).title() == "open");
    CHECK(bob.tasks(0).assignee_id() == id_of("bob"));
    CHECK(from_proto(bob.tasks(0).due_at()) == nine + 2h);
    CHECK(model.ask<v1::TaskList>(day_of("bob", "2024-03-05"), {.as_of = before}).tasks_size() == 0);
    CHECK(model.ask<v1::TaskList>(day_of("ann", "2024-03-05"), {.as_of = before}).tasks_size() == 2);
}

TEST_CASE("day list: pages of many sellers make the whole list, each task once") {
    History history;
    const auto projection = make();
    ReadModel model{*projection, history};
    std::mt19937 chance{7};
    for (const std::string seller : {"ann", "bob", "eve"}) history.append(joined(seller));
    const std::vector<std::string> sellers{"ann", "bob", "eve"};
    for (int i = 0; i < 150; ++i) {
        const Instant due = instant("2024-03-05T09:00:00Z") + chance() % 1000 * 1s;
        history.append(planned(deal_stream("deal"), "task" + std::to_string(i), sellers.at(chance() % 3), due));
    }
    v1::ListTasks request;
    request.set_page_size(1000);
    const auto whole = model.ask<v1::TaskList>(request);
    REQUIRE(whole.tasks_size() == 150);
    request.set_page_size(7);
    std::vector<std::string> paged;
    do {
        const auto page = model.ask<v1::TaskList>(request);
        CHECK(page.tasks_size() <= 7);
        for (const auto& task : page.tasks()) paged.push_back(task.id());
        request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    std::vector<std::string> expected;
    for (const auto& task : whole.tasks()) expected.push_back(task.id());
    CHECK(paged == expected);
    CHECK(std::ranges::is_sorted(whole.tasks(), {}, [](const auto& task) { return from_proto(task.due_at()); }));
}

TEST_CASE("day list: a token of another query is refused") {
    History history;
    const auto projection = make();
    ReadModel model{*projection, history};
    history.append(joined("ann"));
    history.append(planned(deal_stream("deal"), "one", "ann", instant("2024-03-05T09:00:00Z")));
    history.append(planned(deal_stream("deal"), "two", "ann", instant("2024-03-05T09:00:00Z")));
    v1::ListTasks request;
    request.set_page_size(1);
    const auto token = model.ask<v1::TaskList>(request).next_page_token();
    REQUIRE_FALSE(token.empty());
    request.set_type("CALL");
    request.set_page_token(token);
    CHECK(model.try_ask<v1::TaskList>(request).error().code == Code::Problem_Code_BAD_CURSOR);
}

/// Random appends about some tasks of some sellers.
class Chance {
public:
    explicit Chance(History& history) : history_(history) {
        for (const auto& seller : sellers_) history_.append(joined(seller, zones_.at(random(zones_.size()))));
        for (const auto& deal : deals_)
            history_.append(opened({.deal = deal, .owner = sellers_.at(0), .contact = "carl"}));
    }
    void append() {
        history_.set_clock(history_.now() + random(3600) * 1s);
        switch (random(8)) {
            case 0:
                history_.append(norms(1 + random(5), 6, 1, history_.now() + random(48) * 1h));
                break;
            case 1:
                history_.append(passed(any(deals_), any(sellers_), any(sellers_), {any_task(), any_task()}));
                break;
            case 2:
                history_.append(cancelled(any_stream(), any_task()));
                break;
            case 3: {
                const Instant due = history_.now() + random(72) * 1h;
                history_.append(rescheduled(any_stream(), any_task(), due, due));
                break;
            }
            case 4:
                history_.append(logged(any_stream(), "action" + std::to_string(history_.appends()), any(sellers_)));
                break;
            case 5:
                history_.append(completed_once());
                break;
            default: {
                const auto name = "task" + std::to_string(tasks_++);
                history_.append(planned(any_stream(), name, any(sellers_), history_.now() + random(72) * 1h));
            }
        }
    }
    [[nodiscard]] const std::vector<std::string>& sellers() const { return sellers_; }

private:
    std::uint32_t random(std::size_t bound) { return static_cast<std::uint32_t>(engine_() % bound); }
    const std::string& any(const std::vector<std::string>& of) { return of.at(random(of.size())); }
    std::string any_task() { return "task" + std::to_string(random(tasks_ + 1)); }
    std::string any_stream() { return random(4) == 0 ? contact_stream("carl") : deal_stream(any(deals_)); }
    /// An action is recorded once, whatever task it completes.
    Told completed_once() {
        auto event = completed(any_stream(), any_task(), any(sellers_));
        static_cast<task::v1::TaskCompleted&>(*event.event)
            .mutable_action()
            ->set_action_id(id_of(std::to_string(engine_())));
        return event;
    }

    History& history_;
    std::mt19937_64 engine_{20240304};
    std::uint32_t tasks_ = 0;
    const std::vector<std::string> sellers_{"ann", "bob", "eve"};
    const std::vector<std::string> deals_{"one", "two", "three"};
    const std::vector<std::string> zones_{"Asia/Tokyo", "America/New_York", ""};
};

TEST_CASE("R5: the day list as of any past position equals the answers given then") {
    History history;
    const auto projection = make();
    ReadModel model{*projection, history};
    Chance chance{history};
    std::vector<v1::ListTasks> questions{v1::ListTasks{}};
    for (const auto& seller : chance.sellers()) {
        for (const std::string date : {"2024-03-05", "2024-03-07"}) questions.push_back(day_of(seller, date));
    }
    struct Known {
        Position position;
        Instant at;
        std::vector<std::string> answers;
    };
    std::vector<Known> known;
    const auto answers = [&](Instant at, Position position) {
        std::vector<std::string> all;
        for (const auto& question : questions) {
            all.push_back(model.ask<v1::TaskList>(question, {.at = at, .as_of = position}).SerializeAsString());
        }
        return all;
    };
    for (int i = 0; i < 250; ++i) {
        chance.append();
        model.catch_up();
        known.push_back(
            {.position = history.head(), .at = history.now(), .answers = answers(history.now(), history.head())});
    }
    std::set<std::string> different;
    for (const auto& then : known) {
        REQUIRE(answers(then.at, then.position) == then.answers);
        different.insert(then.answers.back());
    }
    CHECK(different.size() > 50);
}

TEST_CASE("R27: a seller's day among 200 deals and 5,000 old tasks reads only that day") {
    History history;
    const auto projection = make();
    ReadModel model{*projection, history};
    history.append(joined("ann"));
    for (int deal = 0; deal < 200; ++deal) {
        std::vector<Told> events;
        const auto stream = deal_stream("deal" + std::to_string(deal));
        events.push_back(opened({.deal = "deal" + std::to_string(deal), .owner = "ann"}));
        for (int i = 0; i < 25; ++i) {
            const auto name = std::to_string(deal) + "/" + std::to_string(i);
            events.push_back(planned(stream, name, "ann", instant("2024-03-05T09:00:00Z") + i * 24h));
            events.push_back(completed(stream, name, "ann"));
        }
        events.push_back(
            planned(stream, "open" + std::to_string(deal), "ann", instant("2024-04-01T09:00:00Z") + deal * 6h));
        history.append(std::move(events));
    }
    model.catch_up();
    const auto begin = std::chrono::steady_clock::now();
    constexpr int rounds = 20;
    for (int i = 0; i < rounds; ++i) {
        REQUIRE(model.ask<v1::TaskList>(day_of("ann", "2024-04-02")).tasks_size() == 4);
    }
    CHECK((std::chrono::steady_clock::now() - begin) / rounds < 20ms);
}

}  // namespace
}  // namespace dealog::day_list
