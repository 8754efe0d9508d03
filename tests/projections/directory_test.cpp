#include <catch2/catch.hpp>

#include <random>

#include "projections/directory/directory.pb.h"
#include "tests/projections/office.hpp"

namespace dealog::projections::testing::sales {
namespace {

using Days = std::chrono::duration<std::int64_t, std::ratio<86400>>;

std::string text(const google::protobuf::Message& message) { return message.ShortDebugString(); }

template <class List>
std::vector<std::string> names(const List& list) {
    std::vector<std::string> out;
    for (const auto& one : list) out.push_back(one.name());
    return out;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("directory: sellers are listed by name, as far as the caller's reach goes") {
    Office it;
    const auto list = [&](const Principal& caller) {
        return names(it.ask<directory::v1::SellerList>(directory::v1::ListSellers{}, caller)->sellers());
    };
    CHECK(list(it.auditor) == Names{"ann", "bob", "cyd"});
    CHECK(list(it.head) == Names{"ann", "bob"});
    CHECK(list(it.closer) == Names{"bob"});
    directory::v1::ListSellers asked;
    asked.set_q("B");
    CHECK(names(it.ask<directory::v1::SellerList>(asked, it.auditor)->sellers()) == Names{"bob"});
    asked.clear_q();
    asked.set_team(id_of("south"));
    CHECK(names(it.ask<directory::v1::SellerList>(asked, it.auditor)->sellers()) == Names{"cyd"});
    directory::v1::GetSeller card;
    card.set_seller(id_of("cyd"));
    CHECK(it.ask<directory::v1::SellerCard>(card, it.auditor)->seller().team_id() == id_of("south"));
    CHECK(it.ask<directory::v1::SellerCard>(card, it.head).error().code == v1::Problem::NOT_FOUND);
}

TEST_CASE("directory: lists come in pages that go on where the last one ended") {
    Office it;
    directory::v1::ListSellers asked;
    asked.set_page_size(2);
    const auto first = it.ask<directory::v1::SellerList>(asked, it.auditor);
    CHECK(names(first->sellers()) == Names{"ann", "bob"});
    asked.set_page_token(first->next_page_token());
    const auto second = it.ask<directory::v1::SellerList>(asked, it.auditor);
    CHECK(names(second->sellers()) == Names{"cyd"});
    CHECK(second->next_page_token().empty());

    for (const char* n : {"0", "1", "2", "3", "4"}) {
        it.history.append(registers_company(std::string("c") + n, "bob", std::string("Company ") + n));
    }
    directory::v1::ListCompanies companies;
    companies.set_page_size(2);
    Names all;
    do {
        const auto page = it.ask<directory::v1::CompanyList>(companies, it.closer);
        REQUIRE(page);
        CHECK(page->companies_size() <= 2);
        for (const auto& company : page->companies()) all.push_back(company.name());
        companies.set_page_token(page->next_page_token());
    } while (!companies.page_token().empty());
    CHECK(all == Names{"Company 0", "Company 1", "Company 2", "Company 3", "Company 4"});
}

TEST_CASE("directory: teams and keys show to whom they belong, and never a secret") {
    Office it;
    it.history.append(issues_key("key of bob", "bob"));
    it.history.append(issues_key("key of cyd", "cyd"));
    it.history.append(issues_key("key of erp", ""));
    apikey::v1::ApiKeyRevoked revoked;
    revoked.set_key_id(id_of("key of cyd"));
    it.history.append("apikey-" + id_of("key of cyd"), revoked);
    const auto keys = [&](const Principal& caller) {
        return *it.ask<directory::v1::ApiKeyList>(directory::v1::ListApiKeys{}, caller);
    };
    const auto all = keys(it.auditor);
    REQUIRE(all.api_keys_size() == 3);
    CHECK(all.api_keys(1).has_revoked_at());
    CHECK_FALSE(all.api_keys(0).has_revoked_at());
    CHECK(all.api_keys(2).service() == "erp");
    CHECK(all.SerializeAsString().find("hash") == std::string::npos);
    CHECK(keys(it.head).api_keys_size() == 1);
    CHECK(keys(it.closer).api_keys(0).seller_id() == id_of("bob"));
    const auto teams = [&](const Principal& caller) {
        return names(it.ask<directory::v1::TeamList>(directory::v1::ListTeams{}, caller)->teams());
    };
    CHECK(teams(it.auditor) == Names{"north", "south"});
    CHECK(teams(it.head) == Names{"north"});
}

TEST_CASE("directory: companies are found by tax id, external id and part of the name, by those who may see them") {
    Office it;
    it.history.append(registers_company("acme", "bob", "Рога и Копыта"));
    it.history.append(registers_company("globex", "cyd", "Globex"));
    it.history.append(registers_company("nobody", "", "Nobody's"));
    const auto count = [&](const directory::v1::ListCompanies& asked, const Principal& caller) {
        return it.ask<directory::v1::CompanyList>(asked, caller)->companies_size();
    };
    directory::v1::ListCompanies asked;
    CHECK(count(asked, it.auditor) == 3);
    CHECK(count(asked, it.head) == 1);
    asked.set_q("КОПЫТА");
    CHECK(count(asked, it.auditor) == 1);
    asked.set_q("globex");
    CHECK(count(asked, it.head) == 0);
    asked.clear_q();
    asked.set_tax_id("tax-acme");
    CHECK(count(asked, it.closer) == 1);
    asked.set_external_id("ext-globex");
    CHECK(count(asked, it.auditor) == 0);

    company::v1::CompanyUpdated updated;
    updated.set_owner_id(id_of("cyd"));
    it.history.append("company-" + id_of("acme"), updated);
    directory::v1::GetCompany card;
    card.set_company(id_of("acme"));
    CHECK(it.ask<directory::v1::CompanyCard>(card, it.closer).error().code == v1::Problem::NOT_FOUND);
    const auto seen = it.ask<directory::v1::CompanyCard>(card, it.auditor);
    CHECK(seen->company().revision() == 2);
    CHECK(seen->company().name() == "Рога и Копыта");
}

TEST_CASE("directory: the revision of a contact's card moves with every event of its stream") {
    Office it;
    it.history.append(registers_contact("ivan", "bob", {.name = "Ivan"}));
    auto planned = plans("unused", "task", "bob", it.history.now());
    planned.stream = "contact-" + id_of("ivan");
    it.history.append(std::move(planned));
    directory::v1::GetContact card;
    card.set_contact(id_of("ivan"));
    CHECK(it.ask<directory::v1::ContactCard>(card, it.closer)->contact().revision() == 2);
}

TEST_CASE("directory: contacts are found by exact phone, by e-mail in any case, and by part of the name") {
    Office it;
    it.history.append(
        registers_contact("ivan", "bob", {.name = "Иван Ёлкин", .phone = "+79161234567", .email = "Ivan@Example.com"}));
    it.history.append(registers_contact("olga", "cyd", {.name = "Ольга", .phone = "+79160000000"}));
    const auto found = [&](const directory::v1::ListContacts& asked, const Principal& caller) {
        std::vector<std::string> names_found;
        const auto list = it.ask<directory::v1::ContactList>(asked, caller);
        for (const auto& contact : list->contacts()) {
            names_found.push_back(contact.full_name());
        }
        return names_found;
    };
    directory::v1::ListContacts by_phone;
    by_phone.set_phone("+79161234567");
    CHECK(found(by_phone, it.closer) == Names{"Иван Ёлкин"});
    by_phone.set_phone("+7916123456");
    CHECK(found(by_phone, it.closer).empty());
    by_phone.set_phone("+79160000000");
    CHECK(found(by_phone, it.closer).empty());  // somebody else's client
    CHECK(found(by_phone, it.auditor) == Names{"Ольга"});
    directory::v1::ListContacts by_email;
    by_email.set_email("ivan@EXAMPLE.com");
    CHECK(found(by_email, it.closer) == Names{"Иван Ёлкин"});
    directory::v1::ListContacts by_part;
    by_part.set_q("ёлк");
    CHECK(found(by_part, it.closer) == Names{"Иван Ёлкин"});
    by_part.set_company(id_of("other"));
    CHECK(found(by_part, it.closer).empty());

    it.history.append(updates_contact("ivan", {.name = "Иван Ёлкин", .phone = "+79169999999"}));
    by_phone.set_phone("+79161234567");
    CHECK(found(by_phone, it.closer).empty());
    directory::v1::GetContact card;
    card.set_contact(id_of("ivan"));
    CHECK(it.ask<directory::v1::ContactCard>(card, it.closer)->contact().phones(0) == "+79169999999");
}

TEST_CASE(
    "directory: an erased person reads as erased at every moment, is found by nothing, and the rows stay as they "
    "were") {
    Office it;
    it.history.append(registers_contact("ivan", "bob", {.name = "Ivan", .phone = "+79161234567"}));
    const auto before_erasure = it.history.head();
    directory::v1::GetContact card;
    card.set_contact(id_of("ivan"));
    CHECK(it.ask<directory::v1::ContactCard>(card, it.closer)->contact().personal_state() == v1::PersonalState::OPEN);
    it.history.append(registers_contact("olga", "bob", {.name = "Olga", .phone = "+79160000000"}));
    it.history.vault.erase("contact-" + id_of("ivan"));
    for (const auto as_of : {std::optional<Position>{}, std::optional{before_erasure}}) {
        const auto contact = it.ask<directory::v1::ContactCard>(card, it.closer, as_of)->contact();
        CHECK(contact.personal_state() == v1::PersonalState::ERASED);
        CHECK(contact.full_name().empty());
        CHECK(contact.phones().empty());
        CHECK(contact.owner_id() == id_of("bob"));
    }
    directory::v1::ListContacts asked;
    asked.set_q("ivan");
    CHECK(it.ask<directory::v1::ContactList>(asked, it.closer)->contacts().empty());
    CHECK(it.ask<directory::v1::ContactList>(directory::v1::ListContacts{}, it.closer)->contacts_size() == 2);
}

TEST_CASE("directory: pipelines show the version in force at the moment of the answer") {
    Office it;
    const auto start = it.history.now();
    it.history.append(defines("sales", {{"new", 0.1}}));
    auto later = defines("sales", {{"new", 0.2}, {"offer", 0.5}});
    auto& defined = static_cast<pipeline::v1::PipelineDefined&>(*later.event);
    to_proto(start + Days{10}, *defined.mutable_valid_from());
    it.history.append(std::move(later));
    const auto show = [&](Instant at) {
        return *it.ask<directory::v1::PipelineList>(directory::v1::ListPipelines{}, it.closer, std::nullopt, at);
    };
    REQUIRE(show(it.history.now()).pipelines_size() == 1);
    CHECK(show(it.history.now()).pipelines(0).version() == 1);
    CHECK(show(start + Days{10}).pipelines(0).version() == 2);
    CHECK(show(start + Days{10}).pipelines(0).stages_size() == 2);
    CHECK(show(start - Days{10}).pipelines().empty());
}

TEST_CASE("directory: settings show what is in force and what will be") {
    Office it;
    const auto start = it.history.now();
    it.history.append(sets_norm(30));
    it.history.append(sets_norm(35, start + Days{5}));
    it.history.append(sets_norm(36, start + Days{5}));  // said again before it began
    it.history.append(sets_norm(50, start + Days{9}));
    const auto show = [&](Instant at) {
        return *it.ask<directory::v1::SettingList>(directory::v1::ListSettings{}, it.closer, std::nullopt, at);
    };
    const auto now = show(it.history.now());
    REQUIRE(now.settings_size() == 1);
    CHECK(now.settings(0).key() == "norms");
    CHECK(now.settings(0).value().norms().min() == 30);
    CHECK(now.settings(0).version() == 1);
    REQUIRE(now.upcoming_size() == 2);
    CHECK(now.upcoming(0).value().norms().min() == 36);
    CHECK(show(start + Days{5}).settings(0).value().norms().min() == 36);
    CHECK(show(start + Days{9}).upcoming().empty());
}

TEST_CASE("directory: a key can ask who it is") {
    Office it;
    auto caller = it.head;
    caller.key_id = id_of("key");
    const auto me = *it.ask<directory::v1::Me>(directory::v1::WhoAmI{}, caller);
    CHECK(me.seller_id() == id_of("ann"));
    CHECK(me.name() == "ann");
    CHECK(me.team_id() == id_of("north"));
    CHECK(me.roles(0) == v1::Role::HEAD);
    CHECK(me.key_id() == id_of("key"));
    Principal service;
    service.kind = Principal::Kind::service;
    service.name = "erp";
    service.scopes = {"queries"};
    CHECK(it.ask<directory::v1::Me>(directory::v1::WhoAmI{}, service)->service() == "erp");
    CHECK(it.ask<directory::v1::Me>(directory::v1::WhoAmI{}, service)->seller_id().empty());
}

TEST_CASE("directory: others look up teams, owners, reach and the workspace's zone in it") {
    Office it;
    it.history.append(registers_company("acme", "bob", "Acme"));
    it.history.append(registers_contact("ivan", "cyd", {.name = "Ivan"}));
    it.history.append(opens("one", {.owner = "bob"}));
    it.history.append(passes("one", "bob", "ann"));
    settings::v1::SettingChanged changed;
    changed.set_key("locale");
    changed.mutable_value()->mutable_locale()->set_time_zone("Europe/Moscow");
    it.history.append("settings", changed);
    const auto view = it.model.rows().view();
    CHECK(directory::sellers_of_team(*view, id_of("north")) ==
          std::unordered_set<std::string>{id_of("ann"), id_of("bob")});
    CHECK(directory::team_of_seller(*view, id_of("cyd")) == id_of("south"));
    CHECK_FALSE(directory::team_of_seller(*view, id_of("zoe")));
    CHECK(directory::owner_of_company(*view, id_of("acme")) == id_of("bob"));
    CHECK(directory::owner_of_contact(*view, id_of("ivan")) == id_of("cyd"));
    CHECK(directory::owner_of_deal(*view, id_of("one")) == id_of("ann"));
    CHECK_FALSE(directory::owner_of_deal(*view, id_of("two")));
    CHECK(directory::workspace_zone(*view, it.history.now()).name() == "Europe/Moscow");
    CHECK(directory::visibility_of(*view, it.auditor).everything);
    CHECK(directory::visibility_of(*view, it.head).sees(id_of("bob")));
    CHECK_FALSE(directory::visibility_of(*view, it.head).sees(id_of("cyd")));
    CHECK_FALSE(directory::visibility_of(*view, it.closer).sees(id_of("ann")));
}

TEST_CASE("R5: every list and card as of a past append is what it was then") {
    Office it;
    std::mt19937 chance(5);
    const auto roll = [&](unsigned sides) { return static_cast<unsigned>(chance() % sides); };
    const std::vector<std::string> sellers{"ann", "bob", "cyd"};
    const std::vector<std::string> teams{"north", "south", ""};
    std::vector<std::string> contacts;
    const auto event = [&]() -> Told {
        switch (roll(8)) {
            case 0:
                return changes_team(sellers[roll(3)], teams[roll(3)]);
            case 1:
                return defines("sales", {{"new", roll(100) / 100.0}});
            case 2:
                return sets_norm(roll(50), it.history.now() + Days{static_cast<int>(roll(9)) - 3});
            case 3:
                return registers_company("c" + std::to_string(it.history.appends()), sellers[roll(3)], "Company");
            case 4:
                return issues_key("k" + std::to_string(it.history.appends()), sellers[roll(3)]);
            case 5:
                return updates_contact(contacts[roll(static_cast<unsigned>(contacts.size()))],
                                       {.name = "New " + std::to_string(roll(99))});
            default:
                break;
        }
        contacts.push_back("p" + std::to_string(it.history.appends()));
        return registers_contact(contacts.back(), sellers[roll(3)],
                                 {.name = "Person", .phone = "+7916" + std::to_string(1000000 + roll(999))});
    };
    const auto answers = [&](std::optional<Position> as_of, Instant at) {
        std::string all;
        const auto say = [&](const auto& answer) { all += text(*answer) + "\n"; };
        say(it.ask<directory::v1::SellerList>(directory::v1::ListSellers{}, it.auditor, as_of, at));
        say(it.ask<directory::v1::ApiKeyList>(directory::v1::ListApiKeys{}, it.auditor, as_of, at));
        say(it.ask<directory::v1::CompanyList>(directory::v1::ListCompanies{}, it.auditor, as_of, at));
        say(it.ask<directory::v1::ContactList>(directory::v1::ListContacts{}, it.auditor, as_of, at));
        say(it.ask<directory::v1::PipelineList>(directory::v1::ListPipelines{}, it.auditor, as_of, at));
        say(it.ask<directory::v1::SettingList>(directory::v1::ListSettings{}, it.auditor, as_of, at));
        say(it.ask<directory::v1::TeamList>(directory::v1::ListTeams{}, it.auditor, as_of, at));
        directory::v1::GetContact card;
        card.set_contact(id_of(contacts.front()));
        say(it.ask<directory::v1::ContactCard>(card, it.auditor, as_of, at));
        return all;
    };
    std::vector<std::tuple<Position, Instant, std::string>> past;
    contacts.emplace_back("first");
    it.history.append(registers_contact("first", "ann", {.name = "First"}));
    for (int n = 0; n < 200; ++n) {
        it.history.set_clock(it.history.now() + std::chrono::hours{roll(20)});
        it.history.append(event());
        past.emplace_back(it.history.head(), it.history.now(), answers(std::nullopt, it.history.now()));
    }
    for (const auto& [position, at, said] : past) REQUIRE(answers(position, at) == said);
}

}  // namespace dealog::projections::testing::sales
