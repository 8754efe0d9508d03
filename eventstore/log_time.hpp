#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>

#include "base/time.hpp"

namespace dealog::eventstore {

/// The log's own time: the wall clock at the start, carried on by the monotonic clock. It never goes back and does not
/// believe a jump of the wall clock at once, since a wrong recorded_at can never be taken back. One thread calls `now`.
class LogTime {
public:
    /// A wall clock further ahead than this is not followed …
    static constexpr Nanos forward_step_max = std::chrono::seconds{60};
    /// … until it has been ahead for so long.
    static constexpr Nanos forward_step_wait = std::chrono::minutes{10};
    /// A wall clock further behind than this is never followed by itself; time goes on by the monotonic clock.
    static constexpr Nanos backward_step_max = std::chrono::seconds{1};

    using Wall = std::function<Instant()>;
    using Monotonic = std::function<Nanos()>;
    LogTime(Wall wall, Monotonic monotonic, Instant last_recorded);

    /// Not before any earlier answer.
    [[nodiscard]] Instant now();
    /// How far the wall clock is from the log's time while it is not followed; else 0. Any thread.
    [[nodiscard]] Nanos step() const { return Nanos{step_.load()}; }
    /// An operator says that the wall clock is right. Taken at the next `now`. Any thread.
    void accept() { accepted_ = true; }

private:
    [[nodiscard]] bool follows(Nanos ahead, Nanos monotonic_now);

    Wall wall_;
    Monotonic monotonic_;
    Instant base_;
    Nanos monotonic_base_;
    Instant last_;
    std::optional<Nanos> ahead_since_;  // monotonic
    std::atomic<Nanos::rep> step_{0};
    std::atomic<bool> accepted_{false};
};

/// Counts while the machine sleeps, so that waking up is no jump.
[[nodiscard]] Nanos machine_uptime();

}  // namespace dealog::eventstore
