#include <catch2/catch.hpp>

#include "tests/commands/world.hpp"

using namespace dealog;
using dealog::test::set;
using dealog::test::World;

namespace {

const std::string nobody = "0190ffff-0000-7000-8000-000000000001";

void require_refused(const commands::Answer& answer, Code code) {
    REQUIRE_FALSE(answer);
    REQUIRE(code_name(answer.error().code) == code_name(code));
}

}  // namespace

TEST_CASE("what is foreign and what is missing is refused in the same words", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto boris = world.hire("Boris");
    const auto deal = world.open_deal(vera, "external_id: 'known' ");
    const auto same = [&](const commands::Answer& foreign, const commands::Answer& missing, Code code) {
        require_refused(foreign, code);
        require_refused(missing, code);
        REQUIRE(foreign.error().detail == missing.error().detail);
        REQUIRE(foreign.error().violations == missing.error().violations);
    };
    same(world.run<deal::v1::WinDeal>(set("deal", deal), boris),
         world.run<deal::v1::WinDeal>(set("deal", nobody), boris), Code::Problem_Code_NOT_FOUND);
    same(world.run<deal::v1::WinDeal>("deal: 'ext:known'", boris),
         world.run<deal::v1::WinDeal>("deal: 'ext:unknown'", boris), Code::Problem_Code_NOT_FOUND);
    same(world.run<deal::v1::WinDeal>(set("deal", deal), boris),
         world.run<deal::v1::WinDeal>("deal: 'not-an-id'", boris), Code::Problem_Code_NOT_FOUND);

    const auto contact = world.done<contact::v1::RegisterContact>("personal { full_name: 'Ada' }", vera).id();
    const auto with_contact = [&](const std::string& id) {
        return world.run<deal::v1::OpenDeal>(
            set("title", "Roof for the new hall") + set("owner_id", boris.id) + set("contact_id", id), boris);
    };
    same(with_contact(contact), with_contact(nobody), Code::Problem_Code_UNKNOWN_REFERENCE);
    REQUIRE(with_contact(contact).error().violations.at(0).field == "contactId");
    same(world.run<deal::v1::OpenDeal>("title: 'Roof for the new hall' " + set("owner_id", vera.id), boris),
         world.run<deal::v1::OpenDeal>("title: 'Roof for the new hall' " + set("owner_id", nobody), boris),
         Code::Problem_Code_NOT_FOUND);
}

TEST_CASE("what a role may never do is forbidden, whether or not the thing exists", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto deal = world.open_deal(vera);
    const auto auditor = world.hire("Anna", "roles: AUDITOR ");
    const auto admin = world.hire("Igor", "roles: ADMIN ");
    require_refused(world.run<seller::v1::AddSeller>("name: 'X' roles: CLOSER", vera), Code::Problem_Code_FORBIDDEN);
    require_refused(world.run<settings::v1::ChangeSetting>("key: 'norms' norms { min: 1 max: 2 }", vera),
                    Code::Problem_Code_FORBIDDEN);
    require_refused(
        world.run<privacy::v1::EraseSubject>(set("subject", "deal-" + deal) + "legal_ground: 'request'", vera),
        Code::Problem_Code_FORBIDDEN);
    require_refused(world.run<deal::v1::WinDeal>(set("deal", deal), auditor), Code::Problem_Code_FORBIDDEN);
    require_refused(world.run<deal::v1::WinDeal>(set("deal", nobody), auditor), Code::Problem_Code_FORBIDDEN);
    require_refused(world.run<deal::v1::WinDeal>(set("deal", deal), admin), Code::Problem_Code_FORBIDDEN);
    require_refused(
        world.run<deal::v1::ChangeOwner>(set("deal", deal) + set("owner_id", vera.id) + "reason: 'mine'", vera),
        Code::Problem_Code_FORBIDDEN);
}

TEST_CASE("a head reaches his team and no other; moving a seller moves the right at once", "[commands]") {
    World world;
    const auto north = world.done<team::v1::FormTeam>("name: 'North'").id();
    const auto south = world.done<team::v1::FormTeam>("name: 'South'").id();
    const auto head = world.hire("Hanna", "roles: HEAD " + set("team_id", north));
    const auto vera = world.hire("Vera", "roles: CLOSER " + set("team_id", north));
    const auto deal = world.open_deal(vera);
    REQUIRE(world.run<deal::v1::UpdateDeal>(set("deal", deal) + "title: 'Two roofs'", head));
    world.done<seller::v1::UpdateSeller>(set("seller", vera.id) + set("team_id", south));
    require_refused(world.run<deal::v1::UpdateDeal>(set("deal", deal) + "title: 'Three roofs'", head),
                    Code::Problem_Code_NOT_FOUND);
    require_refused(
        world.run<deal::v1::ChangeOwner>(set("deal", deal) + set("owner_id", head.id) + "reason: 'mine'", head),
        Code::Problem_Code_NOT_FOUND);
}

TEST_CASE("a seller registers contacts and companies for himself and cannot pass them on", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto boris = world.hire("Boris");
    const auto company = world.done<company::v1::RegisterCompany>("name: 'Kiln'", vera).id();
    const auto contact = world.done<contact::v1::RegisterContact>("personal { full_name: 'Ada' }", vera).id();
    require_refused(world.run<company::v1::UpdateCompany>(set("company", company) + "name: 'Oven'", boris),
                    Code::Problem_Code_NOT_FOUND);
    require_refused(world.run<company::v1::UpdateCompany>(set("company", company) + set("owner_id", boris.id), vera),
                    Code::Problem_Code_FORBIDDEN);
    require_refused(world.run<contact::v1::UpdateContact>(set("contact", contact) + set("owner_id", boris.id), vera),
                    Code::Problem_Code_FORBIDDEN);
    REQUIRE(world.run<contact::v1::UpdateContact>(set("contact", contact) + set("owner_id", vera.id), vera));
    REQUIRE(world.run<company::v1::UpdateCompany>(set("company", company) + set("owner_id", boris.id), world.admin));
    REQUIRE(world.run<company::v1::UpdateCompany>(set("company", company) + "name: 'Oven'", boris));
}

TEST_CASE("a right taken away while the request is in flight is gone when it is written", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto deal = world.open_deal(vera);
    test::Desk other{world.log, world.vault, world.clock, world.ids};
    REQUIRE(
        other.run(world.request(test::command<deal::v1::UpdateDeal>(set("deal", deal) + "title: 'Two roofs'"), vera)));
    world.done<seller::v1::UpdateSeller>(set("seller", vera.id) + "roles: AUDITOR");
    const auto records = world.records("deal-" + deal).size();
    require_refused(
        other.run(world.request(test::command<deal::v1::UpdateDeal>(set("deal", deal) + "title: 'Three roofs'"), vera)),
        Code::Problem_Code_FORBIDDEN);
    REQUIRE(world.records("deal-" + deal).size() == records);
}

TEST_CASE("a known phone is refused with no hint of whose it is", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto boris = world.hire("Boris");
    const auto contact =
        world.done<contact::v1::RegisterContact>("personal { full_name: 'Ada' phones: '+79990000001' }", vera).id();
    const auto refused =
        world.run<contact::v1::RegisterContact>("personal { full_name: 'Eva' phones: '+79990000001' }", boris);
    require_refused(refused, Code::Problem_Code_DUPLICATE_CONTACT);
    REQUIRE(refused.error().detail.find(contact) == std::string::npos);
    REQUIRE(refused.error().detail.find(vera.id) == std::string::npos);
    REQUIRE(refused.error().violations.empty());
}
