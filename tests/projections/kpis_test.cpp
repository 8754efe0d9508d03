#include <catch2/catch.hpp>

#include <chrono>
#include <functional>

#include "projections/kpis/kpis.hpp"
#include "projections/kpis/kpis.pb.h"
#include "tests/projections/random_sales.hpp"

namespace dealog::projections::testing::sales {
namespace {

using Days = std::chrono::duration<std::int64_t, std::ratio<86400>>;
using kpis::v1::SellerRow;
using task::v1::Outcome;

struct Asked {
    std::string from = {};
    std::string to = {};
    std::string seller = {};
    std::string team = {};
    [[nodiscard]] kpis::v1::ShowSellerKpis request() const {
        kpis::v1::ShowSellerKpis request;
        request.set_from(from);
        request.set_to(to);
        if (!seller.empty()) request.set_seller(id_of(seller));
        if (!team.empty()) request.set_team(id_of(team));
        return request;
    }
};

struct Department {
    Department() {
        history.append(joins("ann", "north"));
        history.append(joins("bob", "south"));
    }
    kpis::v1::SellerKpis show(const Asked& asked = {}, const Asking& asking = {}) {
        return model.ask<kpis::v1::SellerKpis>(asked.request(), asking);
    }
    SellerRow row(std::string_view seller, const Asked& asked = {}, const Asking& asking = {}) {
        const auto kpis = show(asked, asking);
        for (const auto& one : kpis.sellers()) {
            if (one.seller_id() == id_of(seller)) return one;
        }
        throw std::out_of_range("no row of this seller");
    }
    std::vector<kpis::v1::EvidenceItem> evidence(const Asked& asked, const Number& number, const Asking& asking = {}) {
        return evidence_of(projection, model, history, asked.request(), number, asking);
    }
    kpis::Kpis projection;
    History history;
    ReadModel model{projection, history};
};

std::string text(const google::protobuf::Message& message) { return message.ShortDebugString(); }

}  // namespace

TEST_CASE(
    "R39: one answer shows a seller in numbers; who has none is there with zeros, by name, and nothing is made up") {
    Department it;
    it.history.append(joins("cyd"));
    it.history.append(opens("one", {.owner = "bob"}));
    it.history.append(opens("two", {.owner = "bob"}));
    it.history.append(logs("one", Talk{.seconds = 60}.by("bob", "call 1")));
    it.history.append(logs("one", Talk{.type = "EMAIL"}.by("bob", "mail 1")));
    it.history.append(wins("one", "bob", usd(700)));
    it.history.append(loses("two", "bob"));
    const auto kpis = it.show();
    REQUIRE(kpis.sellers_size() == 3);
    CHECK(kpis.sellers(0).name() == "ann");
    CHECK(kpis.sellers(2).name() == "cyd");
    const auto& nothing = kpis.sellers(0);
    CHECK(nothing.team_id() == id_of("north"));
    CHECK(nothing.open_deals() + nothing.deals_opened() + nothing.won() + nothing.lost() + nothing.actions_total() ==
          0);
    CHECK_FALSE(nothing.has_win_rate());
    CHECK_FALSE(nothing.has_average_cycle_days());
    CHECK_FALSE(nothing.has_median_cycle_days());
    CHECK_FALSE(nothing.has_call_to_win_rate());
    CHECK_FALSE(nothing.has_on_time_rate());
    CHECK(nothing.won_value().empty());
    const auto& bob = kpis.sellers(1);
    CHECK(bob.deals_opened() == 2);
    CHECK(bob.won() == 1);
    CHECK(bob.lost() == 1);
    CHECK(bob.win_rate() == 0.5);
    CHECK(text(bob.won_value(0)) == text(usd(700)));
    CHECK(bob.calls_made() == 1);
    CHECK(bob.call_to_win_rate() == 1.0);
    CHECK(kpis.total().won() == 1);
    CHECK(kpis.total().deals_opened() == 2);
}

TEST_CASE("R49: the mean and median cycle of five deals, the reopened one from its first opening to its last closing") {
    Department it;
    const auto day = [](int n) { return instant("2024-01-01T10:00:00Z") + Days{n}; };
    for (const char* deal : {"1", "2", "3", "4", "5"}) it.history.append(opens(deal, {.owner = "ann"}).late(day(0)));
    it.history.append(wins("1", "ann", usd(10)).late(day(2)));
    it.history.append(wins("2", "ann", usd(10)).late(day(4)));
    it.history.append(loses("3", "ann").late(day(30)));
    it.history.append(wins("4", "bob", usd(10)).late(day(10)));
    // Won on day 6, reopened on day 8, won for good on day 20.
    it.history.append(wins("5", "ann", usd(10)).late(day(6)));
    it.history.append(reopens("5", "ann").late(day(8)));
    it.history.append(wins("5", "ann", usd(90)).late(day(20) + std::chrono::hours{12}));

    const auto ann = it.row("ann");
    CHECK(ann.won() == 3);
    CHECK(ann.lost() == 1);
    CHECK(ann.average_cycle_days() == Approx((2 + 4 + 20.5) / 3));
    CHECK(ann.median_cycle_days() == Approx(4.0));
    CHECK(ann.won_value(0).units() == 110);
    CHECK(it.show().total().average_cycle_days() == Approx((2 + 4 + 20.5 + 10) / 4));
    CHECK(it.show().total().median_cycle_days() == Approx(7.0));
    // Before the reopening the first closing counts; between them none does.
    CHECK(it.row("ann", {.to = "2024-01-08"}).won() == 3);
    CHECK(it.row("ann", {.to = "2024-01-08"}).average_cycle_days() == Approx(4.0));
    CHECK(it.row("ann", {.to = "2024-01-10"}).won() == 2);
    CHECK(it.row("ann", {.to = "2024-01-10"}).open_deals() == 3);  // 3, 4 and 5
    CHECK(it.row("ann", {.from = "2024-01-07", .to = "2024-01-07"}).won() == 1);
    // A period after the closing is not charged with its reopening.
    CHECK(it.row("ann", {.from = "2024-01-08", .to = "2024-01-10"}).won() == 0);
    CHECK(it.row("ann", {.from = "2024-01-08", .to = "2024-01-10"}).won_value().empty());
}

TEST_CASE("R29: calls and letters are counted by seller, day and type, by the time they took place") {
    Department it;
    const auto monday = instant("2024-03-04T09:00:00Z");
    it.history.set_clock(monday + Days{3});
    for (int n = 0; n < 3; ++n) {
        const auto call =
            Talk{.outcome = n == 0 ? Outcome::NOT_REACHED : Outcome::CONTINUE}.by("ann", "call " + std::to_string(n));
        it.history.append(logs("one", call).late(monday + std::chrono::hours{n}));
    }
    it.history.append(logs("one", Talk{.type = "EMAIL"}.by("ann", "mail")).late(monday + Days{1}));
    it.history.append(logs("one", Talk{.type = "TASK"}.by("ann", "papers")).late(monday + Days{1}));
    const auto first_day = it.row("ann", {.from = "2024-03-04", .to = "2024-03-04"});
    CHECK(first_day.calls_made() == 3);
    CHECK(first_day.calls_reached() == 2);
    REQUIRE(first_day.actions_size() == 1);
    CHECK(first_day.actions(0).type() == "CALL");
    CHECK(first_day.actions(0).count() == 3);
    const auto second_day = it.row("ann", {.from = "2024-03-05", .to = "2024-03-05"});
    CHECK(second_day.calls_made() == 0);
    CHECK(second_day.actions_total() == 2);
    CHECK(second_day.actions(1).type() == "TASK");
    CHECK(it.evidence({}, {.metric = "actions.EMAIL", .row = id_of("ann")}).size() == 1);
}

TEST_CASE("R30: talk time and its median leave unanswered calls out") {
    Department it;
    it.history.append(logs("one", Talk{.seconds = 100}.by("ann", "call 1")));
    it.history.append(logs("one", Talk{.seconds = 200}.by("ann", "call 2")));
    it.history.append(logs("one", Talk{.outcome = Outcome::NOT_REACHED, .seconds = 45}.by("ann", "call 3")));
    it.history.append(logs("one", Talk{.type = "MEETING", .seconds = 3600}.by("ann", "meeting")));
    CHECK(it.row("ann").talk_time().seconds() == 300);
    CHECK(it.row("ann").median_talk_seconds() == Approx(150.0));
    CHECK_FALSE(it.row("bob").has_median_talk_seconds());
    CHECK(it.row("bob").talk_time().seconds() == 0);
}

TEST_CASE("R6: a corrected action counts as corrected, for whom it names and when it took place") {
    Department it;
    const auto before = Talk{.seconds = 100}.by("ann", "call");
    it.history.append(logs("one", before).late(instant("2024-03-01T09:00:00Z")));
    auto after = Talk{.outcome = Outcome::NOT_REACHED}.by("bob", "call");
    it.history.append(corrects("one", before, after));
    CHECK(it.row("ann").actions_total() == 0);
    CHECK(it.row("ann").actions().empty());
    CHECK(it.row("ann").talk_time().seconds() == 0);
    CHECK(it.row("bob", {.from = "2024-03-01", .to = "2024-03-01"}).calls_made() == 1);
    CHECK(it.row("bob").calls_reached() == 0);
    auto later = after;
    to_proto(instant("2024-03-02T11:00:00Z"), *later.mutable_started_at());
    it.history.append(corrects("one", after, later));
    CHECK(it.row("bob", {.from = "2024-03-01", .to = "2024-03-01"}).calls_made() == 0);
    CHECK(it.row("bob", {.from = "2024-03-02", .to = "2024-03-02"}).calls_made() == 1);
    CHECK(count_of(it.evidence({}, {.metric = "callsMade"})) == 1);
    CHECK(it.evidence({}, {.metric = "callsMade"}).size() == 5);  // done, taken back, done, taken back, done
}

TEST_CASE("R26: on time is against the original due time, and each slip is counted for the assignee") {
    Department it;
    const auto due = it.history.now() + std::chrono::hours{1};
    it.history.append(plans("one", "late", "ann", due));
    it.history.append(plans("one", "punctual", "ann", due));
    it.history.append(completes("one", "punctual", Talk{}.by("ann", "call 1"), due, due));
    for (int n = 1; n <= 3; ++n) it.history.append(reschedules("one", "late", due + Days{n}).by(id_of("bob")));
    it.history.set_clock(due + Days{2});
    it.history.append(completes("one", "late", Talk{}.by("ann", "call 2"), due, due + Days{3}));
    const auto ann = it.row("ann");
    CHECK(ann.tasks_completed() == 2);
    CHECK(ann.tasks_on_time() == 1);
    CHECK(ann.on_time_rate() == 0.5);
    CHECK(ann.reschedules() == 3);
    CHECK(ann.calls_made() == 2);
    CHECK(it.row("bob").reschedules() == 0);
}

TEST_CASE("kpis: open deals are those of their owner at the end of the period; closed ones stay with who closed them") {
    Department it;
    it.history.append(opens("one", {.owner = "ann"}).late(instant("2024-01-10T09:00:00Z")));
    it.history.append(opens("two", {.owner = "ann"}).late(instant("2024-01-10T09:00:00Z")));
    it.history.append(wins("two", "ann", usd(5)).late(instant("2024-01-20T09:00:00Z")));
    it.history.append(passes("one", "ann", "bob"));
    it.history.append(passes("two", "ann", "bob"));
    CHECK(it.row("ann", {.to = "2024-01-15"}).open_deals() == 2);
    CHECK(it.row("ann", {.to = "2024-01-31"}).open_deals() == 1);
    CHECK(it.row("bob", {.to = "2024-01-31"}).open_deals() == 0);
    CHECK(it.row("ann").open_deals() == 0);
    CHECK(it.row("bob").open_deals() == 1);
    CHECK(it.row("ann").won() == 1);
    CHECK(it.row("bob").won() == 0);
    // Closed by its new owner, but at a moment when it was not his yet: no number of open deals goes wrong.
    it.history.append(loses("one", "bob").late(instant("2024-01-25T09:00:00Z")));
    CHECK(it.row("ann", {.to = "2024-01-31"}).open_deals() == 0);
    CHECK(it.row("bob").open_deals() == 0);
    CHECK(it.row("ann").open_deals() == 0);
    CHECK(it.row("bob").lost() == 1);
    CHECK(count_of(it.evidence({}, {.metric = "openDeals", .row = id_of("bob")})) == 0);
}

TEST_CASE("kpis: a team's figure is of the facts of those who were in it at their time, else of the earliest team") {
    Department it;
    it.history.append(opens("early", {.owner = "ann"}).late(instant("2023-05-01T09:00:00Z")));  // before she was known
    it.history.append(opens("one", {.owner = "ann"}));
    it.history.append(wins("one", "ann", usd(5)));
    it.history.set_clock(it.history.now() + Days{1});
    it.history.append(changes_team("ann", "south"));
    it.history.append(opens("two", {.owner = "ann"}));
    it.history.append(reopens("one", "ann"));
    CHECK(it.show({.team = "north"}).total().deals_opened() == 2);
    CHECK(it.show({.team = "north"}).total().won() == 0);  // taken back, whoever she is with now
    CHECK(it.show({.team = "south"}).total().deals_opened() == 1);
    CHECK(it.show({.team = "north"}).total().open_deals() == 0);
    CHECK(it.show({.team = "south"}).total().open_deals() == 3);
    CHECK(it.show({.team = "north"}).sellers_size() == 1);
    CHECK(it.show({.team = "south"}).sellers_size() == 2);
    CHECK(it.show({.to = "2023-12-31", .team = "south"}).sellers_size() == 1);  // ann was not in it then
    CHECK(it.show({.team = "west"}).sellers_size() == 0);
}

TEST_CASE("kpis: a caller sees those he may see, and the total is theirs; a foreign seller is not found") {
    Department it;
    it.history.append(opens("one", {.owner = "ann"}));
    it.history.append(opens("two", {.owner = "bob"}));
    const Asking as_ann{.visible = Visibility{.everything = false, .sellers = {id_of("ann")}}};
    CHECK(it.show({}, as_ann).sellers_size() == 1);
    CHECK(it.show({}, as_ann).total().deals_opened() == 1);
    CHECK(it.evidence({}, {.metric = "dealsOpened"}, as_ann).size() == 1);
    CHECK(it.evidence({}, {.metric = "dealsOpened", .row = id_of("bob")}, as_ann).empty());
    const auto foreign = it.model.try_ask<kpis::v1::SellerKpis>(Asked{.seller = "bob"}.request(), as_ann);
    REQUIRE_FALSE(foreign);
    CHECK(foreign.error().code == v1::Problem::NOT_FOUND);
    CHECK(it.show({.seller = "bob"}).sellers_size() == 1);
}

namespace {

struct Proof {
    const SellerRow& row;
    std::function<std::vector<kpis::v1::EvidenceItem>(const std::string& metric)> of;

    void hold() const {
        const auto counts = [&](const char* metric, std::uint64_t number) {
            INFO(metric);
            CHECK(count_of(of(metric)) == static_cast<std::int64_t>(number));
        };
        counts("openDeals", row.open_deals());
        counts("dealsOpened", row.deals_opened());
        counts("won", row.won());
        counts("lost", row.lost());
        counts("winRate", row.won() + row.lost());
        counts("actionsTotal", row.actions_total());
        counts("callsMade", row.calls_made());
        counts("callsReached", row.calls_reached());
        counts("callToWinRate", row.calls_made() + row.won());
        counts("tasksCompleted", row.tasks_completed());
        counts("onTimeRate", row.tasks_completed());
        counts("tasksOnTime", row.tasks_on_time());
        counts("reschedules", row.reschedules());
        for (const auto& action : row.actions()) counts(("actions." + action.type()).c_str(), action.count());
        CHECK(value_of(of("wonValue")) == nanos_of_sums(row.won_value()));
        CHECK(duration_of(of("talkTime")) == from_proto(row.talk_time()));
        CHECK(duration_of(of("medianTalkSeconds")) == from_proto(row.talk_time()));
        const auto cycles = of("averageCycleDays");
        CHECK(count_of(cycles) == static_cast<std::int64_t>(row.won()));
        if (row.won() == 0) return;
        CHECK(static_cast<double>(duration_of(cycles).count()) / 86400e9 / static_cast<double>(row.won()) ==
              Approx(row.average_cycle_days()));
    }
};

const std::vector<Asked> random_questions{{},
                                          {.from = "2024-03-10", .to = "2024-04-20"},
                                          {.to = "2024-02-15"},
                                          {.from = "2024-03-01", .team = "north"},
                                          {.from = "2024-03-20", .to = "2024-05-01", .team = "south"}};

}  // namespace

TEST_CASE("R1: evidence of every number of every seller and of the total reproduces it, over random histories") {
    RandomSales sales(GENERATE(11U, 12U, 13U));
    kpis::Kpis projection;
    ReadModel model(projection, sales.history);
    for (int n = 0; n < 300; ++n) sales.step();
    const auto question = GENERATE(range(std::size_t{0}, std::size_t{5}));
    const auto figure = random_questions[question].request();
    const auto kpis = model.ask<kpis::v1::SellerKpis>(figure);
    REQUIRE(kpis.total().actions_total() + kpis.total().deals_opened() > 0);
    const auto proof = [&](const SellerRow& row) {
        return Proof{.row = row, .of = [&](const std::string& metric) {
                         return evidence_of(projection, model, sales.history, figure,
                                            {.metric = metric, .row = row.seller_id(), .page_size = 9});
                     }};
    };
    for (const auto& row : kpis.sellers()) proof(row).hold();
    proof(kpis.total()).hold();
}

TEST_CASE("R5: the figures as of a past append are what they were then, whatever came after") {
    RandomSales sales(21);
    kpis::Kpis projection;
    ReadModel model(projection, sales.history);
    const auto answers = [&](std::optional<Position> as_of, Instant at) {
        std::vector<std::string> all;
        for (const auto& asked : random_questions) {
            all.push_back(text(model.ask<kpis::v1::SellerKpis>(asked.request(), {.at = at, .as_of = as_of})));
        }
        for (const char* metric : {"openDeals", "won", "callsMade"}) {
            const auto items = evidence_of(projection, model, sales.history, Asked{}.request(), {.metric = metric},
                                           {.at = at, .as_of = as_of});
            for (const auto& item : items) all.push_back(text(item));
        }
        return all;
    };
    std::vector<std::tuple<Position, Instant, std::vector<std::string>>> past;
    for (int n = 0; n < 220; ++n) {
        sales.step();
        past.emplace_back(sales.history.head(), sales.history.now(), answers(std::nullopt, sales.history.now()));
    }
    for (const auto& [position, at, said] : past) REQUIRE(answers(position, at) == said);
}

TEST_CASE("R1: what takes back is minus one, and an unknown number is refused") {
    Department it;
    it.history.append(opens("one", {.owner = "ann"}));
    it.history.append(wins("one", "ann", usd(70)));
    const auto won_at = it.history.head().value();
    it.history.append(reopens("one", "ann"));
    const auto items = it.evidence({}, {.metric = "wonValue", .row = id_of("ann")});
    REQUIRE(items.size() == 2);
    CHECK(items[0].position() == won_at);
    CHECK(items[0].type() == "dealog.deal.v1.DealWon");
    CHECK(items[0].value().units() == 70);
    CHECK(items[1].count() == -1);
    CHECK(items[1].type() == "dealog.deal.v1.DealReopened");
    CHECK(items[1].value().units() == -70);
    CHECK_THROWS_WITH(it.evidence({}, {.metric = "luck"}), "refused: malformed_query");
}

}  // namespace dealog::projections::testing::sales
