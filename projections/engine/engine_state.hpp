#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "projections/engine/build.hpp"
#include "projections/engine/engine.hpp"
#include "projections/engine/lane.hpp"
#include "projections/engine/listeners.hpp"
#include "projections/engine/waiters.hpp"

namespace dealog::projections {

/// What the engine's threads share. Rows are applied by the follower (the engine's thread) alone; the builder makes new
/// generations aside and hands them over; everybody else reads.
struct Engine::State {
    using Deadline = engine::Waiters::Time;

    /// One projection: what serves, what is about to, and who waits. Guarded by `mutex`, but for the writers of its
    /// lanes, which belong to the follower.
    struct Slot {
        const Projection* projection = nullptr;
        std::optional<engine::Lane> serving;
        std::optional<engine::Lane> successor;       // built aside, catching up
        std::shared_ptr<engine::Generation> former;  // of another version: kept until there are rows of this one
        engine::Waiters waiters;
        bool wanted = false;  // to be built
        bool building = false;
        std::uint64_t settled = 0;  // builds that were promoted or given up
        std::uint64_t done = 0;
        std::uint64_t total = 0;
        double rate = 0;
        std::string rebuild_error;  // of a build that was given up while the former rows serve
    };

    State(EngineSettings given, eventstore::EventLog& followed, std::vector<std::unique_ptr<Projection>> all);

    // ---- opening.cpp ----
    /// Opens the store and begins the lanes; sets a damaged or foreign store aside first.
    void open();
    void begin_lanes(engine::Store::Opened opened);
    /// Lets go of the store after a fault; `reopen` tries again when all readers have left.
    void close(const engine::StoreFault& fault);
    [[nodiscard]] bool reopen();

    // ---- follower.cpp ----
    void follow();
    void follow_once();
    /// One batch for the lanes that are behind. True when there may be more.
    [[nodiscard]] bool step();
    [[nodiscard]] bool advance(const std::vector<engine::Lane*>& lanes, Position after, std::optional<Position> until);
    [[nodiscard]] bool serves(const engine::Lane* lane) const;
    void adopt_built();
    void commit(rocksdb::WriteBatch& rows, rocksdb::WriteBatch& checkpoints);
    void tell_waiters();
    void promote_ready();
    void promote(Slot& slot);
    void rest();

    // ---- builder.cpp ----
    void build_wanted();  // the builder's thread
    void build_here();
    void build_once(const std::vector<Slot*>& chosen);
    void show_progress(const std::vector<Slot*>& chosen, std::uint64_t done, std::uint64_t total, double rate);
    void build_failed(const std::vector<Slot*>& chosen);
    [[nodiscard]] std::vector<Slot*> take_wanted();

    [[nodiscard]] Slot* find(std::string_view projection);
    [[nodiscard]] Status status_of(const Slot& slot, Position head) const;
    [[nodiscard]] std::size_t remembered_bytes_max() const { return settings.row_cache_bytes / 2 / slots.size(); }
    void wake();

    EngineSettings settings;
    eventstore::EventLog& log;
    std::vector<std::unique_ptr<Projection>> projections;

    mutable std::mutex mutex;
    std::condition_variable changed;  // positions, builds
    std::vector<Slot> slots;
    std::vector<std::pair<Slot*, engine::Lane>> handed_over;  // by the builder, to the follower
    std::optional<engine::StoreFault> builder_fault;
    std::shared_ptr<engine::Store> store;
    std::string store_error;  // why there is no store

    std::mutex wake_mutex;
    std::condition_variable woken;
    bool awake = false;

    engine::Listeners listeners;
    engine::Decoder decoder;
    std::weak_ptr<engine::Store> closed_store;
    bool closed_as_damaged = false;
    Deadline reopen_not_before{};
    std::string log_error;

    std::atomic<bool> stopping = false;
    std::atomic<bool> abandon_builds = false;
    std::shared_ptr<void> head_subscription;
    std::thread follower;
    std::thread builder;
};

}  // namespace dealog::projections
