#include "eventstore/log_time.hpp"

#include <ctime>

#include <algorithm>
#include <utility>

namespace dealog::eventstore {

LogTime::LogTime(Wall wall, Monotonic monotonic, Instant last_recorded)
    : wall_(std::move(wall)),
      monotonic_(std::move(monotonic)),
      base_(std::max(wall_(), last_recorded)),
      monotonic_base_(monotonic_()),
      last_(last_recorded) {}

Instant LogTime::now() {
    const Nanos monotonic_now = monotonic_();
    const Instant wall_now = wall_();
    const Instant expected = base_ + (monotonic_now - monotonic_base_);
    const Nanos ahead = wall_now - expected;
    if (accepted_.exchange(false) || follows(ahead, monotonic_now)) {
        base_ = wall_now;
        monotonic_base_ = monotonic_now;
        ahead_since_.reset();
        step_ = 0;
        last_ = std::max(last_, wall_now);
    } else {
        step_ = ahead.count();
        last_ = std::max(last_, expected);
    }
    return last_;
}

bool LogTime::follows(Nanos ahead, Nanos monotonic_now) {
    if (ahead <= forward_step_max) {
        ahead_since_.reset();
        return ahead >= -backward_step_max;
    }
    if (!ahead_since_) ahead_since_ = monotonic_now;
    return monotonic_now - *ahead_since_ >= forward_step_wait;
}

Nanos machine_uptime() {
    timespec t{};
    ::clock_gettime(CLOCK_BOOTTIME, &t);
    return std::chrono::seconds{t.tv_sec} + Nanos{t.tv_nsec};
}

}  // namespace dealog::eventstore
