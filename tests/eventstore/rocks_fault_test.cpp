// What the log does when its disk fails or its process is killed.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <mutex>
#include <sstream>
#include <thread>

#include <catch2/catch.hpp>

#include "eventstore/watermark.hpp"
#include "tests/eventstore/failing_disk.hpp"
#include "tests/eventstore/worlds.hpp"

using namespace dealog;
using namespace dealog::eventstore;
using namespace dealog::test;

namespace {

struct FailingWorld {
    FailingDisk disk;  // outlives the log
    RocksWorld rocks;
    FailingWorld() {
        rocks.close();
        rocks.env = disk.env();
        rocks.open();
    }
    EventLog& log() { return rocks.log(); }
};

template <class Error>
bool failed_as(const AppendResult& result) {
    return !result.has_value() && std::holds_alternative<Error>(result.error());
}

}  // namespace

TEST_CASE("rocks log: the first storage error fences, what was in flight is unknown and reads go on",
          "[eventstore][faults]") {
    FailingWorld world;
    EventLog& log = world.log();
    const Appended before = appended(log, AppendOf{"a", 2}.as("before").claiming("phone", "x", {"1"}));
    const FailingDisk::Fault fault = GENERATE(FailingDisk::Fault::sync_of_wal, FailingDisk::Fault::append_to_wal);
    std::promise<void> open;
    std::shared_future<void> gate = open.get_future().share();
    std::promise<void> held;
    log.append(AppendOf{"gate"}.append, [&](AppendResult) {
        held.set_value();
        gate.wait();
    });
    held.get_future().wait();
    // One group: a replay and a refusal that stand by themselves, the append that fails, and what leans on it.
    auto replay = begin(log, AppendOf{"a", 2}.as("before"));
    auto refused = begin(log, AppendOf{"a"}.expecting("a", NoStream{}));
    auto lost = begin(log, AppendOf{"b"}.as("lost"));
    auto twin = begin(log, AppendOf{"b"}.as("lost"));
    auto leaning = begin(log, AppendOf{"c"}.expecting("b", NoStream{}));
    world.disk.fail(fault);
    open.set_value();
    CHECK(replay.get().value().first == before.first);
    CHECK(failed_as<Conflicts>(refused.get()));
    CHECK(failed_as<OutcomeUnknown>(lost.get()));
    CHECK(failed_as<OutcomeUnknown>(twin.get()));
    CHECK(failed_as<OutcomeUnknown>(leaning.get()));
    CHECK(failed_as<Fenced>(append(log, AppendOf{"b"}.as("later"))));
    CHECK_FALSE(log.fenced_reason().empty());
    world.disk.fail(FailingDisk::Fault::none);
    CHECK(failed_as<Fenced>(append(log, AppendOf{"b"}.as("later"))));  // no healing behind our back
    CHECK(log.head().position == Position{3});
    CHECK(all_records(log).size() == 3);
    CHECK(log.revision(StreamName{"b"}) == Revision{0});

    world.rocks.reopen();
    const Appended retried = appended(world.log(), AppendOf{"b"}.as("lost"));
    CHECK(retried.first == Position{4});  // there already or written now: in any case once
    CHECK(world.log().head().position == Position{4});
    CHECK(appended(world.log(), AppendOf{"a", 2}.as("before")).first == before.first);
    CHECK(world.rocks.opened->verify(nullptr).flaw == std::nullopt);
}

TEST_CASE("rocks log: a failed flush in the background fences before the next append fails", "[eventstore][faults]") {
    FailingWorld world;
    EventLog& log = world.log();
    world.disk.fail(FailingDisk::Fault::write_of_table);
    std::uint64_t acknowledged = 0;
    // More than a write-ahead log may hold, so that a table must be written.
    for (int i = 0; i < 400 && log.fenced_reason().empty(); ++i) {
        AppendOf heavy;
        for (int e = 0; e < 4; ++e)
            heavy = std::move(heavy).with(EventOf{"a", std::string(200'000, static_cast<char>('a' + i % 26))});
        const AppendResult result = append(log, std::move(heavy));
        if (result) acknowledged = result->last.value();
    }
    CHECK_FALSE(log.fenced_reason().empty());
    CHECK(failed_as<Fenced>(append(log, AppendOf{"a"})));
    CHECK(log.head().position == Position{acknowledged});
    world.disk.fail(FailingDisk::Fault::none);
    world.rocks.reopen();
    CHECK(world.log().head().position >= Position{acknowledged});
    CHECK(append(world.log(), AppendOf{"a"}).has_value());
    CHECK(world.rocks.opened->verify(nullptr).flaw == std::nullopt);
}

TEST_CASE("rocks log: with marking before each answer nothing acknowledged can vanish unnoticed",
          "[eventstore][faults]") {
    RocksWorld world;
    world.settings.marking = Marking::before_each_answer;
    world.reopen();
    for (int i = 0; i < 5; ++i) appended(world.log(), AppendOf{"a"});
    const auto mark = file_bytes(world.settings.directory / "watermark");
    appended(world.log(), AppendOf{"a"});
    CHECK(file_bytes(world.settings.directory / "watermark") != mark);
    CHECK(read_watermark(world.settings.directory / "watermark")->frontier.size() == 6);
}

// Run as a process of its own by the test below.
TEST_CASE("child: appends until it is killed", "[.][child]") {
    const char* directory = std::getenv("DEALOG_TEST_CHILD");
    REQUIRE(directory != nullptr);
    TestVault vault;
    metrics::Registry metrics;
    const SystemClock clock;
    const auto log = open_log({.directory = directory}, vault, clock, metrics);
    std::mutex pipe;
    std::vector<std::thread> writers;
    for (int t = 0; t < 8; ++t) {
        writers.emplace_back([&, t] {
            for (int i = 0;; ++i) {
                const std::string key = std::to_string(::getpid()) + "/" + std::to_string(t) + "/" + std::to_string(i);
                const AppendResult result =
                    begin(*log, AppendOf{"s" + std::to_string(t), 1 + static_cast<std::size_t>(i % 3)}
                                    .with(EventOf{"shared"})
                                    .as(key))
                        .get();
                if (!result) std::abort();
                const std::string line = key + " " + std::to_string(result->first.value()) + "\n";
                const std::lock_guard lock{pipe};
                if (::write(STDOUT_FILENO, line.data(), line.size()) != static_cast<ssize_t>(line.size())) std::abort();
            }
        });
    }
    for (std::thread& writer : writers) writer.join();
}

namespace {

/// Starts the child above, lets it acknowledge some appends, kills it and returns what it acknowledged.
std::map<std::string, std::uint64_t> killed_after(const std::filesystem::path& directory, std::size_t lines) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::dup2(ends[1], STDOUT_FILENO);
        ::setenv("DEALOG_TEST_CHILD", directory.c_str(), 1);
        ::execl("/proc/self/exe", "test_eventstore", "child: appends until it is killed", nullptr);
        ::_exit(127);
    }
    ::close(ends[1]);
    std::string text;
    char buffer[65536];
    bool killed = false;
    for (;;) {
        const ssize_t got = ::read(ends[0], buffer, sizeof buffer);
        if (got <= 0) break;
        text.append(buffer, static_cast<std::size_t>(got));
        if (!killed && static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) >= lines) {
            killed = ::kill(child, SIGKILL) == 0;
        }
    }
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(killed);
    REQUIRE(WIFSIGNALED(status));
    std::map<std::string, std::uint64_t> acknowledged;
    std::istringstream in{text.substr(0, text.rfind('\n') + 1)};
    for (std::string key, position; in >> key >> position;) acknowledged[key] = std::stoull(position);
    return acknowledged;
}

}  // namespace

TEST_CASE("rocks log: after kill -9 every acknowledged command is there and answers the same", "[eventstore][faults]") {
    RocksWorld world;
    world.close();
    std::map<std::string, std::uint64_t> acknowledged;
    for (const std::size_t lines : {1u, 50u, 400u}) {
        acknowledged.merge(killed_after(world.settings.directory, lines));
        const VerifyReport report = verify(world.settings.directory, nullptr);
        INFO((report.flaw ? report.flaw->reason : ""));
        REQUIRE_FALSE(report.flaw.has_value());
    }
    REQUIRE(acknowledged.size() >= 451);
    world.open();
    EventLog& log = world.log();
    const Position head = log.head().position;
    for (const auto& [key, position] : acknowledged) {
        const auto known = log.find_command("seller:ada", key);
        REQUIRE(known.has_value());
        REQUIRE(known->first == Position{position});
        const Appended again = appended(log, AppendOf{"x"}.as(key));
        REQUIRE(again.replayed);
        REQUIRE(again.first == Position{position});
    }
    CHECK(log.head().position == head);
    CHECK(all_records(log).size() == head.value());
}
