#pragma once

#include <atomic>
#include <functional>
#include <vector>

#include "eventstore/event_log.hpp"
#include "projections/engine/lane.hpp"

namespace dealog::projections::engine {

struct BuildLimits {
    std::size_t batch_events_max = 4096;
    std::size_t remembered_bytes_max = 256u << 20;  // of all projections together
    std::size_t run_bytes_max = 256u << 20;         // of all projections together
};

/// Builds generations from the first event: one read of the log, rows folded in memory, history and rows written as
/// sorted runs and merged once. Stops early, with nothing to keep, when `stop` is set.
class Build {
public:
    Build(std::shared_ptr<Store> store, const eventstore::EventLog& log, BuildLimits limits,
          const std::atomic<bool>& stop)
        : store_(std::move(store)), log_(log), limits_(limits), stop_(stop) {}

    /// False when stopped. Afterwards the lanes' rows are stored, with their checkpoints, up to the head that was met.
    bool run(std::vector<Lane>& lanes, const std::function<void(std::uint64_t done, std::uint64_t total)>& progress);

private:
    [[nodiscard]] Decoded read(Position after);
    void apply(std::vector<Lane>& lanes, const Decoded& decoded);
    void apply(Lane& lane, const Decoded& decoded) const;
    void flush_versions(Lane& lane) const;
    void flush_rows(Lane& lane) const;
    void finish(Lane& lane) const;
    void put_checkpoints(const std::vector<Lane>& lanes) const;

    std::shared_ptr<Store> store_;
    const eventstore::EventLog& log_;
    BuildLimits limits_;
    const std::atomic<bool>& stop_;
    Decoder decoder_;
    std::size_t lanes_ = 1;
};

}  // namespace dealog::projections::engine
