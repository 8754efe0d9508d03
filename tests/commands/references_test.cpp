#include <catch2/catch.hpp>

#include "tests/commands/world.hpp"

using namespace dealog;
using dealog::test::hours_from;
using dealog::test::set;
using dealog::test::World;

TEST_CASE("ext:<id> stands for an id in the path, in the body and inside a sub-message", "[commands]") {
    World world;
    const auto vera = world.hire("Vera", "roles: CLOSER external_id: 'vera' ");
    const auto contact =
        world.done<contact::v1::RegisterContact>("external_id: 'ada' personal { full_name: 'Ada' }", vera).id();
    const auto deal =
        world
            .done<deal::v1::OpenDeal>(
                "external_id: 'd-1' title: 'Roof for the new hall' owner_id: 'ext:vera' contact_id: 'ext:ada' "
                "first_task { type: 'CALL' title: 'Ask about the size of the roof' assignee_id: 'ext:vera' " +
                    hours_from(world.clock, 2) + " }",
                vera)
            .id();
    const auto records = world.records("deal-" + deal);
    deal::v1::DealOpened opened;
    REQUIRE(opened.ParseFromString(records.at(0).payload()));
    REQUIRE(opened.owner_id() == vera.id);
    REQUIRE(opened.contact_id() == contact);
    task::v1::TaskPlanned planned;
    REQUIRE(planned.ParseFromString(records.at(1).payload()));
    REQUIRE(planned.assignee_id() == vera.id);
    REQUIRE(world.done<deal::v1::WinDeal>("deal: 'ext:d-1'", vera).id() == deal);
    REQUIRE(world.desk.dispatcher.resolve("deal", "ext:d-1") == deal);
    REQUIRE(world.desk.dispatcher.resolve("deal", deal) == deal);
    REQUIRE_FALSE(world.desk.dispatcher.resolve("contact", "ext:d-1"));
}

TEST_CASE("an unknown ext: in the path is not found, in the body it names its field", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto in_path = world.run<deal::v1::WinDeal>("deal: 'ext:nothing'", vera);
    REQUIRE_FALSE(in_path);
    REQUIRE(in_path.error().code == Code::Problem_Code_NOT_FOUND);
    const auto in_body = world.run<deal::v1::OpenDeal>(
        "title: 'Roof for the new hall' " + set("owner_id", vera.id) +
            "first_task { type: 'CALL' title: 'Ask about the size of the roof' assignee_id: 'ext:nobody' " +
            hours_from(world.clock, 2) + " }",
        vera);
    REQUIRE_FALSE(in_body);
    REQUIRE(in_body.error().code == Code::Problem_Code_UNKNOWN_REFERENCE);
    REQUIRE(in_body.error().violations.at(0).field == "firstTask.assigneeId");
}

TEST_CASE("an id that is no UUID is not found in the path and invalid in the body", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto deal = world.open_deal(vera);
    const auto task = world.run<task::v1::CancelTask>(set("deal", deal) + "task: 'first' reason: 'x'", vera);
    REQUIRE_FALSE(task);
    REQUIRE(task.error().code == Code::Problem_Code_NOT_FOUND);
    const auto owner = world.run<deal::v1::OpenDeal>("title: 'Roof for the new hall' owner_id: 'vera'", vera);
    REQUIRE_FALSE(owner);
    REQUIRE(owner.error().code == Code::Problem_Code_INVALID_FIELD);
    REQUIRE(owner.error().violations.at(0).field == "ownerId");
}

TEST_CASE("an id written in capitals is the same id", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const std::string capitals = "0190ABCD-0000-7000-8000-00000000ABCD";
    const std::string small = "0190abcd-0000-7000-8000-00000000abcd";
    REQUIRE(world.done<company::v1::RegisterCompany>(set("id", capitals) + "name: 'Kiln'", vera).id() == small);
    const auto again = world.run<company::v1::RegisterCompany>(set("id", small) + "name: 'Kiln'", vera);
    REQUIRE_FALSE(again);
    REQUIRE(again.error().code == Code::Problem_Code_ALREADY_EXISTS);
    REQUIRE(world.done<company::v1::UpdateCompany>(set("company", capitals) + "name: 'Oven'", vera).revision() == 2);
}

TEST_CASE("an external id belongs to one object of its kind", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    world.done<company::v1::RegisterCompany>("external_id: 'x-1' name: 'Kiln'", vera);
    const auto again = world.run<company::v1::RegisterCompany>("external_id: 'x-1' name: 'Oven'", vera);
    REQUIRE_FALSE(again);
    REQUIRE(again.error().code == Code::Problem_Code_EXTERNAL_ID_TAKEN);
    REQUIRE(world.run<contact::v1::RegisterContact>("external_id: 'x-1' personal { full_name: 'Ada' }", vera));
}
