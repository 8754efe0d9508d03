#include <catch2/catch.hpp>

#include "tests/commands/world.hpp"

using namespace dealog;
using dealog::test::set;
using dealog::test::World;

namespace {

void require_same(const commands::Answer& a, const commands::Answer& b) {
    REQUIRE(a);
    REQUIRE(b);
    REQUIRE(a->position == b->position);
    REQUIRE(a->created == b->created);
    REQUIRE(a->results.size() == b->results.size());
    for (std::size_t i = 0; i < a->results.size(); ++i)
        REQUIRE(a->results[i].SerializeAsString() == b->results[i].SerializeAsString());
}

}  // namespace

TEST_CASE("a repeated request gets the first answer with its positions, and nothing is written again", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto request = world.request(
        test::command<deal::v1::OpenDeal>(set("title", "Roof for the new hall") + set("owner_id", vera.id)), vera);
    const auto first = world.desk.run(request);
    world.open_deal(vera);
    const auto head = world.log.head().position;
    const auto again = world.desk.run(request);
    require_same(first, again);
    REQUIRE(again->replayed);
    REQUIRE(world.log.head().position == head);
}

TEST_CASE("a repeated request is answered by another dispatcher too, and after its command would be refused",
          "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto deal = world.open_deal(vera);
    const auto request = world.request(test::command<deal::v1::WinDeal>(set("deal", deal)), vera);
    const auto first = world.desk.run(request);
    test::Desk other{world.log, world.vault, world.clock, world.ids};
    require_same(first, other.run(request));
    require_same(first, world.desk.run(request));
}

TEST_CASE("the same key with another body is refused, for another principal it is another key", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto boris = world.hire("Boris");
    auto request = world.request(test::command<company::v1::RegisterCompany>("name: 'Kiln'"), vera);
    REQUIRE(world.desk.run(request));
    request.mac = "of another body";
    const auto reused = world.desk.run(request);
    REQUIRE_FALSE(reused);
    REQUIRE(reused.error().code == Code::Problem_Code_IDEMPOTENCY_KEY_REUSED);
    request.actor = boris;
    const auto of_boris = world.desk.run(request);
    REQUIRE(of_boris);
    REQUIRE_FALSE(of_boris->replayed);
}

TEST_CASE("two keys of one seller share the scope of idempotency", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto second = world.done<apikey::v1::IssueApiKey>(set("seller_id", vera.id)).secret();
    auto request = world.request(test::command<company::v1::RegisterCompany>("name: 'Kiln'"), vera);
    const auto first = world.desk.run(request);
    request.actor = *world.desk.dispatcher.authenticate(second);
    require_same(first, world.desk.run(request));
}

TEST_CASE("a refusal is not remembered", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto deal = world.open_deal(vera);
    auto request = world.request(test::command<deal::v1::LoseDeal>(set("deal", deal)), vera);
    REQUIRE_FALSE(world.desk.run(request));
    request.commands[0].message = test::command<deal::v1::LoseDeal>(set("deal", deal) + "reason: 'price'");
    request.mac = "another";
    REQUIRE(world.desk.run(request));
}

TEST_CASE("identical requests in flight at the same time get the same answer", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto deal = world.open_deal(vera);
    const auto creation = world.request(test::command<company::v1::RegisterCompany>("name: 'Kiln'"), vera);
    const auto change = world.request(test::command<deal::v1::WinDeal>(set("deal", deal)), vera);
    const auto contact = world.request(test::command<contact::v1::RegisterContact>(
                                           "external_id: 'c-1' personal { full_name: 'Ada' phones: '+79990000001' }"),
                                       vera);
    const auto head = world.log.head().position.value();
    const auto answers =
        world.desk.run_all({creation, creation, change, change, contact, contact, creation, change, contact});
    require_same(answers[0], answers[1]);
    require_same(answers[0], answers[6]);
    require_same(answers[2], answers[3]);
    require_same(answers[2], answers[7]);
    require_same(answers[4], answers[5]);
    require_same(answers[4], answers[8]);
    REQUIRE(world.log.head().position.value() == head + 1 + 2 + 1);
}

TEST_CASE("identical requests in flight at two dispatchers get the same answer", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    test::Desk other{world.log, world.vault, world.clock, world.ids};
    for (int round = 0; round < 50; ++round) {
        const auto deal = world.open_deal(vera);
        const auto request = world.request(test::command<deal::v1::WinDeal>(set("deal", deal)), vera);
        std::optional<commands::Answer> here;
        std::optional<commands::Answer> there;
        world.desk.dispatcher.run(request, [&](commands::Answer got) { here = std::move(got); });
        other.dispatcher.run(request, [&](commands::Answer got) { there = std::move(got); });
        world.desk.loop.run_until([&] { return here.has_value(); });
        other.loop.run_until([&] { return there.has_value(); });
        require_same(*here, *there);
    }
}

TEST_CASE("the same key with two bodies in flight: one is written, the other refused", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    auto one = world.request(test::command<company::v1::RegisterCompany>("name: 'Kiln'"), vera);
    auto two = one;
    two.commands[0].message = test::command<company::v1::RegisterCompany>("name: 'Oven'");
    two.mac = "of another body";
    const auto answers = world.desk.run_all({one, two});
    REQUIRE(answers[0]);
    REQUIRE_FALSE(answers[1]);
    REQUIRE(answers[1].error().code == Code::Problem_Code_IDEMPOTENCY_KEY_REUSED);
}
