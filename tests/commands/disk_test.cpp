#include <catch2/catch.hpp>

#include "tests/commands/disk_world.hpp"

using namespace dealog;
using dealog::test::command;
using dealog::test::DiskWorld;
using dealog::test::set;

TEST_CASE(
    "on a disk: commands go on where they were after a restart, repeats are known, no personal value or secret is in "
    "any record",
    "[commands]") {
    const test::Directory directory;
    const std::string canary = "Zaphod Canary of the seventh hall";
    std::string deal;
    std::string secret;
    commands::Answer first = refuse(rejection(Code::Problem_Code_INTERNAL));
    const auto action = [&] {
        return command<task::v1::LogAction>(set("deal", deal) + "type: 'CALL' outcome: REACHED " +
                                            set("text", canary + " speaking"));
    };
    {
        DiskWorld world{directory};
        secret = world.secret;
        const auto admin = *world.desk->dispatcher.authenticate(secret);
        const auto seller =
            world.run(command<seller::v1::AddSeller>("name: 'Vera' roles: CLOSER"), admin, "1")->results[0].id();
        const auto contact =
            world.run(command<contact::v1::RegisterContact>("external_id: 'z' personal { " + set("full_name", canary) +
                                                            set("phones", "+79991234567") + "}"),
                      admin, "2");
        REQUIRE(contact);
        const auto opened =
            world.run(command<deal::v1::OpenDeal>("title: 'Roof for the new hall' contact_id: 'ext:z' " +
                                                  set("owner_id", seller)),
                      admin, "3");
        REQUIRE(opened);
        deal = opened->results[0].id();
        first = world.run(action(), admin, "4");
        REQUIRE(first);
    }
    {
        DiskWorld world{directory};
        REQUIRE(world.secret.empty());
        const auto admin = *world.desk->dispatcher.authenticate(secret);
        const auto again = world.run(action(), admin, "4");
        REQUIRE(again);
        REQUIRE(again->replayed);
        REQUIRE(again->results[0].SerializeAsString() == first->results[0].SerializeAsString());
        const auto next = world.run(command<deal::v1::WinDeal>(set("deal", deal)), admin, "5");
        REQUIRE(next);
        REQUIRE(next->results[0].revision() == 5);
        const auto duplicate = world.run(
            command<contact::v1::RegisterContact>("personal { full_name: 'Eva' phones: '+79991234567' }"), admin, "6");
        REQUIRE_FALSE(duplicate);
        REQUIRE(duplicate.error().code == Code::Problem_Code_DUPLICATE_CONTACT);

        std::string bytes;
        for (const auto& record : world.log->read(Position{}, {}).records) bytes += record;
        REQUIRE(bytes.find("Roof for the new hall") != std::string::npos);
        for (const auto& hidden : {canary, std::string{"79991234567"}, secret.substr(37)})
            REQUIRE(bytes.find(hidden) == std::string::npos);
    }
}
