#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eventstore/event_log.hpp"
#include "projections/engine/projection.hpp"

namespace dealog::projections {

struct Status {
    std::string name;
    std::uint32_t version = 0;
    Position position;
    std::string state;  // live, catching_up, rebuilding, stopped
    std::string error;  // of a stopped one, with the position it stopped at; of a rebuild that was given up
    std::uint64_t rebuild_done = 0;  // events, while rebuilding
    std::uint64_t rebuild_total = 0;
    double rebuild_rate = 0;  // events per second
};

/// One row that an append changed, as subscribers are told. `row` is absent when it was erased.
struct Change {
    std::string_view projection;
    std::uint8_t table;
    std::string key;
    std::optional<std::string> row;
};
struct ChangeSet {
    Position position;  // the append's last
    std::vector<Change> changes;
};

/// Where a commit is: tests end the process there.
enum class CommitStage { before, after };

struct EngineSettings {
    std::filesystem::path directory;
    std::size_t batch_events_max = 4096;         // appends are taken whole up to this many events a commit
    std::size_t change_feed_appends_max = 4096;  // kept in memory for live readers
    std::size_t row_cache_bytes = 256u << 20;
    std::size_t build_from_events = 20'000;  // a new projection behind more than this is built aside, in bulk
    std::function<void(CommitStage)> on_commit = {};
};

/// Follows the log and keeps the rows of all projections in a RocksDB of its own: rows and checkpoint in one batch. A
/// store that does not open is set aside and rebuilt; it never stops the log. One thread applies; views may be taken
/// from any thread.
class Engine {
public:
    Engine(EngineSettings settings, eventstore::EventLog& log, std::vector<std::unique_ptr<Projection>> projections);
    ~Engine();  // stops the thread; what was applied is committed
    Engine(const Engine&) = delete;
    Engine& operator=(const Engine&) = delete;

    /// Starts the follower's thread.
    void start();

    /// The projection as of `at`, or at its newest position. Null when `at` is beyond its checkpoint or the projection
    /// does not exist. A position inside an append means the append's end.
    [[nodiscard]] std::unique_ptr<View> view(std::string_view projection, std::optional<Position> at = {}) const;
    /// Calls `then(true)` as soon as the projection has reached `position`, or `then(false)` at the deadline or when it
    /// is stopped. On the engine's thread or at once on the caller's; must not block.
    void when_reached(std::string_view projection, Position position, std::chrono::milliseconds patience,
                      std::function<void(bool reached)> then);

    /// Builds the projection anew beside the serving rows and puts it in their place when it has caught up. Returns at
    /// once; `status` shows the progress.
    void rebuild(std::string_view projection);
    /// Rebuilds all in one read of the log and waits.
    void rebuild_all(const std::function<void(const Status&)>& progress);

    [[nodiscard]] std::vector<Status> status() const;
    /// The change feed: `wake` after each applied append with its changed rows, on the engine's thread.
    [[nodiscard]] std::shared_ptr<void> on_change(std::function<void(const ChangeSet&)> wake);

    /// SHA-256 over every table and history of a projection, for comparing two builds.
    [[nodiscard]] std::string fingerprint(std::string_view projection) const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace dealog::projections
