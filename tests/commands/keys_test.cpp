#include <catch2/catch.hpp>

#include "tests/commands/world.hpp"

using namespace dealog;
using dealog::test::World;

TEST_CASE("an empty log is founded once, with a key that is administrator and head of the whole workspace",
          "[commands]") {
    World world;
    REQUIRE(world.admin.kind == Principal::Kind::service);
    REQUIRE(world.admin.roles == std::vector<RoleName>{v1::Role::ADMIN, v1::Role::HEAD});
    REQUIRE(world.admin.whole_workspace);
    const auto head = world.log.head().position;
    REQUIRE(head > Position{});
    REQUIRE_FALSE(commands::found_workspace(
        {.log = world.log, .vault = world.vault, .clock = world.clock, .ids = world.ids, .post = {}}));
    REQUIRE(world.log.head().position == head);
}

TEST_CASE("a secret with one wrong character, of no key, or of another form is nobody's", "[commands]") {
    World world;
    auto& dispatcher = world.desk.dispatcher;
    auto wrong = world.secret;
    wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
    auto unknown = world.secret;
    unknown[5] = unknown[5] == '0' ? '1' : '0';
    REQUIRE(dispatcher.authenticate(world.secret));
    REQUIRE_FALSE(dispatcher.authenticate(wrong));
    REQUIRE_FALSE(dispatcher.authenticate(unknown));
    REQUIRE_FALSE(dispatcher.authenticate(""));
    REQUIRE_FALSE(dispatcher.authenticate("dlg_"));
    REQUIRE_FALSE(dispatcher.authenticate(world.secret + "x"));
}

TEST_CASE("a seller's key has the seller's present roles as far as the key names them", "[commands]") {
    World world;
    const auto seller = world.done<seller::v1::AddSeller>("name: 'Vera' roles: CLOSER roles: HEAD").id();
    const auto all = world.done<apikey::v1::IssueApiKey>(test::set("seller_id", seller)).secret();
    const auto closer = world.done<apikey::v1::IssueApiKey>(test::set("seller_id", seller) + "roles: CLOSER").secret();
    REQUIRE(world.desk.dispatcher.authenticate(all)->roles == std::vector<RoleName>{v1::Role::CLOSER, v1::Role::HEAD});
    REQUIRE(world.desk.dispatcher.authenticate(closer)->roles == std::vector<RoleName>{v1::Role::CLOSER});
    world.done<seller::v1::UpdateSeller>(test::set("seller", seller) + "roles: HEAD");
    REQUIRE(world.desk.dispatcher.authenticate(all)->roles == std::vector<RoleName>{v1::Role::HEAD});
    REQUIRE(world.desk.dispatcher.authenticate(closer)->roles.empty());
}

TEST_CASE("a key ends at its expiry", "[commands]") {
    World world;
    const auto secret = world
                            .done<apikey::v1::IssueApiKey>("service: 'board' scopes: 'queries' " +
                                                           test::hours_from(world.clock, 1, "expires_at"))
                            .secret();
    REQUIRE(world.desk.dispatcher.authenticate(secret));
    world.clock.advance(std::chrono::hours{1});
    REQUIRE_FALSE(world.desk.dispatcher.authenticate(secret));
}

TEST_CASE("a key revoked at P writes nothing after P, also when it was shown before", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto before = world.open_deal(vera);
    world.done<apikey::v1::RevokeApiKey>(test::set("key", vera.key_id));
    const auto head = world.log.head().position;
    const auto refused = world.run<deal::v1::UpdateDeal>(test::set("deal", before) + "title: 'Another roof'", vera);
    REQUIRE_FALSE(refused);
    REQUIRE(refused.error().code == Code::Problem_Code_UNAUTHENTICATED);
    REQUIRE(world.log.head().position == head);
}

TEST_CASE("a key revoked through another dispatcher is refused by this one although it remembers the key",
          "[commands]") {
    World world;
    const auto secret = world.done<apikey::v1::IssueApiKey>("service: 'board' scopes: 'commands'").secret();
    const auto service = *world.desk.dispatcher.authenticate(secret);
    test::Desk other{world.log, world.vault, world.clock, world.ids};
    REQUIRE(other.run(
        world.request(test::command<apikey::v1::RevokeApiKey>(test::set("key", service.key_id)), world.admin)));
    REQUIRE_FALSE(world.desk.dispatcher.authenticate(secret));
    const auto refused = world.run<company::v1::RegisterCompany>("name: 'Kiln'", service);
    REQUIRE_FALSE(refused);
    REQUIRE(refused.error().code == Code::Problem_Code_UNAUTHENTICATED);
}

TEST_CASE("a key's secret is answered once and is in no record and no repeated answer", "[commands]") {
    World world;
    const auto request =
        world.request(test::command<apikey::v1::IssueApiKey>("service: 'board' scopes: 'queries'"), world.admin);
    const auto first = world.desk.run(request);
    REQUIRE(first);
    const auto secret = first->results[0].secret();
    REQUIRE(world.desk.dispatcher.authenticate(secret));
    const auto again = world.desk.run(request);
    REQUIRE(again);
    REQUIRE(again->replayed);
    REQUIRE(again->results[0].secret().empty());
    REQUIRE(again->results[0].id() == first->results[0].id());
    for (const auto& record : world.log.read(Position{}, {.records = 10'000, .bytes = 64u << 20}).records) {
        REQUIRE(record.find(secret) == std::string::npos);
        REQUIRE(record.find(secret.substr(37)) == std::string::npos);
    }
    const auto stored = world.log.find_command(world.admin.scope(), request.idempotency_key);
    REQUIRE(stored);
    REQUIRE(stored->receipt.find(secret.substr(37)) == std::string::npos);
}
