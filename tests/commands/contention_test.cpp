#include <catch2/catch.hpp>

#include <map>
#include <set>
#include <thread>

#include "tests/commands/world.hpp"

using namespace dealog;
using dealog::test::command;
using dealog::test::World;

namespace {

constexpr int deals_count = 64;

std::string stages(int version) {
    return "key: 'sales' name: 'v" + std::to_string(version) +
           "' stages { key: 'new' probability: 0.1 } stages { key: 'qualified' probability: 0.25 } "
           "stages { key: 'meeting' probability: 0.4 } loss_reasons: 'price'";
}

/// Position of each version of the pipeline `sales`, by version.
std::map<std::uint64_t, std::uint64_t> versions(const World& world) {
    std::map<std::uint64_t, std::uint64_t> all;
    for (const auto& record : world.records("pipeline-sales")) all[record.revision()] = record.position();
    return all;
}

/// The version that a decision names was the last one before it in the log.
void require_valid_versions(const World& world, const std::vector<std::string>& deals) {
    const auto known = versions(world);
    for (const auto& id : deals) {
        for (const auto& record : world.records("deal-" + id)) {
            deal::v1::DealStageChanged moved;
            if (record.type() != moved.GetDescriptor()->full_name()) continue;
            REQUIRE(moved.ParseFromString(record.payload()));
            const auto version = moved.pipeline_version();
            REQUIRE(known.contains(version));
            REQUIRE(known.at(version) < record.position());
            if (known.contains(version + 1)) REQUIRE(record.position() < known.at(version + 1));
        }
    }
}

/// As a client does: `contended` is tried again with the same key.
commands::Answer run_patiently(test::Desk& desk, const commands::Request& request) {
    auto answer = desk.run(request);
    for (int i = 0; i < 20 && !answer && answer.error().code == Code::Problem_Code_CONTENDED; ++i)
        answer = desk.run(request);
    return answer;
}

}  // namespace

TEST_CASE("64 deals of one seller move while their pipeline changes without pause, each under the version in force",
          "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    std::vector<std::string> deals;
    for (int i = 0; i < deals_count; ++i) deals.push_back(world.open_deal(vera));

    int open = 0;
    int moves_open = 0;
    int version = 1;
    std::vector<Code> refusals;
    const auto note = [&](const commands::Answer& answer) {
        --open;
        if (!answer) refusals.push_back(answer.error().code);
    };
    std::function<void()> define = [&] {
        ++open;
        world.desk.dispatcher.run(world.request(command<pipeline::v1::DefinePipeline>(stages(++version)), world.admin),
                                  [&](const commands::Answer& answer) {
                                      note(answer);
                                      if (moves_open > 0) define();
                                  });
    };
    std::function<void(const std::string&, int)> move = [&](const std::string& id, int left) {
        ++open;
        const auto* stage = left % 2 == 0 ? "qualified" : "meeting";
        world.desk.dispatcher.run(
            world.request(command<deal::v1::MoveStage>(test::set("deal", id) + test::set("stage", stage)), vera),
            [&, id, left](const commands::Answer& answer) {
                note(answer);
                if (left > 1)
                    move(id, left - 1);
                else
                    --moves_open;
            });
    };
    moves_open = deals_count;
    define();
    for (const auto& id : deals) move(id, 10);
    world.desk.loop.run_until([&] { return open == 0; });

    REQUIRE(refusals.empty());
    REQUIRE(version > 10);
    for (const auto& id : deals) REQUIRE(world.records("deal-" + id).size() == 2 + 10);
    require_valid_versions(world, deals);
}

TEST_CASE("many requests for one deal at the same time are all written, in the order in which they came",
          "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto deal = world.open_deal(vera);
    std::vector<commands::Request> requests;
    for (int i = 0; i < 100; ++i)
        requests.push_back(world.request(
            command<deal::v1::UpdateDeal>(test::set("deal", deal) + test::set("title", "Roof " + std::to_string(i))),
            vera));
    const auto answers = world.desk.run_all(requests);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        REQUIRE(answers[i]);
        REQUIRE(answers[i]->results[0].revision() == 3 + i);
    }
}

TEST_CASE(
    "two dispatchers that hammer the same deals, pipeline and seller both finish, and every decision was valid where "
    "it stands",
    "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    std::vector<std::string> deals;
    for (int i = 0; i < 8; ++i) deals.push_back(world.open_deal(vera));
    test::Desk other{world.log, world.vault, world.clock, world.ids};
    constexpr int rounds = 60;

    // Requests are made beforehand: each thread has its own.
    std::vector<commands::Request> moves;
    std::vector<commands::Request> changes;
    for (int i = 0; i < rounds; ++i) {
        const auto& id = deals[static_cast<std::size_t>(i) % deals.size()];
        moves.push_back(
            world.request(command<deal::v1::MoveStage>(test::set("deal", id) +
                                                       test::set("stage", i / 8 % 2 == 0 ? "qualified" : "new")),
                          vera));
        if (i % 3 == 0)
            changes.push_back(world.request(command<pipeline::v1::DefinePipeline>(stages(i)), world.admin));
        else if (i % 3 == 1)
            changes.push_back(
                world.request(command<seller::v1::UpdateSeller>(test::set("seller", vera.id) +
                                                                test::set("name", "Vera " + std::to_string(i))),
                              world.admin));
        else
            changes.push_back(world.request(
                command<deal::v1::UpdateDeal>(test::set("deal", id) + test::set("title", "Roof " + std::to_string(i))),
                vera));
    }
    std::vector<commands::Answer> of_changes;
    std::thread second{[&] {
        for (const auto& change : changes) of_changes.push_back(run_patiently(other, change));
    }};
    std::vector<commands::Answer> of_moves;
    for (const auto& move : moves) of_moves.push_back(run_patiently(world.desk, move));
    second.join();

    for (const auto& answer : of_moves) REQUIRE(answer);
    for (const auto& answer : of_changes) REQUIRE(answer);
    REQUIRE(world.records("pipeline-sales").size() == 1 + rounds / 3);
    require_valid_versions(world, deals);
}

TEST_CASE("a refusal decided on what this dispatcher remembered is looked at again", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto deal = world.open_deal(vera);
    test::Desk other{world.log, world.vault, world.clock, world.ids};
    REQUIRE(other.run(world.request(command<deal::v1::WinDeal>(test::set("deal", deal)), vera)));
    const auto closed = world.run<deal::v1::MoveStage>(test::set("deal", deal) + "stage: 'qualified'", vera);
    REQUIRE_FALSE(closed);
    REQUIRE(closed.error().code == Code::Problem_Code_DEAL_CLOSED);
    REQUIRE(other.run(
        world.request(command<deal::v1::ReopenDeal>(test::set("deal", deal) + "reason: 'They called'"), vera)));
    REQUIRE(world.run<deal::v1::MoveStage>(test::set("deal", deal) + "stage: 'qualified'", vera));
}
