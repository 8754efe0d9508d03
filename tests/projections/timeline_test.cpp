#include <catch2/catch.hpp>

#include <random>
#include <set>

#include "projections/deals/deals.hpp"
#include "projections/deals/deals.pb.h"
#include "tests/projections/told_events.hpp"

namespace dealog::deals {
namespace {

using namespace projections::testing;
using namespace std::chrono_literals;
using dealog::v1::PersonalState;

v1::Timeline timeline_of(ReadModel& model, std::string_view deal, const Asking& asking = {}) {
    v1::ShowTimeline request;
    request.set_deal(id_of(deal));
    return model.ask<v1::Timeline>(request, asking);
}

TEST_CASE("R26: a task's slips stay visible with the due time it had first") {
    History history;
    const auto projection = make();
    ReadModel model{*projection, history};
    const Instant nine = instant("2024-03-05T09:00:00Z");
    history.append(opened({.deal = "deal", .owner = "ann"}));
    history.append(planned(deal_stream("deal"), "call", "ann", nine));
    for (int slip = 0; slip < 3; ++slip) {
        history.append(rescheduled(deal_stream("deal"), "call", nine + slip * 24h, nine + (slip + 1) * 24h, "no time"));
    }
    v1::GetDeal request;
    request.set_deal(id_of("deal"));
    const auto task = model.ask<v1::DealCard>(request).open_tasks(0);
    CHECK(task.reschedules() == 3);
    CHECK(from_proto(task.original_due_at()) == nine);
    CHECK(from_proto(task.due_at()) == nine + 72h);
    const auto timeline = timeline_of(model, "deal");
    REQUIRE(timeline.entries_size() == 5);
    CHECK(timeline.entries(2).from() == "2024-03-05T09:00:00Z");
    CHECK(timeline.entries(2).to() == "2024-03-06T09:00:00Z");
    CHECK(timeline.entries(4).text() == "no time");
    CHECK(timeline.entries(4).title() == "call");
}

TEST_CASE("R6: a correction stands beside the original, which is marked from then on") {
    History history;
    const auto projection = make();
    ReadModel model{*projection, history};
    const auto stream = deal_stream("deal");
    history.append(opened({.deal = "deal", .owner = "ann"}));
    const auto as_told = history.append(logged(stream, "call", "ann", "they agreed"));
    history.append(logged(stream, "other call", "ann", "something else"));
    const auto once = history.append(corrected(stream, "call", "ann", task::v1::Outcome::NOT_REACHED, "wrong deal"));
    history.append(corrected(stream, "call", "ann", task::v1::Outcome::REFUSED, "wrong again"));

    CHECK_FALSE(timeline_of(model, "deal", {.as_of = as_told}).entries(1).corrected());
    const auto then = timeline_of(model, "deal", {.as_of = once});
    CHECK(then.entries(1).corrected());
    CHECK_FALSE(then.entries(3).corrected());
    const auto now = timeline_of(model, "deal");
    REQUIRE(now.entries_size() == 5);
    CHECK(now.entries(1).corrected());
    CHECK(now.entries(1).outcome() == task::v1::Outcome::REACHED);
    CHECK(now.entries(1).text() == "they agreed");
    CHECK_FALSE(now.entries(2).corrected());
    CHECK(now.entries(3).corrected());
    CHECK(now.entries(3).corrects() == id_of("call"));
    CHECK(now.entries(3).outcome() == task::v1::Outcome::NOT_REACHED);
    CHECK(now.entries(3).reason() == "wrong deal");
    CHECK(now.entries(3).personal_state() == PersonalState::OPEN);
    CHECK_FALSE(now.entries(4).corrected());
}

TEST_CASE("timeline: it is read on from a position, and marks what is corrected on a later page") {
    History history;
    const auto projection = make();
    ReadModel model{*projection, history};
    history.append(opened({.deal = "deal", .owner = "ann"}));
    history.append(opened({.deal = "other", .owner = "ann"}));
    for (int i = 0; i < 9; ++i) history.append(logged(deal_stream("deal"), "call" + std::to_string(i), "ann"));
    history.append(corrected(deal_stream("deal"), "call0", "ann", task::v1::Outcome::REFUSED, "mistake"));
    const auto whole = timeline_of(model, "deal");
    REQUIRE(whole.entries_size() == 11);
    CHECK(whole.next_after() == 0);
    v1::ShowTimeline request;
    request.set_deal(id_of("deal"));
    request.set_limit(4);
    v1::Timeline joined_pages;
    do {
        const auto page = model.ask<v1::Timeline>(request);
        CHECK(page.entries_size() <= 4);
        joined_pages.mutable_entries()->MergeFrom(page.entries());
        request.set_after(page.next_after());
    } while (request.after() != 0);
    REQUIRE(joined_pages.entries_size() == 11);
    for (int i = 0; i < 11; ++i) {
        CHECK(joined_pages.entries(i).SerializeAsString() == whole.entries(i).SerializeAsString());
    }
    CHECK(joined_pages.entries(1).corrected());
    request.set_after(std::numeric_limits<std::uint64_t>::max());
    CHECK(model.ask<v1::Timeline>(request).entries_size() == 0);
}

TEST_CASE("timeline: an erased person's words read as erased at every moment, the figures stay") {
    History history;
    const auto projection = make();
    ReadModel model{*projection, history};
    const auto stream = deal_stream("deal");
    history.append(opened({.deal = "deal", .owner = "ann"}));
    history.append(planned(stream, "call", "ann", instant("2024-03-05T09:00:00Z")));
    const auto before = history.append(completed(stream, "call", "ann", "private words"));
    history.append(lost("deal", "price", "too dear"));
    CHECK(timeline_of(model, "deal").entries(2).text() == "private words");
    CHECK(timeline_of(model, "deal").entries(2).personal_state() == PersonalState::OPEN);
    CHECK(timeline_of(model, "deal").entries(0).personal_state() == PersonalState::PERSONAL_STATE_UNSPECIFIED);

    history.vault.erase(stream);
    for (const auto as_of : {before, history.head()}) {
        const auto timeline = timeline_of(model, "deal", {.as_of = as_of});
        CHECK(timeline.entries(2).text().empty());
        CHECK(timeline.entries(2).personal_state() == PersonalState::ERASED);
        CHECK(timeline.entries(2).outcome() == task::v1::Outcome::REACHED);
        CHECK(timeline.ShortDebugString().find("private") == std::string::npos);
    }
    const auto closing = timeline_of(model, "deal").entries(3);
    CHECK(closing.personal_state() == PersonalState::ERASED);
    CHECK(closing.reason() == "price");
    v1::ShowBrief request;
    request.set_deal(id_of("deal"));
    const auto brief = model.ask<v1::Brief>(request);
    CHECK(brief.actions() == 1);
    CHECK(brief.last_answered_channel() == "CALL");
}

TEST_CASE("timeline: rows hold no personal value in clear") {
    History history;
    const auto projection = make();
    ReadModel model{*projection, history};
    history.append(opened({.deal = "deal", .owner = "ann"}));
    history.append(logged(deal_stream("deal"), "call", "ann", "private words"));
    const auto view = model.rows().view();
    std::size_t rows = 0;
    for (const auto& table : projection->tables()) {
        view->scan(table, {}, {}, [&](std::string_view, std::string_view row, Position) {
            ++rows;
            CHECK(row.find("private words") == std::string_view::npos);
            return true;
        });
    }
    CHECK(rows > 5);
}

/// Random appends about a few deals: valid in form, not in sense, since a read model does not judge.
class Chance {
public:
    explicit Chance(History& history) : history_(history) {
        for (const auto& deal : deals_) {
            history_.append(
                opened({.deal = deal, .owner = any(sellers_), .company = "acme", .contact = any(contacts_)}));
        }
    }
    void append() {
        history_.set_clock(history_.now() + random(3600) * 1s);
        const auto deal = any(deals_);
        const auto stream = deal_stream(deal);
        const Instant due = history_.now() + random(72) * 1h;
        const auto name = "action" + std::to_string(history_.appends());
        switch (random(11)) {
            case 0:
                history_.append(moved(deal, any(stages_), any(stages_)));
                break;
            case 1:
                history_.append(won(deal, random(1000)));
                break;
            case 2:
                history_.append(lost(deal, "price", "because"));
                break;
            case 3:
                history_.append(reopened(deal, any(sellers_), any(stages_)));
                break;
            case 4:
                history_.append(
                    {passed(deal, any(sellers_), any(sellers_), {any_task(), any_task()}), moved(deal, "a", "b")});
                break;
            case 5:
                history_.append(cancelled(stream, any_task()));
                break;
            case 6:
                history_.append(rescheduled(stream, any_task(), due, due, "later"));
                break;
            case 7:
                history_.append(logged(stream, name, any(sellers_), "words"));
                break;
            case 8:
                history_.append(corrected(stream, "action" + std::to_string(random(history_.appends())), any(sellers_),
                                          task::v1::Outcome::REFUSED, "mistake"));
                break;
            case 9:
                history_.append(relinked(deal));
                break;
            default:
                history_.append(planned(random(3) == 0 ? contact_stream(any(contacts_)) : stream,
                                        "task" + std::to_string(tasks_++), any(sellers_), due));
        }
    }
    [[nodiscard]] const std::vector<std::string>& deals() const { return deals_; }

private:
    Told relinked(const std::string& deal) {
        deal::v1::DealUpdated updated;
        updated.set_contact_id(id_of(any(contacts_)));
        return told(deal_stream(deal), updated);
    }
    std::uint32_t random(std::size_t bound) { return static_cast<std::uint32_t>(engine_() % bound); }
    const std::string& any(const std::vector<std::string>& of) { return of.at(random(of.size())); }
    std::string any_task() { return "task" + std::to_string(random(tasks_ + 1)); }

    History& history_;
    std::mt19937_64 engine_{20240304};
    std::uint32_t tasks_ = 0;
    const std::vector<std::string> sellers_{"ann", "bob", "eve"};
    const std::vector<std::string> deals_{"one", "two", "three", "four"};
    const std::vector<std::string> contacts_{"carl", "dora"};
    const std::vector<std::string> stages_{"a", "b", "c"};
};

TEST_CASE("R5: cards, lists, timelines and briefs as of any past position equal the answers given then") {
    History history;
    const auto projection = make();
    ReadModel model{*projection, history};
    Chance chance{history};
    const auto answers = [&](const Asking& asking) {
        std::string all;
        v1::ListDeals list;
        all += model.ask<v1::DealList>(list, asking).SerializeAsString();
        list.set_owner(id_of("bob"));
        list.set_status("OPEN");
        all += model.ask<v1::DealList>(list, asking).SerializeAsString();
        list.Clear();
        list.set_contact(id_of("carl"));
        all += model.ask<v1::DealList>(list, asking).SerializeAsString();
        for (const auto& deal : chance.deals()) {
            v1::GetDeal card;
            card.set_deal(id_of(deal));
            all += model.ask<v1::DealCard>(card, asking).SerializeAsString();
            v1::ShowBrief brief;
            brief.set_deal(id_of(deal));
            all += model.ask<v1::Brief>(brief, asking).SerializeAsString();
            all += timeline_of(model, deal, asking).SerializeAsString();
        }
        return all;
    };
    std::vector<std::pair<Asking, std::string>> known;
    for (int i = 0; i < 250; ++i) {
        chance.append();
        const Asking then{.at = history.now(), .as_of = history.head()};
        auto live = answers(then);
        REQUIRE(live == answers({.at = history.now()}));
        known.emplace_back(then, std::move(live));
    }
    std::set<std::string> different;
    for (const auto& [then, live] : known) {
        REQUIRE(answers(then) == live);
        different.insert(live);
    }
    CHECK(different.size() == known.size());
}

}  // namespace
}  // namespace dealog::deals
