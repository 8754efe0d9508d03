#include <catch2/catch.hpp>

#include "domain/access/access.hpp"

using namespace dealog;
using access::Ability;
using access::Extent;
using access::Resource;
using access::Verdict;
using Area = v1::Area;
using Role = v1::Role;

namespace {

Principal with(std::vector<RoleName> roles, std::vector<std::string> scopes = {}) {
    return Principal{.kind = Principal::Kind::seller,
                     .id = "ann",
                     .name = "ann",
                     .key_id = "key",
                     .roles = std::move(roles),
                     .team_id = "north",
                     .whole_workspace = false,
                     .scopes = std::move(scopes)};
}

const Resource own{.owner_id = "ann", .team_id = "north"};
const Resource of_team{.owner_id = "bob", .team_id = "north"};
const Resource foreign{.owner_id = "eve", .team_id = "south"};
const Resource nobodys{.owner_id = "", .team_id = ""};

Verdict work(const Principal& principal, Ability ability, const Resource& resource) {
    return access::authorise(principal, Area::WORK, ability, false, resource);
}

}  // namespace

TEST_CASE("access: a seller reads and writes what is his own, the rest is not there", "[domain][access]") {
    for (const auto role : {Role::COLLECTOR, Role::FIRST_LINE, Role::CLOSER, Role::ACCOUNT_MANAGER}) {
        const auto seller = with({role});
        for (const auto ability : {Ability::read, Ability::write}) {
            CHECK(work(seller, ability, own) == Verdict::allowed);
            CHECK(work(seller, ability, of_team) == Verdict::hidden);
            CHECK(work(seller, ability, foreign) == Verdict::hidden);
            CHECK(work(seller, ability, nobodys) == Verdict::hidden);
        }
        CHECK(access::authorise(seller, Area::DEFINITIONS, Ability::read, false) == Verdict::allowed);
        CHECK(access::authorise(seller, Area::DEFINITIONS, Ability::write, false) == Verdict::forbidden);
        CHECK(access::authorise(seller, Area::HISTORY, Ability::read, false) == Verdict::forbidden);
        CHECK(access::authorise(seller, Area::PEOPLE, Ability::write, false) == Verdict::forbidden);
    }
}

TEST_CASE("access: a head reaches the team, of the whole workspace everything", "[domain][access]") {
    auto head = with({Role::HEAD});
    CHECK(work(head, Ability::write, own) == Verdict::allowed);
    CHECK(work(head, Ability::write, of_team) == Verdict::allowed);
    CHECK(work(head, Ability::write, foreign) == Verdict::hidden);
    CHECK(work(head, Ability::read, nobodys) == Verdict::hidden);
    CHECK(access::extent(head, Area::WORK, Ability::read) == Extent::team);
    head.whole_workspace = true;
    CHECK(work(head, Ability::write, foreign) == Verdict::allowed);
    CHECK(work(head, Ability::read, nobodys) == Verdict::allowed);
    CHECK(access::extent(head, Area::WORK, Ability::read) == Extent::all);
    auto teamless = with({Role::HEAD});
    teamless.team_id.clear();
    CHECK(work(teamless, Ability::read, nobodys) == Verdict::hidden);
}

TEST_CASE("access: reassigning and waiving are a head's, not the owner's", "[domain][access]") {
    const auto closer = with({Role::CLOSER});
    CHECK_FALSE(access::is_head(closer));
    CHECK(access::authorise(closer, Area::WORK, Ability::write, true) == Verdict::forbidden);
    CHECK(access::authorise(closer, Area::WORK, Ability::write, true, own) == Verdict::forbidden);
    const auto head = with({Role::CLOSER, Role::HEAD});
    CHECK(access::is_head(head));
    CHECK(access::authorise(head, Area::WORK, Ability::write, true, of_team) == Verdict::allowed);
    CHECK(access::authorise(head, Area::WORK, Ability::write, true, foreign) == Verdict::hidden);
}

TEST_CASE("access: an auditor reads everything and writes nothing", "[domain][access]") {
    const auto auditor = with({Role::AUDITOR});
    CHECK(work(auditor, Ability::read, foreign) == Verdict::allowed);
    CHECK(work(auditor, Ability::read, nobodys) == Verdict::allowed);
    for (const auto& resource : {own, foreign}) CHECK(work(auditor, Ability::write, resource) == Verdict::forbidden);
    CHECK(access::may_see_category(auditor, "deal"));
    // Rights are the union of roles: his own deals he may still write.
    const auto both = with({Role::AUDITOR, Role::CLOSER});
    CHECK(work(both, Ability::write, own) == Verdict::allowed);
    CHECK(work(both, Ability::write, foreign) == Verdict::forbidden);
}

TEST_CASE("access: an administrator has people and definitions, and no clients", "[domain][access]") {
    const auto admin = with({Role::ADMIN});
    CHECK(access::authorise(admin, Area::PEOPLE, Ability::write, false, foreign) == Verdict::allowed);
    CHECK(access::authorise(admin, Area::DEFINITIONS, Ability::write, false) == Verdict::allowed);
    CHECK(access::authorise(admin, Area::PRIVACY, Ability::write, false) == Verdict::allowed);
    CHECK(work(admin, Ability::read, own) == Verdict::forbidden);
    CHECK(work(admin, Ability::write, own) == Verdict::forbidden);
    CHECK(access::may_see_category(admin, "settings"));
    CHECK(access::may_see_category(admin, "apikey"));
    CHECK_FALSE(access::may_see_category(admin, "deal"));
    CHECK_FALSE(access::may_see_category(admin, "contact"));
}

TEST_CASE("access: a service does what its scopes say and nothing else", "[domain][access]") {
    CHECK(work(with({Role::INTEGRATION}), Ability::read, foreign) == Verdict::forbidden);
    CHECK(work(with({Role::INTEGRATION}, {"queries"}), Ability::read, foreign) == Verdict::allowed);
    CHECK(work(with({Role::INTEGRATION}, {"queries"}), Ability::write, foreign) == Verdict::forbidden);
    CHECK(work(with({Role::INTEGRATION}, {"commands"}), Ability::write, foreign) == Verdict::allowed);
    const auto deals = with({Role::INTEGRATION}, {"events:deal"});
    CHECK(access::authorise(deals, Area::HISTORY, Ability::read, false) == Verdict::allowed);
    CHECK(access::may_see_category(deals, "deal"));
    CHECK_FALSE(access::may_see_category(deals, "contact"));
    CHECK(access::may_see_category(with({Role::INTEGRATION}, {"events"}), "contact"));
    CHECK(access::authorise(with({Role::INTEGRATION}, {"queries"}), Area::HISTORY, Ability::read, false) ==
          Verdict::forbidden);
    // Scopes without the role mean nothing.
    CHECK(work(with({}, {"queries"}), Ability::read, foreign) == Verdict::forbidden);
}

TEST_CASE("access: who acts by itself may do everything", "[domain][access]") {
    Principal system;
    CHECK(work(system, Ability::write, nobodys) == Verdict::allowed);
    CHECK(access::authorise(system, Area::WORK, Ability::write, true, foreign) == Verdict::allowed);
    CHECK(access::may_see_category(system, "deal"));
}
