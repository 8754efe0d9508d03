#include <catch2/catch.hpp>

#include "projections/board/board.hpp"
#include "projections/board/board.pb.h"
#include "tests/projections/random_sales.hpp"

namespace dealog::projections::testing::sales {
namespace {

using Days = std::chrono::duration<std::int64_t, std::ratio<86400>>;
using task::v1::Outcome;

board::v1::ShowBoard sales_board() {
    board::v1::ShowBoard asked;
    asked.set_key("sales");
    return asked;
}
board::v1::ShowFunnel sales_funnel(std::string from = {}, std::string to = {}) {
    board::v1::ShowFunnel asked;
    asked.set_pipeline("sales");
    asked.set_from(std::move(from));
    asked.set_to(std::move(to));
    return asked;
}

/// Two stages, two sellers of two teams.
struct Department {
    Department() {
        history.append(defines("sales", {{"new", 0.4}, {"offer", 0.8}}));
        history.append(joins("ann", "north"));
        history.append(joins("bob", "south"));
    }
    board::v1::Board show(const board::v1::ShowBoard& asked = sales_board(), const Asking& asking = {}) {
        return model.ask<board::v1::Board>(asked, asking);
    }
    board::v1::Funnel funnel(const board::v1::ShowFunnel& asked, const Asking& asking = {}) {
        return model.ask<board::v1::Funnel>(asked, asking);
    }
    board::Board projection;
    History history;
    ReadModel model{projection, history};
};

std::string text(const google::protobuf::Message& message) { return message.ShortDebugString(); }

std::vector<std::string> deal_titles(const board::v1::BoardStage& stage) {
    std::vector<std::string> titles;
    for (const auto& deal : stage.deals()) titles.push_back(deal.title());
    return titles;
}

}  // namespace

TEST_CASE("board: a stage shows count, sums per currency, weighted value, share and average age") {
    Department it;
    v1::Money rub = usd(300);
    rub.set_currency_code("RUB");
    it.history.append(opens("one", {.owner = "ann", .value = usd(100)}).at(instant("2024-03-01T00:00:00Z")));
    it.history.append(
        opens("two", {.owner = "ann", .value = usd(50, 500'000'000)}).at(instant("2024-03-03T00:00:00Z")));
    it.history.append(opens("three", {.owner = "bob", .value = rub}).at(instant("2024-03-03T00:00:00Z")));
    it.history.append(moves("three", "new", "offer", "bob").at(instant("2024-03-04T00:00:00Z")));
    const auto board = it.show(sales_board(), {.at = instant("2024-03-05T00:00:00Z")});

    REQUIRE(board.stages_size() == 2);
    const auto& fresh = board.stages(0);
    CHECK(fresh.stage() == "new");
    CHECK(fresh.name() == "Stage new");
    CHECK(fresh.count() == 2);
    REQUIRE(fresh.value_size() == 1);
    CHECK(text(fresh.value(0)) == text(usd(150, 500'000'000)));
    CHECK(fresh.probability() == 0.4);
    CHECK(text(fresh.weighted_value(0)) == text(usd(60, 200'000'000)));
    CHECK(fresh.share() == Approx(2.0 / 3));
    CHECK(fresh.average_age() == Approx(3.0));
    CHECK(deal_titles(fresh) == std::vector<std::string>{"one", "two"});
    CHECK(fresh.deals(0).age_days() == Approx(4.0));
    CHECK(board.stages(1).average_age() == Approx(1.0));
    CHECK(board.count() == 3);
    REQUIRE(board.value_size() == 2);
    CHECK(board.value(0).currency_code() == "RUB");
    CHECK(text(board.weighted_value(1)) == text(usd(60, 200'000'000)));
}

TEST_CASE("board: of nothing, counts are zero, shares and ages absent, sums empty") {
    Department it;
    const auto board = it.show();
    REQUIRE(board.stages_size() == 2);
    CHECK(board.stages(0).count() == 0);
    CHECK_FALSE(board.stages(0).has_share());
    CHECK_FALSE(board.stages(0).has_average_age());
    CHECK(board.stages(0).value().empty());
    CHECK(board.value().empty());
}

TEST_CASE("R44: another probability changes today's weighted value and leaves yesterday's as it was") {
    Department it;
    it.history.append(opens("one", {.owner = "ann", .value = usd(1000)}));
    const auto yesterday = it.history.head();
    const auto yesterday_at = it.history.now();
    it.history.set_clock(it.history.now() + Days{1});
    it.history.append(defines("sales", {{"new", 0.5}, {"offer", 0.8}}));

    CHECK(it.show().stages(0).weighted_value(0).units() == 500);
    CHECK(it.show(sales_board(), {.at = yesterday_at, .as_of = yesterday}).stages(0).weighted_value(0).units() == 400);
    auto at_yesterday = sales_board();
    at_yesterday.set_at(format_rfc3339(yesterday_at));
    CHECK(it.show(at_yesterday).stages(0).weighted_value(0).units() == 400);
}

TEST_CASE("board: a stage that the version in force dropped is shown while deals stand in it") {
    Department it;
    it.history.append(opens("one", {.owner = "ann", .stage = "offer", .value = usd(10)}));
    it.history.append(defines("sales", {{"new", 0.5}}));
    REQUIRE(it.show().stages_size() == 2);
    CHECK(it.show().stages(1).stage() == "offer");
    CHECK(it.show().stages(1).weighted_value(0).units() == 8);
    it.history.append(moves("one", "offer", "new", "ann"));
    CHECK(it.show().stages_size() == 1);
}

TEST_CASE("board: owner, team and source narrow it, and nobody sees more than his reach") {
    Department it;
    it.history.append(opens("one", {.owner = "ann", .source = "site"}));
    it.history.append(opens("two", {.owner = "bob", .source = "site"}));
    it.history.append(opens("three", {.owner = "bob", .source = "fair"}));
    auto asked = sales_board();
    asked.set_owner(id_of("bob"));
    CHECK(it.show(asked).count() == 2);
    asked.set_source("fair");
    CHECK(it.show(asked).count() == 1);
    auto of_north = sales_board();
    of_north.set_team(id_of("north"));
    CHECK(it.show(of_north).count() == 1);
    it.history.append(changes_team("bob", "north"));
    CHECK(it.show(of_north).count() == 3);
    CHECK(it.show(sales_board(), {.visible = Visibility{.everything = false, .sellers = {id_of("ann")}}}).count() == 1);
    CHECK(it.show(asked, {.visible = Visibility{.everything = false, .sellers = {id_of("ann")}}}).count() == 0);
}

TEST_CASE("board: the deals of a stage come in pages, the longest there first") {
    Department it;
    for (int n = 0; n < 25; ++n) {
        it.history.append(
            opens("deal " + std::to_string(n), {.owner = "ann"}).at(it.history.now() - std::chrono::hours{n}));
    }
    const auto first = it.show();
    CHECK(first.stages(0).deals_size() == 20);
    auto asked = sales_board();
    asked.set_stage("new");
    asked.set_page_token(first.stages(0).next_page_token());
    const auto second = it.show(asked);
    CHECK(second.stages(0).count() == 25);
    CHECK(deal_titles(second.stages(0)) == std::vector<std::string>{"deal 4", "deal 3", "deal 2", "deal 1", "deal 0"});
    CHECK(second.stages(0).next_page_token().empty());
    asked.set_owner(id_of("ann"));
    CHECK(it.model.try_ask<board::v1::Board>(asked).error().code == v1::Problem::BAD_CURSOR);
    asked.clear_page_token();
    asked.set_page_size(7);
    CHECK(it.show(asked).stages(0).deals_size() == 7);
}

TEST_CASE("board: an unknown pipeline is not found, an unknown stage is named") {
    Department it;
    auto asked = sales_board();
    asked.set_stage("nowhere");
    CHECK(it.model.try_ask<board::v1::Board>(asked).error().code == v1::Problem::UNKNOWN_STAGE);
    asked.set_key("other");
    CHECK(it.model.try_ask<board::v1::Board>(asked).error().code == v1::Problem::NOT_FOUND);
}

TEST_CASE("board: at= shows deals where they stood at that moment of business time, as known now") {
    Department it;
    it.history.append(opens("one", {.owner = "ann", .value = usd(100)}).late(instant("2024-01-10T12:00:00Z")));
    it.history.append(moves("one", "new", "offer", "ann").late(instant("2024-01-20T12:00:00Z")));
    const auto before_closing = it.history.head();
    it.history.append(passes("one", "ann", "bob"));
    it.history.append(revalues("one", usd(900)));
    it.history.append(wins("one", "bob", usd(900), "offer").late(instant("2024-02-01T12:00:00Z")));
    const auto at = [](std::string moment) {
        auto asked = sales_board();
        asked.set_at(std::move(moment));
        return asked;
    };
    CHECK(it.show(at("2024-01-09")).count() == 0);
    const auto in_january = it.show(at("2024-01-10"));
    REQUIRE(in_january.stages(0).count() == 1);
    CHECK(in_january.stages(0).deals(0).owner_id() == id_of("ann"));
    CHECK(in_january.stages(0).value(0).units() == 100);
    CHECK(in_january.stages(0).average_age() == Approx(0.5));
    CHECK(format_rfc3339(from_proto(in_january.at())) == "2024-01-10T23:59:59.999999999Z");
    CHECK(it.show(at("2024-01-20T11:59:59Z")).stages(0).count() == 1);
    CHECK(it.show(at("2024-01-20T12:00:00Z")).stages(1).count() == 1);
    CHECK(it.show(at("2024-02-01")).count() == 0);
    CHECK(it.show(at("2024-02-01"), {.as_of = before_closing}).count() == 1);
    CHECK(it.show().count() == 0);
}

TEST_CASE("board: a reopened deal stands again in its stage, from the reopening on") {
    Department it;
    it.history.append(opens("one", {.owner = "ann", .value = usd(100)}).late(instant("2024-02-01T00:00:00Z")));
    it.history.append(wins("one", "ann", usd(120)).late(instant("2024-02-10T00:00:00Z")));
    CHECK(it.show().count() == 0);
    it.history.append(reopens("one", "bob"));
    const auto board = it.show(sales_board(), {.at = it.history.now() + Days{2}});
    REQUIRE(board.count() == 1);
    CHECK(board.stages(0).deals(0).owner_id() == id_of("bob"));
    CHECK(board.stages(0).value(0).units() == 120);
    CHECK(board.stages(0).average_age() == Approx(2.0));
    const auto funnel = it.funnel(sales_funnel());
    CHECK(funnel.stages(0).entered() == 2);
    CHECK(funnel.stages(0).left() == 1);
    CHECK(funnel.stages(0).won() == 1);
}

TEST_CASE("R50: conversion by cohort and by period differ where entering and leaving fall into different months") {
    Department it;
    // January: two enter, one goes on in January, one in February. February: one enters and is lost there.
    it.history.append(opens("one", {.owner = "ann"}).late(instant("2024-01-01T00:00:00Z")));
    it.history.append(opens("two", {.owner = "ann"}).late(instant("2024-01-02T00:00:00Z")));
    it.history.append(moves("one", "new", "offer", "ann").late(instant("2024-01-11T00:00:00Z")));
    it.history.append(opens("three", {.owner = "bob"}).late(instant("2024-02-01T00:00:00Z")));
    it.history.append(moves("two", "new", "offer", "ann").late(instant("2024-02-02T00:00:00Z")));
    it.history.append(loses("three", "bob").late(instant("2024-02-03T00:00:00Z")));
    it.history.append(wins("one", "ann", usd(5), "offer").late(instant("2024-02-10T00:00:00Z")));
    it.history.append(moves("two", "offer", "new", "ann").late(instant("2024-02-12T00:00:00Z")));

    const auto january = it.funnel(sales_funnel("2024-01-01", "2024-01-31"));
    CHECK(january.stages(0).entered() == 2);
    CHECK(january.stages(0).left() == 1);
    CHECK(january.stages(0).conversion_cohort() == Approx(0.5));
    CHECK(january.stages(0).conversion_period() == Approx(1.0));
    CHECK(january.stages(0).average_days() == Approx(10.0));
    const auto february = it.funnel(sales_funnel("2024-02-01", "2024-02-29"));
    CHECK(february.stages(0).entered() == 2);
    CHECK(february.stages(0).left() == 2);
    CHECK(february.stages(0).lost() == 1);
    CHECK(february.stages(0).conversion_cohort() == Approx(0.0));
    CHECK(february.stages(0).conversion_period() == Approx(0.5));
    CHECK(february.stages(1).entered() == 1);
    CHECK(february.stages(1).left() == 2);
    CHECK(february.stages(1).won() == 1);
    CHECK(february.stages(1).conversion_period() == Approx(0.5));  // back to new is no conversion
    CHECK(it.funnel(sales_funnel("2024-01-01", "2024-02-29")).stages(0).conversion_cohort() == Approx(0.5));
    CHECK_FALSE(it.funnel(sales_funnel("2023-01-01", "2023-01-31")).stages(0).has_conversion_period());
    auto of_bob = sales_funnel("2024-02-01", "2024-02-29");
    of_bob.set_owner(id_of("bob"));
    CHECK(it.funnel(of_bob).stages(0).entered() == 1);
    CHECK(it.funnel(of_bob).stages(0).left() == 1);
}

TEST_CASE("R46: a deal that comes back to a stage stays there twice, each stay exact") {
    Department it;
    it.history.append(opens("one", {.owner = "ann"}).late(instant("2024-01-01T00:00:00Z")));
    it.history.append(moves("one", "new", "offer", "ann").late(instant("2024-01-04T00:00:00Z")));
    it.history.append(moves("one", "offer", "new", "ann").late(instant("2024-01-05T00:00:00Z")));
    it.history.append(loses("one", "ann").late(instant("2024-01-10T00:00:00Z")));
    const auto funnel = it.funnel(sales_funnel());
    CHECK(funnel.stages(0).entered() == 2);
    CHECK(funnel.stages(0).average_days() == Approx(4.0));  // 3 and 5 days
    CHECK(funnel.stages(1).average_days() == Approx(1.0));
}

namespace {

const std::vector<std::string> board_metrics{"count", "value", "weightedValue", "averageAge"};

std::vector<std::string> answers(ReadModel& model, std::optional<Position> as_of, Instant at) {
    std::vector<std::string> all;
    const auto visible = Visibility{.everything = false, .sellers = {id_of("ann"), id_of("cyd")}};
    auto dated = sales_board();
    dated.set_at(format_rfc3339(at - Days{20}));
    auto of_team = sales_board();
    of_team.set_team(id_of("north"));
    of_team.set_stage("offer");
    of_team.set_page_size(2);
    auto of_ann = sales_board();
    of_ann.set_owner(id_of("ann"));
    for (const auto& asked : {sales_board(), dated, of_team, of_ann}) {
        all.push_back(text(model.ask<board::v1::Board>(asked, {.at = at, .as_of = as_of})));
    }
    all.push_back(text(model.ask<board::v1::Funnel>(sales_funnel(), {.at = at, .as_of = as_of})));
    const auto spring = sales_funnel("2024-03-01", "2024-04-10");
    all.push_back(text(model.ask<board::v1::Funnel>(spring, {.visible = visible, .at = at, .as_of = as_of})));
    return all;
}

}  // namespace

TEST_CASE("R5: the board and the funnel as of a past append answer what they answered then") {
    const auto seed = GENERATE(1U, 2U);
    RandomSales sales(seed);
    board::Board projection;
    ReadModel model(projection, sales.history);
    struct Then {
        Position position;
        Instant at;
        std::vector<std::string> said;
    };
    std::vector<Then> past;
    for (int n = 0; n < 250; ++n) {
        sales.step();
        const auto at = sales.history.now();
        past.push_back({.position = sales.history.head(), .at = at, .said = answers(model, std::nullopt, at)});
    }
    for (const auto& then : past) REQUIRE(answers(model, then.position, then.at) == then.said);
}

TEST_CASE("R53: shares sum to one at every position, and the board at its own moment is the board") {
    RandomSales sales(3);
    board::Board projection;
    ReadModel model(projection, sales.history);
    for (int n = 0; n < 200; ++n) {
        sales.step();
        const auto board = model.ask<board::v1::Board>(sales_board());
        double sum = 0;
        for (const auto& stage : board.stages()) sum += stage.share();
        if (board.count() > 0) REQUIRE(sum == Approx(1.0));
        auto dated = sales_board();
        dated.set_at(format_rfc3339(sales.history.now()));
        auto at_its_moment = model.ask<board::v1::Board>(dated);
        for (int i = 0; i < board.stages_size(); ++i) {
            REQUIRE(at_its_moment.stages(i).count() == board.stages(i).count());
            REQUIRE(at_its_moment.stages(i).average_age() == Approx(board.stages(i).average_age()));
        }
    }
}

TEST_CASE("R1: evidence of every number of the board and the funnel reproduces it") {
    RandomSales sales(4);
    board::Board projection;
    ReadModel model(projection, sales.history);
    for (int n = 0; n < 300; ++n) sales.step();
    const auto evidence = [&](const auto& figure, const std::string& metric, const std::string& row) {
        return evidence_of(projection, model, sales.history, figure, {.metric = metric, .row = row, .page_size = 7});
    };
    auto dated = sales_board();
    dated.set_at("2024-04-20");
    for (const auto& asked : {sales_board(), dated}) {
        const auto board = model.ask<board::v1::Board>(asked);
        REQUIRE(board.count() > 4);
        for (const auto& stage : board.stages()) {
            CHECK(count_of(evidence(asked, "count", stage.stage())) == static_cast<std::int64_t>(stage.count()));
            CHECK(value_of(evidence(asked, "value", stage.stage())) == nanos_of_sums(stage.value()));
            CHECK(value_of(evidence(asked, "weightedValue", stage.stage())) == nanos_of_sums(stage.weighted_value()));
            const auto ages = evidence(asked, "averageAge", stage.stage());
            CHECK(static_cast<double>(duration_of(ages).count()) / 86400e9 / static_cast<double>(ages.size()) ==
                  Approx(stage.average_age()));
        }
        CHECK(count_of(evidence(asked, "count", "")) == static_cast<std::int64_t>(board.count()));
        CHECK(value_of(evidence(asked, "value", "")) == nanos_of_sums(board.value()));
    }
    const auto period = sales_funnel("2024-03-01", "2024-06-30");
    const auto funnel = model.ask<board::v1::Funnel>(period);
    for (const auto& stage : funnel.stages()) {
        REQUIRE(stage.left() > 0);
        CHECK(count_of(evidence(period, "entered", stage.stage())) == static_cast<std::int64_t>(stage.entered()));
        CHECK(count_of(evidence(period, "left", stage.stage())) == static_cast<std::int64_t>(stage.left()));
        CHECK(count_of(evidence(period, "won", stage.stage())) == static_cast<std::int64_t>(stage.won()));
        CHECK(count_of(evidence(period, "lost", stage.stage())) == static_cast<std::int64_t>(stage.lost()));
        const auto stays = evidence(period, "averageDays", stage.stage());
        CHECK(static_cast<double>(duration_of(stays).count()) / 86400e9 / static_cast<double>(stays.size()) ==
              Approx(stage.average_days()));
    }
}

TEST_CASE("board: evidence names the event that brought the deal into its stage, and the one that set its value") {
    Department it;
    it.history.append(opens("one", {.owner = "ann", .value = usd(100)}));
    it.history.append(moves("one", "new", "offer", "ann"));
    const auto moved = it.history.head().value();
    it.history.append(revalues("one", usd(70)));
    const auto of = [&](std::string metric) {
        return evidence_of(it.projection, it.model, it.history, sales_board(),
                           {.metric = std::move(metric), .row = "offer"});
    };
    REQUIRE(of("count").size() == 1);
    CHECK(of("count")[0].position() == moved);
    CHECK(of("count")[0].type() == "dealog.deal.v1.DealStageChanged");
    CHECK(of("count")[0].stream() == "deal-" + id_of("one"));
    CHECK(of("value")[0].position() == it.history.head().value());
    CHECK(of("value")[0].event_id() == id_of("event " + std::to_string(it.history.head().value())));
    CHECK_THROWS_WITH(of("luck"), "refused: malformed_query");
}

}  // namespace dealog::projections::testing::sales
