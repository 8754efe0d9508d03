#include <catch2/catch.hpp>

#include "projections/board/board.hpp"
#include "projections/board/board.pb.h"
#include "projections/day_list/day_list.hpp"
#include "projections/day_list/day_list.pb.h"
#include "projections/deals/deals.hpp"
#include "projections/deals/deals.pb.h"
#include "projections/directory/directory.pb.h"
#include "tests/projections/office.hpp"
#include "tests/projections/told_events.hpp"

namespace dealog::projections::testing {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

Asking only(std::string_view seller, std::optional<Position> as_of = {}) {
    return {.seller = id_of(seller),
            .visible = Visibility{.everything = false, .sellers = {id_of(seller)}},
            .at = {},
            .as_of = as_of};
}

template <class List>
Names titles(const List& list) {
    Names found;
    for (const auto& one : list) found.push_back(one.title());
    return found;
}

/// Ann had the deal `one` and its task until `then`; Bob has both now. The deal `two` has always been Bob's.
struct HandedOver {
    HandedOver() {
        history.append(joined("ann"));
        history.append(joined("bob"));
        history.append(opened({.deal = "one", .owner = "ann", .company = "acme", .contact = "carl"}));
        history.append(opened({.deal = "two", .owner = "bob"}));
        history.append(planned(deal_stream("one"), "call", "ann", due));
        history.append(planned(contact_stream("carl"), "visit", "ann", due));
        then = history.head();
        history.append(passed("one", "ann", "bob", {"call"}));
    }

    History history;
    Instant due = instant("2024-03-05T09:00:00Z");
    Position then;
};

}  // namespace

TEST_CASE("R5: deals as of the past are seen by who owns them now, and by nobody else") {
    HandedOver it;
    const auto projection = deals::make();
    ReadModel model{*projection, it.history};
    const auto listed = [&](const Asking& asking) {
        return titles(model.ask<deals::v1::DealList>(deals::v1::ListDeals{}, asking).deals());
    };
    CHECK(listed(only("ann", it.then)).empty());
    CHECK(listed(only("bob", it.then)) == Names{"one", "two"});
    const auto before_two = Position{3};
    CHECK(listed(only("bob", before_two)) == Names{"one"});

    const auto found = [&](auto request, auto answer, std::string_view seller) {
        request.set_deal(id_of("one"));
        const auto got = model.try_ask<decltype(answer)>(request, only(seller, it.then));
        return got ? v1::Problem::PROBLEM_UNSPECIFIED : got.error().code;
    };
    const auto all_of = [&](std::string_view seller) {
        return std::vector{found(deals::v1::GetDeal{}, deals::v1::DealCard{}, seller),
                           found(deals::v1::ShowTimeline{}, deals::v1::Timeline{}, seller),
                           found(deals::v1::ShowBrief{}, deals::v1::Brief{}, seller)};
    };
    CHECK(all_of("ann") == std::vector(3, v1::Problem::NOT_FOUND));
    CHECK(all_of("bob") == std::vector(3, v1::Problem::PROBLEM_UNSPECIFIED));

    deals::v1::ListDeals of_ann;  // the filter speaks of the owner then
    of_ann.set_owner(id_of("ann"));
    CHECK(titles(model.ask<deals::v1::DealList>(of_ann, only("bob", it.then)).deals()) == Names{"one"});
    CHECK(model.ask<deals::v1::DealList>(of_ann, only("ann", it.then)).deals().empty());
}

TEST_CASE("R5: pages of deals as of the past go on where the last one ended, by the rights of now") {
    HandedOver it;
    const auto projection = deals::make();
    ReadModel model{*projection, it.history};
    deals::v1::ListDeals request;
    request.set_page_size(1);
    const auto first = model.ask<deals::v1::DealList>(request, only("bob", it.then));
    CHECK(titles(first.deals()) == Names{"one"});
    request.set_page_token(first.next_page_token());
    const auto second = model.ask<deals::v1::DealList>(request, only("bob", it.then));
    CHECK(titles(second.deals()) == Names{"two"});
    CHECK(second.next_page_token().empty());
}

TEST_CASE("R5: tasks as of the past are seen by who has them now") {
    HandedOver it;
    const auto projection = day_list::make();
    ReadModel model{*projection, it.history};
    const auto open = [&](const Asking& asking) {
        return titles(model.ask<day_list::v1::TaskList>(day_list::v1::ListTasks{}, asking).tasks());
    };
    CHECK(open(only("ann", it.then)) == Names{"visit"});
    CHECK(open(only("bob", it.then)) == Names{"call"});

    day_list::v1::ListTasks day;
    day.set_seller(id_of("ann"));
    day.set_date("2024-03-05");
    const auto of_ann = model.ask<day_list::v1::TaskList>(day, only("ann", it.then));
    CHECK(titles(of_ann.tasks()) == Names{"visit"});
    CHECK(of_ann.planned() == 2);  // figures stay what they were
    REQUIRE(of_ann.tasks_size() == 1);
    CHECK(of_ann.tasks(0).related_deal_ids().empty());  // Bob's now

    SECTION("one that was cancelled since goes with its deal") {
        it.history.append(cancelled(deal_stream("one"), "call"));
        CHECK(open(only("ann", it.then)) == Names{"visit"});
        CHECK(open(only("bob", it.then)) == Names{"call"});
    }
    SECTION("one that was cancelled without a change of hands stays with who had it") {
        it.history.append(cancelled(contact_stream("carl"), "visit"));
        CHECK(open(only("ann")).empty());
        CHECK(open(only("ann", it.then)) == Names{"visit"});
    }
}

TEST_CASE("R5: the board of the past shows a deal to who owns it now, in knowledge and in business time") {
    HandedOver it;
    pipeline::v1::PipelineDefined defined;
    defined.set_key("sales");
    for (const char* stage : {"new", "offer"}) defined.add_stages()->set_key(stage);
    to_proto(instant("2024-01-01T00:00:00Z"), *defined.mutable_valid_from());
    it.history.append(told("pipeline-sales", defined));
    const Position before = it.history.head();
    it.history.append(passed("two", "bob", "ann"));
    const auto moment = it.history.now();
    it.history.set_clock(moment + 24h);
    it.history.append(passed("two", "ann", "bob"));

    const auto projection = board::make_board();
    ReadModel model{*projection, it.history};
    const auto count = [&](const std::string& at, const Asking& asking) {
        board::v1::ShowBoard request;
        request.set_key("sales");
        request.set_at(at);
        return model.ask<board::v1::Board>(request, asking).count();
    };
    CHECK(count({}, only("ann", before)) == 0);
    CHECK(count({}, only("bob", before)) == 2);
    CHECK(count(format_rfc3339(moment), only("ann")) == 0);
    CHECK(count(format_rfc3339(moment), only("bob")) == 2);
    CHECK(count(format_rfc3339(moment), only("ann", it.history.head())) == 0);
    CHECK(count({}, {.seller = {}, .visible = {}, .at = {}, .as_of = before}) == 2);
}

namespace sales {

TEST_CASE("R5: clients as of the past are seen by who owns them now") {
    Office it;
    it.history.append(registers_company("acme", "bob", "Acme"));
    it.history.append(registers_contact("carl", "bob", {.name = "Carl"}));
    const auto then = it.history.head();
    company::v1::CompanyUpdated company;
    company.set_owner_id(id_of("cyd"));
    it.history.append(told("company-" + id_of("acme"), company));
    contact::v1::ContactUpdated contact;
    contact.set_owner_id(id_of("cyd"));
    contact.set_subject("contact-" + id_of("carl"));
    it.history.append(told("contact-" + id_of("carl"), contact));

    const auto cyd = it.seller("cyd", "south", v1::Role::CLOSER);
    directory::v1::GetCompany company_card;
    company_card.set_company(id_of("acme"));
    directory::v1::GetContact contact_card;
    contact_card.set_contact(id_of("carl"));
    for (const auto* caller : {&it.closer, &it.head}) {
        CHECK_FALSE(it.ask<directory::v1::CompanyCard>(company_card, *caller, then));
        CHECK_FALSE(it.ask<directory::v1::ContactCard>(contact_card, *caller, then));
        CHECK(it.ask<directory::v1::CompanyList>(directory::v1::ListCompanies{}, *caller, then)->companies().empty());
        CHECK(it.ask<directory::v1::ContactList>(directory::v1::ListContacts{}, *caller, then)->contacts().empty());
    }
    CHECK(it.ask<directory::v1::CompanyCard>(company_card, cyd, then)->company().owner_id() == id_of("bob"));
    CHECK(it.ask<directory::v1::ContactCard>(contact_card, cyd, then)->contact().full_name() == "Carl");
    CHECK(it.ask<directory::v1::CompanyList>(directory::v1::ListCompanies{}, cyd, then)->companies_size() == 1);
    CHECK(it.ask<directory::v1::ContactList>(directory::v1::ListContacts{}, cyd, then)->contacts_size() == 1);
}

TEST_CASE("R5: colleagues as of the past are seen by the head of their team of now") {
    Office it;
    it.history.append(issues_key("key", "bob"));
    const auto then = it.history.head();
    it.history.append(changes_team("bob", "south"));
    const auto other_head = it.seller("cyd", "south", v1::Role::HEAD);
    const auto names = [&](const Principal& caller) {
        std::vector<std::string> found;
        const auto list = it.ask<directory::v1::SellerList>(directory::v1::ListSellers{}, caller, then);
        for (const auto& seller : list->sellers()) found.push_back(seller.name());
        return found;
    };
    CHECK(names(it.head) == std::vector<std::string>{"ann"});
    CHECK(names(other_head) == std::vector<std::string>{"bob", "cyd"});
    directory::v1::GetSeller card;
    card.set_seller(id_of("bob"));
    CHECK_FALSE(it.ask<directory::v1::SellerCard>(card, it.head, then));
    CHECK(it.ask<directory::v1::SellerCard>(card, other_head, then)->seller().team_id() == id_of("north"));
    const directory::v1::ListApiKeys keys;
    CHECK(it.ask<directory::v1::ApiKeyList>(keys, it.head, then)->api_keys().empty());
    CHECK(it.ask<directory::v1::ApiKeyList>(keys, other_head, then)->api_keys_size() == 1);
}

}  // namespace sales

}  // namespace dealog::projections::testing
