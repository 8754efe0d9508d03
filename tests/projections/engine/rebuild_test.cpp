#include <thread>

#include <catch2/catch.hpp>

#include "tests/projections/engine/world.hpp"

namespace dealog::projections::testing {

namespace {

EngineSettings settings_at(const std::filesystem::path& directory) { return {.directory = directory}; }

/// What applying the log live, batch by batch, comes to.
std::string live_prints(ScriptedLog& log) {
    ScratchDirectory scratch;
    Engine engine(settings_at(scratch / "live"), log, both());
    engine.start();
    REQUIRE(reach_all(engine, log.head().position));
    return engine.fingerprint("cards") + engine.fingerprint("ledger");
}
std::string prints(const Engine& engine) { return engine.fingerprint("cards") + engine.fingerprint("ledger"); }

bool is_live(const Status& status) { return status.state == "live"; }

}  // namespace

TEST_CASE("a rebuild from position 1 is equal byte by byte, also when it has to spill", "[projections][engine]") {
    const auto cache = GENERATE(std::size_t{0}, std::size_t{200'000}, std::size_t{64} << 20);
    CAPTURE(cache);
    ScriptedLog log;
    RandomHistory(41).fill(log, 2500);
    const auto expected = live_prints(log);
    ScratchDirectory scratch;
    auto settings = settings_at(scratch / "projections");
    settings.batch_events_max = 500;
    settings.row_cache_bytes = cache;
    Engine engine(settings, log, both());
    engine.rebuild_all({});  // no thread runs: done here
    REQUIRE(status_of(engine, "cards").position == log.head().position);
    REQUIRE(prints(engine) == expected);
    engine.start();
    engine.rebuild_all({});  // by the engine's own threads
    REQUIRE(prints(engine) == expected);
}

TEST_CASE("a projection that is new to a long log is built in bulk and equal to the one applied live",
          "[projections][engine]") {
    ScriptedLog log;
    RandomHistory(42).fill(log, 2000);
    const auto expected = live_prints(log);
    ScratchDirectory scratch;
    auto settings = settings_at(scratch / "projections");
    settings.build_from_events = 100;
    Engine engine(settings, log, both());
    REQUIRE_FALSE(engine.view("cards"));
    REQUIRE(status_of(engine, "cards").state == "rebuilding");
    engine.start();
    REQUIRE(reach_all(engine, log.head().position));
    REQUIRE(prints(engine) == expected);
}

TEST_CASE("promise 8: a rebuild equals the rows that serve, while appends and reads go on", "[projections][engine]") {
    ScratchDirectory scratch;
    ScriptedLog log;
    RandomHistory history(43);
    history.fill(log, 1500);
    Engine engine(settings_at(scratch / "projections"), log, both());
    engine.start();
    REQUIRE(reach_all(engine, log.head().position));
    const auto at = Position{log.head().position.value() / 2};
    const Cards cards;
    const auto then = dump_all(*engine.view("cards", at), cards);
    const auto held = engine.view("cards", at);

    for (int round = 0; round < 5; ++round) {
        engine.rebuild("cards");
        engine.rebuild("ledger");
        for (int i = 0; i < 200; ++i) {
            log.append(history.next());
            if (i % 20 == 0) {  // the same answer before, during and after
                const auto view = engine.view("cards", at);
                REQUIRE(view);
                REQUIRE(dump_all(*view, cards) == then);
            }
        }
        REQUIRE(wait_for_status(engine, "cards", is_live));
        REQUIRE(wait_for_status(engine, "ledger", is_live));
    }
    REQUIRE(reach_all(engine, log.head().position));
    REQUIRE(prints(engine) == live_prints(log));
    REQUIRE(dump_all(*held, cards) == then);  // its rows were dropped five times over
}

TEST_CASE("a rebuild says how far it is and survives a restart only when it was complete", "[projections][engine]") {
    ScratchDirectory scratch;
    ScriptedLog log;
    RandomHistory(44).fill(log, 1500);
    std::string first;
    {
        Engine engine(settings_at(scratch / "projections"), log, both());
        engine.start();
        REQUIRE(reach_all(engine, log.head().position));
        std::vector<Status> seen;
        engine.rebuild_all([&](const Status& status) { seen.push_back(status); });
        REQUIRE(seen.size() >= 2);
        REQUIRE(seen.back().position == log.head().position);
        first = prints(engine);
        engine.rebuild("cards");  // the engine goes at once
    }
    Engine again(settings_at(scratch / "projections"), log, both());
    REQUIRE(status_of(again, "cards").position == log.head().position);
    REQUIRE(prints(again) == first);
}

TEST_CASE("another version of a projection is built anew and takes over", "[projections][engine]") {
    ScratchDirectory scratch;
    ScriptedLog log;
    RandomHistory(45).fill(log, 1000);
    auto settings = settings_at(scratch / "projections");
    {
        Engine engine(settings, log, both(1));
        engine.start();
        REQUIRE(reach_all(engine, log.head().position));
    }
    settings.build_from_events = GENERATE(std::size_t{0}, std::size_t{1'000'000});
    {
        Engine engine(settings, log, both(2));
        const auto view = engine.view("cards");
        REQUIRE((!view || view->position() == Position{}));  // rows of the other version are not shown
        engine.start();
        REQUIRE(reach_all(engine, log.head().position));
        REQUIRE(status_of(engine, "cards").version == 2);
        REQUIRE(prints(engine) == live_prints(log));
    }
    Engine again(settings, log, both(2));
    REQUIRE(status_of(again, "cards").position == log.head().position);
}

TEST_CASE("a projection that is gone from the binary leaves nothing behind", "[projections][engine]") {
    ScratchDirectory scratch;
    ScriptedLog log;
    RandomHistory(46).fill(log, 200);
    {
        Engine engine(settings_at(scratch / "projections"), log, both());
        engine.start();
        REQUIRE(reach_all(engine, log.head().position));
    }
    {
        std::vector<std::unique_ptr<Projection>> one;
        one.push_back(std::make_unique<Ledger>());
        Engine engine(settings_at(scratch / "projections"), log, std::move(one));
        REQUIRE_FALSE(engine.view("cards"));
        REQUIRE(engine.view("ledger"));
    }
    Engine engine(settings_at(scratch / "projections"), log, both());
    REQUIRE(status_of(engine, "cards").position == Position{});
    REQUIRE(status_of(engine, "ledger").position == log.head().position);
}

}  // namespace dealog::projections::testing
