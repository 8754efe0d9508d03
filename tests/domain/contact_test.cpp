#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "tests/domain/world.hpp"

using namespace dealog;
using namespace dealog::test;

namespace {

domain::Decided register_contact(World& world, std::string_view personal) {
    return world.when<contact::v1::RegisterContact>(fmt::format(R"({{"personal": {}}})", personal));
}

Code code(domain::Decided decided) { return World::refusal(std::move(decided)).code; }

}  // namespace

TEST_CASE("contact: a phone or an e-mail is known once, however it is spelled", "[domain][contact]") {
    World world;
    world.append(
        register_contact(world, R"({"fullName": "Bob", "phones": ["+79990001122"], "emails": ["Bob@Lathe.com"]})"));
    CHECK(code(register_contact(world, R"({"phones": ["+79990001122"]})")) == Code::Problem_Code_DUPLICATE_CONTACT);
    CHECK(code(register_contact(world, R"({"emails": [" bob@lathe.COM "]})")) == Code::Problem_Code_DUPLICATE_CONTACT);
    CHECK(register_contact(world, R"({"phones": ["+79990001123"]})").has_value());
    const auto& person = world.last<contact::v1::ContactRegistered>().personal();
    CHECK(person.emails(0) == "Bob@Lathe.com");
}

TEST_CASE("contact: a refusal of a duplicate names nobody's client", "[domain][contact]") {
    World world;
    const auto bob = world.append(register_contact(world, R"({"phones": ["+79990001122"]})")).id;
    const auto refusal = World::refusal(register_contact(world, R"({"phones": ["+79990001122"]})"));
    CHECK(refusal.detail.find(bob) == std::string::npos);
    CHECK(refusal.violations.empty());
}

TEST_CASE("contact: personal values are replaced as a whole, what is gone may be another's", "[domain][contact]") {
    World world;
    const auto bob =
        world.append(register_contact(world, R"({"phones": ["+79990001122", "+79990001122"], "emails": ["b@x.com"]})"))
            .id;
    CHECK(world.last<contact::v1::ContactRegistered>().personal().phones_size() == 1);
    world.done<contact::v1::UpdateContact>(
        fmt::format(R"({{"contact": "{}", "personal": {{"phones": ["+79990001133"]}}}})", bob));
    CHECK(world.last<contact::v1::ContactUpdated>().subject() == "contact-" + bob);
    CHECK(register_contact(world, R"({"phones": ["+79990001122"], "emails": ["b@x.com"]})").has_value());
    CHECK(code(register_contact(world, R"({"phones": ["+79990001133"]})")) == Code::Problem_Code_DUPLICATE_CONTACT);
    // Without personal nothing of it moves.
    world.done<contact::v1::UpdateContact>(fmt::format(R"({{"contact": "{}", "source": "fair"}})", bob));
    CHECK_FALSE(world.last<contact::v1::ContactUpdated>().has_personal());
    CHECK(code(register_contact(world, R"({"phones": ["+79990001133"]})")) == Code::Problem_Code_DUPLICATE_CONTACT);
    CHECK(world.done<contact::v1::UpdateContact>(fmt::format(R"({{"contact": "{}", "source": "fair"}})", bob))
              .events.empty());
}

TEST_CASE("contact: who registers one owns it, a named owner is an active seller", "[domain][contact]") {
    World world;
    const auto ann = world.add_seller("ann");
    world.append(register_contact(world, "{}"));
    CHECK(world.last<contact::v1::ContactRegistered>().owner_id().empty());
    const auto admin = world.actor;
    world.act_as(ann);
    world.append(register_contact(world, "{}"));
    CHECK(world.last<contact::v1::ContactRegistered>().owner_id() == ann);
    world.actor = admin;
    world.dismiss(ann);
    CHECK(world.refused<contact::v1::RegisterContact>(fmt::format(R"({{"ownerId": "{}"}})", ann)).code ==
          Code::Problem_Code_SELLER_INACTIVE);
    CHECK(world.refused<contact::v1::RegisterContact>(R"({"companyId": "x"})").code ==
          Code::Problem_Code_UNKNOWN_REFERENCE);
}

TEST_CASE("company: registering and changing, only what changes is recorded", "[domain][company]") {
    World world;
    const auto company =
        world.done<company::v1::RegisterCompany>(R"({"name": "Lathe Ltd", "taxId": "77", "externalId": "c-1"})").id;
    CHECK(world.refused<company::v1::RegisterCompany>(R"({"name": "Other", "externalId": "c-1"})").code ==
          Code::Problem_Code_EXTERNAL_ID_TAKEN);
    const auto update = [&](std::string_view more) {
        return world.done<company::v1::UpdateCompany>(fmt::format(R"({{"company": "{}"{}}})", company, more));
    };
    CHECK(update(R"(, "name": "Lathe Ltd", "taxId": "77")").events.empty());
    update(R"(, "taxId": "", "industry": "metal")");
    CHECK(world.company(company)->tax_id.empty());
    CHECK(world.company(company)->industry == "metal");
    CHECK(world.company(company)->name == "Lathe Ltd");
}

TEST_CASE("privacy: erasing a person releases the claims, happens once and is final", "[domain][privacy]") {
    World world;
    const auto bob = world.append(register_contact(world, R"({"phones": ["+79990001122"], "emails": ["b@x.com"]})")).id;
    const auto erase = fmt::format(R"({{"subject": "contact-{}", "legalGround": "asked"}})", bob);
    const auto decision = world.done<privacy::v1::EraseSubject>(erase);
    CHECK(decision.erase_subject == "contact-" + bob);
    CHECK(decision.stream.value() == "subject-contact-" + bob);
    CHECK(register_contact(world, R"({"phones": ["+79990001122"], "emails": ["b@x.com"]})").has_value());
    const auto again = world.done<privacy::v1::EraseSubject>(erase);
    CHECK(again.events.empty());
    CHECK(again.erase_subject.empty());
    const auto update = fmt::format(R"({{"contact": "{}", "personal": {{"fullName": "Bob"}}}})", bob);
    CHECK(world.refused<contact::v1::UpdateContact>(update).code == Code::Problem_Code_SUBJECT_ERASED);
    CHECK(world.when<contact::v1::UpdateContact>(fmt::format(R"({{"contact": "{}", "source": "fair"}})", bob))
              .has_value());
}

TEST_CASE("privacy: only what exists can be erased", "[domain][privacy]") {
    World world;
    const auto deal = world.open_deal();
    for (const char* subject : {"contact-x", "seller-x", "contact-", "contact", "x"}) {
        CHECK(world
                  .refused<privacy::v1::EraseSubject>(
                      fmt::format(R"({{"subject": "{}", "legalGround": "asked"}})", subject))
                  .code == Code::Problem_Code_NOT_FOUND);
    }
    const auto decision =
        world.done<privacy::v1::EraseSubject>(fmt::format(R"({{"subject": "deal-{}", "legalGround": "asked"}})", deal));
    CHECK(decision.claims.empty());
}
