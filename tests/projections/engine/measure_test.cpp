#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <iostream>

#include <catch2/catch.hpp>

#include "base/log.hpp"
#include "tests/projections/engine/world.hpp"

/// Figures about the engine alone, with made-up projections. Not part of a test run: `test_projections "[measure]"`,
/// with DEALOG_MEASURE_EVENTS events (200000).
namespace dealog::projections::testing {

namespace {

using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point began) {
    return std::chrono::duration<double>(SteadyClock::now() - began).count();
}

double cpu_seconds(clockid_t clock) {
    timespec spent{};
    ::clock_gettime(clock, &spent);
    return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

/// Events per second by the wall and by the processors' time of all threads: the latter holds on a busy machine.
class Stopwatch {
public:
    void show(const std::string& what, std::uint64_t events) const {
        const auto n = static_cast<double>(events);
        std::cout << what << ": " << static_cast<std::uint64_t>(n / seconds_since(began_)) << " events/s, "
                  << static_cast<std::uint64_t>(n / (cpu_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_))
                  << " per second of processor time\n";
    }

private:
    SteadyClock::time_point began_ = SteadyClock::now();
    double cpu_ = cpu_seconds(CLOCK_PROCESS_CPUTIME_ID);
};

struct Percentiles {
    double p50 = 0;
    double p99 = 0;
};

template <class Ask>
Percentiles measure(std::size_t times, const Ask& ask) {
    std::vector<double> micros;
    for (std::size_t i = 0; i < times; ++i) {
        const auto began = cpu_seconds(CLOCK_THREAD_CPUTIME_ID);
        ask();
        micros.push_back((cpu_seconds(CLOCK_THREAD_CPUTIME_ID) - began) * 1e6);
    }
    std::sort(micros.begin(), micros.end());
    return {.p50 = micros[times / 2], .p99 = micros[times * 99 / 100]};
}

void show(const std::string& what, const Percentiles& now, const Percentiles& then) {
    std::cout << what << ": now p50 " << now.p50 << " p99 " << now.p99 << " µs, as of p50 " << then.p50 << " p99 "
              << then.p99 << " µs, ratio p50 " << then.p50 / now.p50 << " p99 " << then.p99 / now.p99 << "\n";
}

void read_both(Engine& engine, std::uint64_t events) {
    std::mt19937_64 random(3);
    const auto at = [&] { return Position{1 + random() % (events - 1)}; };
    const auto below = [&](std::uint32_t end) { return static_cast<std::uint32_t>(random() % end); };
    std::size_t rows = 0;
    const auto scan = [&](std::string_view projection, const TableSpec& table, std::string_view prefix,
                          std::optional<Position> when) {
        const auto view = engine.view(projection, when);
        view->scan(table, prefix, {}, [&](std::string_view, std::string_view, Position) { return ++rows > 0; });
    };
    constexpr std::size_t times = 2000;
    show("one column of cards",
         measure(times, [&] { scan("cards", Cards::cards, Key().u32(below(Cards::columns)), {}); }),
         measure(times, [&] { scan("cards", Cards::cards, Key().u32(below(Cards::columns)), at()); }));
    show("all cards", measure(times / 4, [&] { scan("cards", Cards::cards, {}, {}); }),
         measure(times / 4, [&] { scan("cards", Cards::cards, {}, at()); }));
    show("one day of one owner",
         measure(times, [&] { scan("ledger", Ledger::days, Key().u32(below(4)).u32(below(8)), {}); }),
         measure(times, [&] { scan("ledger", Ledger::days, Key().u32(below(4)).u32(below(8)), at()); }));
    show("one thing", measure(times, [&] { scan("cards", Cards::things, Key().u64(below(3500)), {}); }),
         measure(times, [&] { scan("cards", Cards::things, Key().u64(below(3500)), at()); }));
    show("the row that every event touches", measure(times, [&] { scan("ledger", Ledger::total, Key().u8(0), {}); }),
         measure(times, [&] { scan("ledger", Ledger::total, Key().u8(0), at()); }));
    show("all things, one group each", measure(times / 8, [&] { scan("cards", Cards::things, {}, {}); }),
         measure(times / 8, [&] { scan("cards", Cards::things, {}, at()); }));
    REQUIRE(rows > 0);
}

}  // namespace

TEST_CASE("how fast projections are applied, rebuilt and read as of the past", "[.][measure]") {
    dealog::log::set_level(dealog::log::Level::error);
    const char* asked = std::getenv("DEALOG_MEASURE_EVENTS");
    const std::uint64_t events = asked != nullptr ? std::stoull(asked) : 200'000;
    ScriptedLog log;
    RandomHistory history(1, {.subjects = 3500, .append_events_max = 4});
    while (log.head().position.value() < events) log.append(history.next());
    std::cout << events << " events\n";

    constexpr std::uint64_t events_one_by_one_max = 200'000;
    for (const std::size_t batch : {1u, 64u, 4096u}) {
        if (batch == 1 && events > events_one_by_one_max) continue;
        ScratchDirectory scratch;
        Engine engine(
            {.directory = scratch / "projections", .batch_events_max = batch, .build_from_events = events * 2}, log,
            both());
        const Stopwatch watch;
        engine.start();
        while (!reach_all(engine, log.head().position)) REQUIRE(status_of(engine, "cards").state != "stopped");
        watch.show("live, batches of " + std::to_string(batch), events);
    }
    ScratchDirectory scratch;
    Engine engine({.directory = scratch / "projections", .build_from_events = 0}, log, both());
    const Stopwatch watch;
    engine.rebuild_all({});
    watch.show("rebuild with history and merge", events);
    read_both(engine, log.head().position.value());
}

}  // namespace dealog::projections::testing
