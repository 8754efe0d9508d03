// What every log promises when much happens at once.
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include <catch2/catch.hpp>

#include "tests/eventstore/worlds.hpp"

using namespace dealog;
using namespace dealog::eventstore;
using namespace dealog::test;

TEMPLATE_TEST_CASE("log: duplicates and conflicts inside one group are decided as if one after the other",
                   "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    // While the committer is held in a completion, everything else gathers into one group.
    std::promise<void> open;
    std::shared_future<void> gate = open.get_future().share();
    std::promise<void> held;
    log.append(AppendOf{"gate"}.append, [&](AppendResult) {
        held.set_value();
        gate.wait();
    });
    held.get_future().wait();
    const Uuid id = fresh_id();
    auto first = begin(log, AppendOf{"a"}.as("k", "m", "r").expecting("a", NoStream{}).claiming("phone", "x", {"1"}));
    auto twin = begin(log, AppendOf{"a"}.as("k", "m", "r").expecting("a", NoStream{}).claiming("phone", "x", {"1"}));
    auto reused = begin(log, AppendOf{"a"}.as("k", "other"));
    auto late = begin(log, AppendOf{"a"}.expecting("a", NoStream{}).claiming("phone", "y", {"1"}));
    auto identified = begin(log, AppendOf{}.with(EventOf{"b"}.identified(id).tagged("t", "1")));
    auto same_event = begin(log, AppendOf{}.with(EventOf{"b"}.identified(id)).unless({tag("t", "1")}, Position{0}));
    auto last = begin(log, AppendOf{"a"}.expecting("a", ExactRevision{Revision{1}}));
    open.set_value();

    const AppendResult one = first.get();
    REQUIRE(one.has_value());
    const AppendResult two = twin.get();
    REQUIRE(two.has_value());
    CHECK(two->replayed);
    CHECK(two->first == one->first);
    CHECK(two->revisions == one->revisions);
    CHECK(two->receipt == "r");
    CHECK(std::holds_alternative<CommandReused>(std::get<Conflicts>(reused.get().error()).all[0]));
    CHECK(std::get<Conflicts>(late.get().error()).all.size() == 2);
    REQUIRE(identified.get().has_value());
    CHECK(std::get<Conflicts>(same_event.get().error()).all.size() == 2);
    const AppendResult end = last.get();
    REQUIRE(end.has_value());
    CHECK(end->revisions == std::vector{Revision{2}});
    CHECK(log.head().position == end->last);
}

TEMPLATE_TEST_CASE("log: eight threads append at once and positions stay dense", "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    constexpr int threads = 8;
    constexpr int each = 50;
    std::vector<std::vector<Appended>> answers(threads);
    std::vector<std::thread> writers;
    for (int t = 0; t < threads; ++t) {
        writers.emplace_back([&, t] {
            for (int i = 0; i < each; ++i) {
                auto answer = begin(log, AppendOf{"s" + std::to_string(t), 2}.with(EventOf{"shared"})).get();
                if (answer) answers[static_cast<std::size_t>(t)].push_back(*std::move(answer));
            }
        });
    }
    for (std::thread& writer : writers) writer.join();
    std::set<Position> firsts;
    for (const auto& of_thread : answers) {
        REQUIRE(of_thread.size() == each);
        for (std::size_t i = 0; i < of_thread.size(); ++i) {
            CHECK(of_thread[i].revisions[0] == Revision{2 * i + 1});
            firsts.insert(of_thread[i].first);
        }
    }
    CHECK(firsts.size() == threads * each);
    const auto records = all_records(log, {.records = 17, .bytes = 1u << 20});
    REQUIRE(records.size() == threads * each * 3);
    for (std::size_t i = 0; i < records.size(); ++i) REQUIRE(records[i].position() == i + 1);
    CHECK(log.revision(StreamName{"shared"}) == Revision{threads * each});
}

TEMPLATE_TEST_CASE("log: a reader goes from catch-up to live without a gap", "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    constexpr std::uint64_t total = 600;
    for (int i = 0; i < 100; ++i) appended(log, AppendOf{"a", 2});
    std::mutex mutex;
    std::condition_variable woken;
    Position head = log.head().position;
    const auto handle = log.on_head([&](Position p) {
        const std::lock_guard lock{mutex};
        head = std::max(head, p);
        woken.notify_one();
    });
    std::thread writer{[&] {
        for (int i = 0; i < 200; ++i) (void)begin(log, AppendOf{"b", 2}).get();
    }};
    std::vector<std::uint64_t> seen;
    Position cursor{0};
    bool in_time = true;
    while (cursor < Position{total} && in_time) {
        const Page page = log.read(cursor, {.records = 7, .bytes = 1u << 20});
        for (const std::string& bytes : page.records) seen.push_back(decoded(bytes).position());
        if (!page.records.empty())
            cursor = Position{seen.back()};
        else {
            std::unique_lock lock{mutex};
            in_time = woken.wait_for(lock, std::chrono::seconds{60}, [&] { return head > cursor; });
        }
    }
    writer.join();
    REQUIRE(in_time);
    REQUIRE(seen.size() == total);
    for (std::size_t i = 0; i < seen.size(); ++i) REQUIRE(seen[i] == i + 1);
}

TEMPLATE_TEST_CASE("log: nothing is called after the handle of a listener is gone", "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    std::atomic<int> kept{0};
    std::atomic<int> gone{0};
    auto first = log.on_head([&](Position) { ++gone; });
    const auto second = log.on_head([&](Position) { ++kept; });
    first.reset();
    appended(log, AppendOf{"a"});
    appended(log, AppendOf{"a"});  // once this is answered, the first wake has been made
    CHECK(gone == 0);
    CHECK(kept >= 1);
}

TEMPLATE_TEST_CASE("log: a full queue answers overloaded and writes nothing of it", "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    std::promise<void> open;
    std::shared_future<void> gate = open.get_future().share();
    std::promise<void> held;
    log.append(AppendOf{"gate"}.append, [&](AppendResult) {
        held.set_value();
        gate.wait();
    });
    held.get_future().wait();
    std::vector<std::future<AppendResult>> waiting;
    std::size_t overloaded = 0;
    for (int i = 0; i < 100 && overloaded == 0; ++i) {
        AppendOf heavy;
        for (int e = 0; e < 16; ++e) heavy = std::move(heavy).with(EventOf{"a", std::string(250'000, 'x')});
        auto answer = begin(log, std::move(heavy));
        if (answer.wait_for(std::chrono::seconds{0}) != std::future_status::ready)
            waiting.push_back(std::move(answer));
        else if (std::holds_alternative<Overloaded>(answer.get().error()))
            ++overloaded;
    }
    open.set_value();
    CHECK(overloaded == 1);
    for (auto& answer : waiting) CHECK(answer.get().has_value());
    CHECK(log.head().position == Position{1 + 16 * waiting.size()});
    CHECK(log.fenced_reason().empty());
}
