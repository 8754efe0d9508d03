#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/commands/faulty_log.hpp"
#include "tests/commands/world.hpp"

using namespace dealog;
using dealog::test::set;
using dealog::test::World;

namespace {

const std::string kiln = "name: 'Kiln'";

Code code_of(const commands::Answer& answer) {
    REQUIRE_FALSE(answer);
    return answer.error().code;
}

}  // namespace

TEST_CASE("what the store answers becomes the code that says whether anything was written", "[commands]") {
    struct Case {
        eventstore::AppendError error;
        Code code;
    };
    const auto expected = GENERATE(Case{eventstore::Overloaded{}, Code::Problem_Code_OVERLOADED},
                                   Case{eventstore::Fenced{"disk"}, Code::Problem_Code_STORE_FENCED},
                                   Case{eventstore::OutcomeUnknown{"disk"}, Code::Problem_Code_OUTCOME_UNKNOWN},
                                   Case{eventstore::NotAppendable{"large"}, Code::Problem_Code_TOO_LARGE_TO_APPEND});
    World world;
    const auto vera = world.hire("Vera");
    test::FaultyLog log{world.log, [&](const eventstore::Append&) { return std::optional{expected.error}; }};
    test::Desk desk{log, world.vault, world.clock, world.ids};
    REQUIRE(code_of(desk.run(world.request(test::command<company::v1::RegisterCompany>(kiln), vera))) == expected.code);
    REQUIRE(log.appends == 1);
}

TEST_CASE("a request that always meets a conflict is contended after eight attempts, a batch too", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    test::FaultyLog log{world.log, [](const eventstore::Append& append) {
                            const auto& stream = append.checks.at(0).stream;
                            return std::optional<eventstore::AppendError>{
                                eventstore::Conflicts{{eventstore::WrongRevision{stream, Revision{99}}}}};
                        }};
    test::Desk desk{log, world.vault, world.clock, world.ids};
    REQUIRE(code_of(desk.run(world.request(test::command<company::v1::RegisterCompany>(kiln), vera))) ==
            Code::Problem_Code_CONTENDED);
    REQUIRE(log.appends == commands::attempts_max);
    REQUIRE(code_of(desk.run(world.batch({test::command<company::v1::RegisterCompany>(kiln)}, vera))) ==
            Code::Problem_Code_CONTENDED);
    REQUIRE(log.appends == 2 * commands::attempts_max);
    REQUIRE_FALSE(world.log.claim_owner("external:company", "kiln"));
}

TEST_CASE("a batch that met three conflicts runs alone; the others wait for it and are all written", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    int refused = 0;
    std::vector<std::size_t> sizes;
    test::FaultyLog log{
        world.log, [&](const eventstore::Append& append) -> std::optional<eventstore::AppendError> {
            const bool of_batch = append.events.size() == 2;
            if (of_batch && refused < 3) {
                ++refused;
                return eventstore::Conflicts{{eventstore::WrongRevision{append.checks.at(0).stream, Revision{99}}}};
            }
            sizes.push_back(append.events.size());
            return std::nullopt;
        }};
    test::Desk desk{log, world.vault, world.clock, world.ids};
    std::vector<commands::Request> requests{world.batch(
        {test::command<company::v1::RegisterCompany>(kiln), test::command<company::v1::RegisterCompany>(kiln)}, vera)};
    int open = 1;
    std::vector<std::string> order;
    const auto run = [&](const std::string& name, commands::Request request) {
        desk.dispatcher.run(std::move(request), [&, name](commands::Answer answer) {
            REQUIRE(answer);
            order.push_back(name);
            --open;
        });
    };
    run("batch", requests[0]);
    desk.loop.run_until([&] { return refused == 3; });
    // The third conflict's answer is still on its way to the dispatcher; then these arrive while the batch has its
    // turn.
    desk.loop.post([&] {
        open += 3;
        for (const auto* name : {"a", "b", "c"})
            run(name, world.request(test::command<company::v1::RegisterCompany>(kiln), vera));
    });
    desk.loop.run_until([&] { return open == 0; });
    REQUIRE(order == std::vector<std::string>{"batch", "a", "b", "c"});
    REQUIRE(sizes == std::vector<std::size_t>{2, 1, 1, 1});
}

TEST_CASE("a read that fails refuses the request and not the process", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto deal = world.open_deal(vera);
    test::FaultyLog log{world.log, [](const eventstore::Append&) { return std::optional<eventstore::AppendError>{}; }};
    test::Desk desk{log, world.vault, world.clock, world.ids};
    const auto request = world.request(test::command<deal::v1::WinDeal>(set("deal", deal)), vera);
    log.broken = true;
    REQUIRE(code_of(desk.run(request)) == Code::Problem_Code_STORE_FENCED);
    log.broken = false;
    REQUIRE(desk.run(request));
}

TEST_CASE("a dispatcher that ends answers everything it took", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto deal = world.open_deal(vera);
    test::Loop loop;
    std::vector<Code> codes;
    {
        commands::Dispatcher dispatcher{{.log = world.log,
                                         .vault = world.vault,
                                         .clock = world.clock,
                                         .ids = world.ids,
                                         .post = [&](std::function<void()> work) { loop.post(std::move(work)); }}};
        for (const auto* title : {"One roof", "Two roofs", "Three roofs"}) {
            dispatcher.run(
                world.request(test::command<deal::v1::UpdateDeal>(set("deal", deal) + set("title", title)), vera),
                [&](const commands::Answer& answer) { codes.push_back(code_of(answer)); });
        }
        REQUIRE(codes.empty());
    }
    REQUIRE(codes.size() == 3);
    REQUIRE(std::count(codes.begin(), codes.end(), Code::Problem_Code_OUTCOME_UNKNOWN) == 1);
    REQUIRE(std::count(codes.begin(), codes.end(), Code::Problem_Code_SHUTTING_DOWN) == 2);
    world.desk.run(world.request(test::command<deal::v1::UpdateDeal>(set("deal", deal) + "title: 'Last'"), vera));
    loop.post([&] { codes.clear(); });
    loop.run_until([&] { return codes.empty(); });  // the late completion finds nobody and does nothing
}
