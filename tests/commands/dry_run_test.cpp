#include <catch2/catch.hpp>

#include "tests/commands/world.hpp"

using namespace dealog;
using dealog::test::command;
using dealog::test::set;
using dealog::test::World;

namespace {

commands::Request dry(commands::Request request) {
    request.dry_run = true;
    return request;
}

}  // namespace

TEST_CASE("a dry run decides as it would be now, writes and remembers nothing, and can be followed by the real run",
          "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto head = world.log.head().position;
    const auto request = world.batch(
        {command<deal::v1::OpenDeal>("external_id: 'd' title: 'Roof for the new hall' " + set("owner_id", vera.id)),
         command<deal::v1::WinDeal>("deal: 'ext:d'"),
         command<contact::v1::RegisterContact>("personal { full_name: 'Ada' phones: '+79990000001' }")},
        vera);
    for (int i = 0; i < 2; ++i) {
        const auto rehearsed = world.desk.run(dry(request));
        REQUIRE(rehearsed);
        REQUIRE_FALSE(rehearsed->created);
        REQUIRE_FALSE(rehearsed->replayed);
        REQUIRE(rehearsed->position == Position{});
        REQUIRE(rehearsed->results.size() == 3);
        REQUIRE(rehearsed->results[0].events(0).type() == "dealog.deal.v1.DealOpened");
        REQUIRE(rehearsed->results[0].events(0).position() == 0);
        REQUIRE(rehearsed->results[1].revision() == 4);
        REQUIRE(world.log.head().position == head);
    }
    REQUIRE_FALSE(world.desk.dispatcher.resolve("deal", "ext:d"));
    const auto real = world.desk.run(request);
    REQUIRE(real);
    REQUIRE_FALSE(real->replayed);
    REQUIRE(world.log.head().position > head);
}

TEST_CASE("a dry run is refused as the real run would be, for rules, known phones and size", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto deal = world.open_deal(vera);
    world.done<contact::v1::RegisterContact>("personal { full_name: 'Ada' phones: '+79990000001' }", vera);
    const auto head = world.log.head().position;
    const auto refused = [&](std::vector<std::shared_ptr<google::protobuf::Message>> messages) {
        const auto answer = world.desk.run(dry(world.batch(std::move(messages), vera)));
        REQUIRE_FALSE(answer);
        return answer.error();
    };
    const auto ada = command<contact::v1::RegisterContact>("personal { full_name: 'Eva' phones: '+79990000001' }");
    const auto duplicate = refused({command<company::v1::RegisterCompany>("name: 'Kiln'"), ada});
    REQUIRE(duplicate.code == Code::Problem_Code_DUPLICATE_CONTACT);
    REQUIRE(duplicate.violations.at(0).field == "commands[1]");
    REQUIRE(refused({command<deal::v1::MoveStage>(set("deal", deal) + "stage: 'nowhere'")}).code ==
            Code::Problem_Code_UNKNOWN_STAGE);
    std::vector<std::shared_ptr<google::protobuf::Message>> actions;
    for (int i = 0; i < 300; ++i) {
        actions.push_back(command<task::v1::LogAction>(set("deal", deal) + "type: 'CALL' outcome: REACHED " +
                                                       set("text", std::string(18'000, 'x'))));
    }
    REQUIRE(refused(std::move(actions)).code == Code::Problem_Code_TOO_LARGE_TO_APPEND);
    REQUIRE(world.log.head().position == head);
}

TEST_CASE("a dry run of an erasure erases nobody, of a key shows no secret", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto subject =
        "contact-" + world.done<contact::v1::RegisterContact>("personal { full_name: 'Ada' }", vera).id();
    const auto erase = command<privacy::v1::EraseSubject>(set("subject", subject) + "legal_ground: 'request'");
    REQUIRE(world.desk.run(dry(world.request(erase, world.admin))));
    REQUIRE_FALSE(world.vault.erased(subject));
    const auto key = world.desk.run(
        dry(world.request(command<apikey::v1::IssueApiKey>("service: 'x' scopes: 'queries'"), world.admin)));
    REQUIRE(key);
    REQUIRE(key->results[0].secret().empty());
}
