#include <csignal>
#include <cstdlib>
#include <map>

#include <spawn.h>
#include <sys/wait.h>

#include <catch2/catch.hpp>

#include "base/log.hpp"
#include "tests/projections/engine/world.hpp"

/// Kill -9 in the middle of applying. A child process of this same program applies a history and ends itself at a
/// chosen point; what it left is opened again and has to come to what a rebuild comes to.
namespace dealog::projections::testing {

namespace {

constexpr std::size_t appends = 80;
constexpr std::uint64_t histories = 20;
constexpr std::uint64_t kills_per_history = 12;

[[noreturn]] void die() {
    std::raise(SIGKILL);
    std::abort();
}

/// Ends the process while it applies an append.
class Fatal final : public Projection {
public:
    explicit Fatal(std::uint64_t at) : at_(at) {}
    [[nodiscard]] std::string_view name() const override { return "fatal"; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] std::span<const TableSpec> tables() const override { return {}; }
    [[nodiscard]] std::vector<QueryHandler> queries() const override { return {}; }
    void apply(const AppendView& append, Rows&) const override {
        if (append.last.value() >= at_) die();
    }

private:
    std::uint64_t at_;
};

/// Where a child ends.
struct Kill {
    std::string place;  // "apply", "before" or "after" the commit, or "rebuild"
    std::uint64_t at;   // position, or the how-manieth commit
};

std::uint64_t number(const char* name) { return std::stoull(std::getenv(name)); }

void fill(ScriptedLog& log, std::uint64_t seed) {
    RandomHistory(seed, {.subjects = 12, .append_events_max = 4}).fill(log, appends);
}

EngineSettings settings_of(const std::filesystem::path& directory, std::uint64_t batch) {
    return {.directory = directory, .batch_events_max = batch};
}

/// The wait status of a child that applies this history and dies as told.
int run_child(const std::filesystem::path& directory, std::uint64_t seed, std::uint64_t batch, const Kill& kill) {
    std::vector<std::string> texts{"CRASH_DIRECTORY=" + directory.string(), "CRASH_SEED=" + std::to_string(seed),
                                   "CRASH_BATCH=" + std::to_string(batch), "CRASH_PLACE=" + kill.place,
                                   "CRASH_AT=" + std::to_string(kill.at)};
    if (const char* path = std::getenv("LD_LIBRARY_PATH")) texts.push_back(std::string("LD_LIBRARY_PATH=") + path);
    std::vector<char*> environment;
    for (auto& text : texts) environment.push_back(text.data());
    environment.push_back(nullptr);
    std::string program = "/proc/self/exe";
    std::string filter = "[crash_child]";
    char* arguments[] = {program.data(), filter.data(), nullptr};
    pid_t child = 0;
    REQUIRE(::posix_spawn(&child, std::filesystem::read_symlink(program).c_str(), nullptr, nullptr, arguments,
                          environment.data()) == 0);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return status;
}

std::string prints(const Engine& engine) { return engine.fingerprint("cards") + engine.fingerprint("ledger"); }

std::string rebuilt(ScriptedLog& log) {
    ScratchDirectory scratch;
    Engine engine(settings_of(scratch / "projections", 4096), log, both());
    engine.rebuild_all({});
    return prints(engine);
}

std::string restarted(ScriptedLog& log, const std::filesystem::path& directory) {
    Engine engine(settings_of(directory, 4096), log, both());
    engine.start();
    REQUIRE(reach_all(engine, log.head().position));
    return prints(engine);
}

Kill choose(std::mt19937_64& random, std::uint64_t kill) {
    constexpr std::uint64_t commits = 20;  // fewer than there are
    if (kill % 20 == 0) return {"after", 1 + random() % commits};
    if (kill % 5 == 1) return {"apply", 1 + random() % appends};
    return {"before", 1 + random() % commits};
}

}  // namespace

TEST_CASE("a child that applies a history until it dies", "[.][crash_child]") {
    dealog::log::set_level(dealog::log::Level::error);
    ScriptedLog log;
    fill(log, number("CRASH_SEED"));
    const std::string place = std::getenv("CRASH_PLACE");
    auto settings = settings_of(std::getenv("CRASH_DIRECTORY"), number("CRASH_BATCH"));
    std::uint64_t left = number("CRASH_AT");
    settings.on_commit = [&](CommitStage stage) {
        const bool here =
            (place == "before" && stage == CommitStage::before) || (place == "after" && stage == CommitStage::after);
        if (here && --left == 0) die();
    };
    if (place == "rebuild") {
        Engine whole(settings, log, both());
        whole.start();
        reach_all(whole, log.head().position);
    }
    auto all = both();
    if (place == "apply" || place == "rebuild") all.push_back(std::make_unique<Fatal>(number("CRASH_AT")));
    Engine engine(settings, log, std::move(all));
    if (place == "rebuild") engine.rebuild_all({});
    engine.start();
    reach_all(engine, log.head().position);
}

TEST_CASE("kill -9 while rebuilding: the rows that served go on serving", "[projections][engine][crash]") {
    dealog::log::set_level(dealog::log::Level::error);
    ScriptedLog log;
    fill(log, 3);
    const auto expected = rebuilt(log);
    for (std::uint64_t at = 1; at <= log.head().position.value(); at += 20) {
        ScratchDirectory scratch;
        const int status = run_child(scratch / "projections", 3, 8, {"rebuild", at});
        REQUIRE(WIFSIGNALED(status));
        Engine engine(settings_of(scratch / "projections", 4096), log, both());
        REQUIRE(status_of(engine, "cards").position == log.head().position);
        REQUIRE(prints(engine) == expected);
    }
}

TEST_CASE("kill -9 while applying: what a restart comes to equals a rebuild", "[projections][engine][crash]") {
    dealog::log::set_level(dealog::log::Level::error);
    std::mt19937_64 random(97);
    std::size_t killed = 0;
    std::size_t inside_a_batch = 0;
    std::size_t different = 0;
    for (std::uint64_t seed = 1; seed <= histories; ++seed) {
        ScriptedLog log;
        fill(log, seed);
        const auto expected = rebuilt(log);
        for (std::uint64_t i = 0; i < kills_per_history; ++i) {
            ScratchDirectory scratch;
            const auto kill = choose(random, seed * kills_per_history + i);
            const std::uint64_t batch = 1 + random() % 8;
            const int status = run_child(scratch / "projections", seed, batch, kill);
            CAPTURE(seed, kill.place, kill.at, batch, status);
            REQUIRE(WIFSIGNALED(status));
            REQUIRE(WTERMSIG(status) == SIGKILL);
            ++killed;
            if (kill.place != "after") ++inside_a_batch;
            if (i % 6 == 0) {  // and once more, on the way back
                REQUIRE(WIFSIGNALED(run_child(scratch / "projections", seed, 1, {"before", 1})));
            }
            if (restarted(log, scratch / "projections") != expected) ++different;
        }
    }
    REQUIRE(killed >= 200);
    REQUIRE(inside_a_batch * 10 >= killed * 9);
    REQUIRE(different == 0);
}

}  // namespace dealog::projections::testing
