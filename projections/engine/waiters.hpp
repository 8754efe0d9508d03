#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/strong.hpp"

namespace dealog::projections::engine {

/// Those who wait for one projection to reach a position. Guarded by its owner.
class Waiters {
public:
    using Time = std::chrono::steady_clock::time_point;
    using Then = std::function<void(bool reached)>;
    struct Due {
        Then then;
        bool reached;
    };
    static constexpr std::size_t waiters_max = 65'536;

    /// False when there are too many.
    [[nodiscard]] bool add(Position position, Time deadline, Then then) {
        if (waiting_.size() >= waiters_max) return false;
        waiting_.emplace(position, Waiting{.deadline = deadline, .then = std::move(then)});
        if (!next_deadline_ || deadline < *next_deadline_) next_deadline_ = deadline;
        return true;
    }
    /// No later than the first deadline of all.
    [[nodiscard]] std::optional<Time> next_deadline() const { return next_deadline_; }

    void take_reached(Position position, std::vector<Due>& due) {
        const auto end = waiting_.upper_bound(position);
        for (auto it = waiting_.begin(); it != end; ++it) due.push_back({std::move(it->second.then), true});
        waiting_.erase(waiting_.begin(), end);
        if (waiting_.empty()) next_deadline_.reset();
    }
    void take_late(Time now, std::vector<Due>& due) {
        if (!next_deadline_ || now < *next_deadline_) return;
        next_deadline_.reset();
        for (auto it = waiting_.begin(); it != waiting_.end();) {
            if (it->second.deadline <= now) {
                due.push_back({std::move(it->second.then), false});
                it = waiting_.erase(it);
                continue;
            }
            next_deadline_ = std::min(next_deadline_.value_or(it->second.deadline), it->second.deadline);
            ++it;
        }
    }
    void take_all(std::vector<Due>& due) {
        for (auto& [position, waiting] : waiting_) due.push_back({std::move(waiting.then), false});
        waiting_.clear();
        next_deadline_.reset();
    }

private:
    struct Waiting {
        Time deadline;
        Then then;
    };
    std::multimap<Position, Waiting> waiting_;
    std::optional<Time> next_deadline_;
};

}  // namespace dealog::projections::engine
