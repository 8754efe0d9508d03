#include "projections/deals/deals.hpp"

#include <catch2/catch.hpp>

#include "domain/pipeline/pipeline.pb.h"
#include "projections/deals/deals.pb.h"
#include "tests/projections/told_events.hpp"

namespace dealog::deals {
namespace {

using namespace projections::testing;
using namespace std::chrono_literals;
using projections::Visibility;
using Names = std::vector<std::string>;

/// A department and its deals.
struct Department {
    History history;
    std::unique_ptr<projections::Projection> projection = make();
    ReadModel model{*projection, history};

    v1::DealCard card(std::string_view deal, const Asking& asking = {}) {
        v1::GetDeal request;
        request.set_deal(id_of(deal));
        return model.ask<v1::DealCard>(request, asking);
    }
    Names list(const v1::ListDeals& request = {}, const Asking& asking = {}) {
        const auto answer = model.ask<v1::DealList>(request, asking);
        Names titles;
        for (const auto& deal : answer.deals()) titles.push_back(deal.title());
        return titles;
    }
    v1::Timeline timeline(std::string_view deal, const Asking& asking = {}) {
        v1::ShowTimeline request;
        request.set_deal(id_of(deal));
        return model.ask<v1::Timeline>(request, asking);
    }
    v1::Brief brief(std::string_view deal, const Asking& asking = {}) {
        v1::ShowBrief request;
        request.set_deal(id_of(deal));
        return model.ask<v1::Brief>(request, asking);
    }
};

Asking only(std::string_view seller) {
    return {.seller = id_of(seller), .visible = Visibility{.everything = false, .sellers = {id_of(seller)}}};
}

Told defined(const std::string& offer_field, Instant valid_from) {
    pipeline::v1::PipelineDefined event;
    event.set_key("sales");
    event.add_stages()->set_key("new");
    auto& offer = *event.add_stages();
    offer.set_key("offer");
    offer.add_required_fields("value");
    offer.add_required_fields("company_id");
    offer.add_required_fields(offer_field);
    event.add_stages()->set_key("contract");
    to_proto(valid_from, *event.mutable_valid_from());
    return told("pipeline-sales", event);
}

// ---- The card ----

TEST_CASE("R46: stage intervals are exact and re-entries are summed") {
    Department department;
    const Instant start = instant("2024-03-01T10:00:00Z");
    department.history.append(opened({.deal = "deal", .owner = "ann", .stage = "a"}).late(start));
    department.history.append(moved("deal", "a", "b").late(start + 24h));
    department.history.append(moved("deal", "b", "a").late(start + 36h + 1ns));
    department.history.append(lost("deal", "price").late(start + 48h));
    department.history.append(reopened("deal", "ann", "a").late(start + 72h));

    const auto card = department.card("deal", {.at = start + 78h});
    REQUIRE(card.stage_intervals_size() == 4);
    CHECK(card.stage_intervals(0).stage() == "a");
    CHECK(from_proto(card.stage_intervals(0).entered_at()) == start);
    CHECK(from_proto(card.stage_intervals(0).left_at()) == start + 24h);
    CHECK(from_proto(card.stage_intervals(1).left_at()) == start + 36h + 1ns);
    CHECK(from_proto(card.stage_intervals(2).left_at()) == start + 48h);
    CHECK(from_proto(card.stage_intervals(3).entered_at()) == start + 72h);
    CHECK_FALSE(card.stage_intervals(3).has_left_at());

    REQUIRE(card.stage_totals_size() == 2);
    CHECK(card.stage_totals(0).stage() == "a");
    CHECK(card.stage_totals(0).visits() == 3);
    CHECK(card.stage_totals(0).days() == Approx(1.0 + 0.5 + 0.25));
    CHECK(card.stage_totals(1).visits() == 1);
    CHECK(card.stage_totals(1).days() == Approx(0.5));
    CHECK(card.reopened() == 1);
    CHECK(card.state() == "OPEN");
    CHECK(card.loss_reason().empty());
    CHECK_FALSE(card.has_closed_at());
    CHECK(from_proto(card.opened_at()) == start);
}

TEST_CASE("deals: the card has the open tasks by due time and nothing of the closed ones") {
    Department department;
    const Instant nine = instant("2024-03-05T09:00:00Z");
    const auto stream = deal_stream("deal");
    department.history.append({opened({.deal = "deal", .owner = "ann"}), planned(stream, "later", "ann", nine + 2h)});
    department.history.append(planned(stream, "sooner", "ann", nine));
    department.history.append(planned(stream, "done", "ann", nine));
    department.history.append(planned(stream, "cancelled", "ann", nine));
    department.history.append(completed(stream, "done", "ann"));
    department.history.append(cancelled(stream, "cancelled"));
    department.history.append(rescheduled(stream, "later", nine + 2h, nine + 3h));
    department.history.append(passed("deal", "ann", "bob", {"sooner"}));

    const auto card = department.card("deal", {.at = nine + 1h});
    REQUIRE(card.open_tasks_size() == 2);
    CHECK(card.open_tasks(0).title() == "sooner");
    CHECK(card.open_tasks(0).status() == "OVERDUE");
    CHECK(card.open_tasks(0).assignee_id() == id_of("bob"));
    CHECK(card.open_tasks(1).title() == "later");
    CHECK(card.open_tasks(1).assignee_id() == id_of("ann"));
    CHECK(card.open_tasks(1).reschedules() == 1);
    CHECK(from_proto(card.open_tasks(1).original_due_at()) == nine + 2h);
    CHECK(card.open_tasks(1).deal_id() == id_of("deal"));
    CHECK(card.owner_id() == id_of("bob"));
}

TEST_CASE("deals: the revision counts every event of the stream, also unknown ones, which have no entry") {
    Department department;
    department.history.append(opened({.deal = "deal", .owner = "ann"}));
    department.history.append(told_unknown(deal_stream("deal"), "dealog.deal.v9.DealPainted"));
    CHECK(department.card("deal").revision() == 2);
    CHECK(department.timeline("deal").entries_size() == 1);
}

TEST_CASE("deals: fields are merged, an empty value removes one") {
    Department department;
    department.history.append(opened({.deal = "deal", .owner = "ann"}));
    const auto set = [&](const std::string& name, const std::string& value) {
        deal::v1::DealUpdated updated;
        auto& field = *updated.add_fields();
        field.set_name(name);
        field.set_value(value);
        department.history.append(told(deal_stream("deal"), updated));
    };
    set("budget", "100");
    set("decider", "carl");
    set("budget", "200");
    set("decider", "");
    const auto card = department.card("deal");
    REQUIRE(card.fields_size() == 1);
    CHECK(card.fields(0).name() == "budget");
    CHECK(card.fields(0).value() == "200");
}

TEST_CASE("R15: a contact's task shows in the deal as related, and is not one of the deal's own") {
    Department department;
    department.history.append(opened({.deal = "deal", .owner = "ann", .company = "acme", .contact = "carl"}));
    const Instant nine = instant("2024-03-05T09:00:00Z");
    department.history.append(planned(contact_stream("carl"), "ask carl", "ann", nine + 1h));
    department.history.append(planned(company_stream("acme"), "ask acme", "bob", nine));
    department.history.append(planned(contact_stream("dora"), "ask dora", "ann", nine));
    auto card = department.card("deal");
    CHECK(card.open_tasks_size() == 0);
    REQUIRE(card.related_tasks_size() == 2);
    CHECK(card.related_tasks(0).title() == "ask acme");
    CHECK(card.related_tasks(1).title() == "ask carl");
    REQUIRE(card.related_tasks(1).related_deal_ids_size() == 1);
    CHECK(card.related_tasks(1).related_deal_ids(0) == id_of("deal"));
    CHECK(department.card("deal", only("ann")).related_tasks_size() == 1);
    department.history.append(completed(contact_stream("carl"), "ask carl", "ann"));
    CHECK(department.card("deal").related_tasks_size() == 1);
}

// ---- Lists ----

TEST_CASE("deals: each filter of the list leaves what agrees with it, in order of creation") {
    Department department;
    department.history.append(opened({.deal = "one", .owner = "ann", .company = "acme", .external_id = "crm-1"}));
    department.history.append(opened({.deal = "two", .owner = "bob", .contact = "carl"}));
    department.history.append(opened({.deal = "three", .owner = "ann", .contact = "carl", .stage = "offer"}));
    department.history.append(opened({.deal = "four", .owner = "bob", .pipeline = "renewals"}));
    department.history.append(won("two"));
    department.history.append(lost("four", "price"));

    const auto by = [&](auto&& set) {
        v1::ListDeals request;
        set(request);
        return department.list(request);
    };
    CHECK(department.list() == Names{"one", "two", "three", "four"});
    CHECK(by([](auto& r) { r.set_owner(id_of("ann")); }) == Names{"one", "three"});
    CHECK(by([](auto& r) { r.set_stage("offer"); }) == Names{"three"});
    CHECK(by([](auto& r) { r.set_status("OPEN"); }) == Names{"one", "three"});
    CHECK(by([](auto& r) { r.set_status("WON"); }) == Names{"two"});
    CHECK(by([](auto& r) { r.set_status("LOST"); }) == Names{"four"});
    CHECK(by([](auto& r) { r.set_pipeline("renewals"); }) == Names{"four"});
    CHECK(by([](auto& r) { r.set_company(id_of("acme")); }) == Names{"one"});
    CHECK(by([](auto& r) { r.set_contact(id_of("carl")); }) == Names{"two", "three"});
    CHECK(by([](auto& r) { r.set_external_id("crm-1"); }) == Names{"one"});
    CHECK(by([](auto& r) { r.set_external_id("crm-1"), r.set_owner(id_of("bob")); }).empty());
    CHECK(by([](auto& r) { r.set_external_id("crm-2"); }).empty());
    CHECK(by([](auto& r) { r.set_contact(id_of("carl")), r.set_owner(id_of("ann")); }) == Names{"three"});

    v1::ListDeals odd;
    odd.set_status("PENDING");
    CHECK(department.model.try_ask<v1::DealList>(odd).error().code == Code::Problem_Code_MALFORMED_QUERY);
}

TEST_CASE("deals: who does not see a deal's owner finds nothing of it") {
    Department department;
    department.history.append(opened({.deal = "one", .owner = "ann", .contact = "carl", .external_id = "crm-1"}));
    department.history.append(opened({.deal = "two", .owner = "bob", .contact = "carl"}));
    CHECK(department.list({}, only("bob")) == Names{"two"});
    v1::ListDeals request;
    request.set_contact(id_of("carl"));
    CHECK(department.list(request, only("bob")) == Names{"two"});
    request.Clear();
    request.set_external_id("crm-1");
    CHECK(department.list(request, only("bob")).empty());
    request.Clear();
    request.set_owner(id_of("ann"));
    CHECK(department.list(request, only("bob")).empty());

    const auto refused = [&](auto query, auto answer) {
        query.set_deal(id_of("one"));
        const auto result = department.model.template try_ask<decltype(answer)>(query, only("bob"));
        return !result && result.error().code == Code::Problem_Code_NOT_FOUND;
    };
    CHECK(refused(v1::GetDeal{}, v1::DealCard{}));
    CHECK(refused(v1::ShowTimeline{}, v1::Timeline{}));
    CHECK(refused(v1::ShowBrief{}, v1::Brief{}));
}

TEST_CASE("deals: a deal moves between lists with its owner, company and contact") {
    Department department;
    department.history.append(opened({.deal = "one", .owner = "ann", .company = "acme", .contact = "carl"}));
    const auto before = department.history.append(opened({.deal = "two", .owner = "bob"}));
    department.history.append(passed("one", "ann", "bob"));
    deal::v1::DealUpdated updated;
    updated.set_contact_id(id_of("dora"));
    updated.set_company_id("");
    department.history.append(told(deal_stream("one"), updated));

    CHECK(department.list({}, only("ann")).empty());
    CHECK(department.list({}, only("bob")) == Names{"one", "two"});
    v1::ListDeals request;
    request.set_owner(id_of("ann"));
    Asking then;
    then.as_of = before;
    CHECK(department.list(request, then) == Names{"one"});
    request.Clear();
    request.set_contact(id_of("carl"));
    CHECK(department.list(request).empty());
    request.set_contact(id_of("dora"));
    CHECK(department.list(request) == Names{"one"});
    request.Clear();
    request.set_company(id_of("acme"));
    CHECK(department.list(request).empty());
}

TEST_CASE("deals: pages make the whole list, each deal once") {
    Department department;
    Names expected;
    for (int i = 0; i < 100; ++i) {
        const auto name = "deal" + std::to_string(i);
        department.history.append(opened({.deal = name, .owner = i % 3 == 0 ? "ann" : "bob"}));
        expected.push_back(name);
    }
    const Asking both{.visible = Visibility{.everything = false, .sellers = {id_of("ann"), id_of("bob")}}};
    for (const auto& asking : {Asking{}, both}) {
        v1::ListDeals request;
        request.set_page_size(7);
        Names paged;
        do {
            const auto page = department.model.ask<v1::DealList>(request, asking);
            CHECK(page.deals_size() <= 7);
            for (const auto& deal : page.deals()) paged.push_back(deal.title());
            request.set_page_token(page.next_page_token());
        } while (!request.page_token().empty());
        CHECK(paged == expected);
    }
}

// ---- The brief ----

TEST_CASE("R8: after a change of owner the brief has every item of the predecessor, nothing hidden, nothing re-dated") {
    Department department;
    const auto stream = deal_stream("deal");
    const Instant nine = instant("2024-03-05T09:00:00Z");
    department.history.append(defined("decider", instant("2024-01-01T00:00:00Z")));
    department.history.append(opened({.deal = "deal", .owner = "ann", .company = "acme"}));
    department.history.append(planned(stream, "first call", "ann", nine));
    department.history.append(completed(stream, "first call", "ann", "wants an offer").late(nine - 24h));
    department.history.append(
        logged(stream, "letter", "ann", "sent the brochure", "EMAIL", task::v1::Outcome::NOT_REACHED).at(nine));
    department.history.append(planned(stream, "second call", "ann", nine + 48h));
    const auto before = department.brief("deal", only("ann"));
    department.history.append(passed("deal", "ann", "bob", {"second call"}));

    const auto brief = department.brief("deal", only("bob"));
    REQUIRE(brief.timeline_size() == before.timeline_size() + 1);
    for (int i = 0; i < before.timeline_size(); ++i) {
        CHECK(brief.timeline(i).SerializeAsString() == before.timeline(i).SerializeAsString());
    }
    CHECK(brief.timeline(2).text() == "wants an offer");
    CHECK(brief.timeline(2).title() == "first call");
    CHECK(brief.timeline(2).backdated());
    CHECK(from_proto(brief.timeline(2).occurred_at()) == nine - 24h);
    CHECK(brief.timeline(5).text() == "handed over");
    CHECK(brief.timeline(5).from() == id_of("ann"));
    CHECK(brief.timeline(5).to() == id_of("bob"));
    CHECK(brief.last_answered_channel() == "CALL");
    CHECK(from_proto(brief.last_answered_at()) == nine - 24h);
    CHECK(brief.actions() == 2);
    CHECK(Names(brief.owners().begin(), brief.owners().end()) == Names{id_of("ann"), id_of("bob")});
    CHECK(brief.next_task().title() == "second call");
    CHECK(brief.open_tasks(0).assignee_id() == id_of("bob"));
    CHECK(Names(brief.criteria_met().begin(), brief.criteria_met().end()) == Names{"company_id"});
    CHECK(Names(brief.criteria_missing().begin(), brief.criteria_missing().end()) == Names{"value", "decider"});
    CHECK(department.model
              .try_ask<v1::Brief>(
                  [] {
                      v1::ShowBrief request;
                      request.set_deal(id_of("deal"));
                      return request;
                  }(),
                  only("ann"))
              .error()
              .code == Code::Problem_Code_NOT_FOUND);
}

TEST_CASE("R8: the brief goes by what corrections left, and by the criteria in force") {
    Department department;
    const auto stream = deal_stream("deal");
    department.history.append(defined("decider", instant("2024-01-01T00:00:00Z")));
    department.history.append(defined("budget", instant("2024-03-10T00:00:00Z")));
    department.history.append(opened({.deal = "deal", .owner = "ann", .company = "acme"}));
    department.history.append(logged(stream, "letter", "ann", "answered", "EMAIL"));
    department.history.append(logged(stream, "call", "ann", "answered", "CALL"));
    department.history.append(logged(stream, "papers", "ann", "wrote the contract", "TASK"));
    CHECK(department.brief("deal").last_answered_channel() == "CALL");
    department.history.append(corrected(stream, "call", "ann", task::v1::Outcome::NOT_REACHED, "it was the secretary"));
    CHECK(department.brief("deal").last_answered_channel() == "EMAIL");
    CHECK(department.brief("deal").actions() == 3);
    CHECK(department.brief("deal").criteria_missing(1) == "decider");
    CHECK(department.brief("deal", {.at = instant("2024-03-10T00:00:00Z")}).criteria_missing(1) == "budget");
    department.history.append(moved("deal", "new", "contract"));
    CHECK(department.brief("deal").criteria_missing_size() == 0);
}

}  // namespace
}  // namespace dealog::deals
