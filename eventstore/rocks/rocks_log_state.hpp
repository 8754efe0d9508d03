#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/metrics.hpp"
#include "eventstore/committer.hpp"
#include "eventstore/identity.hpp"
#include "eventstore/log_time.hpp"
#include "eventstore/rocks/rocks_ledger.hpp"
#include "eventstore/rocks/rocks_log.hpp"

namespace dealog::eventstore::rocks {

/// Carries an error that RocksDB meets on its own threads to the committer, which is made after RocksDB.
class StorageAlarm {
public:
    void ring(const std::string& reason);
    /// Hears what has rung already, too. Null: nobody listens any more.
    void listen(std::function<void(const std::string&)> heard);

private:
    std::mutex mutex_;
    std::string rung_;
    std::function<void(const std::string&)> heard_;
};

/// Figures of one log.
struct LogMeters {
    explicit LogMeters(metrics::Registry& registry);
    metrics::Gauge& head;
    metrics::Counter& appends;
    metrics::Counter& refused;
    metrics::Counter& overloaded;
    metrics::Counter& events;
    metrics::Histogram& write_seconds;
    metrics::Histogram& group_appends;
    metrics::Gauge& fenced;
    metrics::Gauge& clock_step;
};

/// Members end in the reverse of their order: first the committer, last the lock.
struct RocksLog::State {
    struct Parts {
        File lock;
        Identity identity;
        LogPaths paths;
        Marking marking;
        Tip tip;
        std::unique_ptr<Database> database;
        std::shared_ptr<StorageAlarm> alarm;
        Vault& vault;
        const Clock& clock;
        metrics::Registry& metrics;
        LogTime::Monotonic monotonic;
    };
    explicit State(Parts parts);
    ~State();

    void watch_clock();
    [[nodiscard]] CommitterWatch watch();

    File lock;
    Identity identity;
    Vault& vault;
    LogMeters meters;
    LogTime time;
    Nanos step_told{0};  // committer's thread
    std::shared_ptr<StorageAlarm> alarm;
    std::unique_ptr<Database> database;
    WatermarkWriter watermark;
    RocksLedger ledger;
    std::unique_ptr<Committer> committer;
};

}  // namespace dealog::eventstore::rocks
