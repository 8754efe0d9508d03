#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "eventstore/event_log.hpp"
#include "eventstore/group.hpp"
#include "eventstore/ledger.hpp"

namespace dealog::eventstore {

class Vault;

inline constexpr std::chrono::milliseconds tick_interval{50};

struct QueueLimits {
    std::size_t requests = 8192;
    std::size_t bytes = 64u << 20;
    std::size_t group_requests = 1024;
    std::size_t group_bytes = 8u << 20;
};

/// What happened, for the metrics of whoever owns the log. Called by the committer's thread unless said otherwise.
struct CommitterWatch {
    struct Written {
        std::size_t appends = 0;
        std::size_t events = 0;
        std::chrono::nanoseconds took{};
        Position head;
    };
    std::function<void(const Written&)> written = [](const Written&) {};
    std::function<void(std::size_t)> refused = [](std::size_t) {};
    std::function<void()> overloaded = [] {};                                    // the caller's thread
    std::function<void(const std::string&)> fenced = [](const std::string&) {};  // any thread
};

/// The one thread that writes: takes queued appends, checks them as a group, writes the group once, answers each.
class Committer {
public:
    struct Needs {
        Ledger& ledger;
        Vault& vault;
        std::string workspace;
        std::uint32_t epoch = 1;
        std::function<Instant()> now;  // called by the committer's thread alone
        QueueLimits limits{};
        CommitterWatch watch{};
    };
    explicit Committer(Needs needs);
    /// Writes what is queued, then ends.
    ~Committer();
    Committer(const Committer&) = delete;
    Committer& operator=(const Committer&) = delete;

    void append(Append append, Completion done);
    [[nodiscard]] std::shared_ptr<void> on_head(std::function<void(Position)> wake);
    /// Later appends are refused. The first reason stays. Any thread.
    void fence(const std::string& reason);
    [[nodiscard]] std::string fenced_reason() const;

private:
    struct Queued {
        Prepared prepared;
        Completion done;
    };
    struct Decided {
        Completion done;
        Group::Verdict verdict;
        bool leans_on_group = false;  // decided beside staged appends: true only when they are written
    };
    struct Listener;

    void run();
    /// Empty when it is time to end.
    [[nodiscard]] std::vector<Queued> take();
    void commit(std::vector<Queued> queued);
    [[nodiscard]] std::vector<Decided> decide(std::vector<Queued>& queued, Group& group);
    void write(Group& group);
    void persist_subjects(const Group& group);
    void answer(std::vector<Decided>& decided, const Group& group);
    void answer_unknown(std::vector<Decided>& decided, const std::string& reason);
    [[nodiscard]] AppendResult replay(const KnownCommand& known);
    void wake_listeners(Position head);
    void tick();

    Needs needs_;
    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable arrived_;
    std::deque<Queued> queue_;
    std::size_t queued_bytes_ = 0;
    std::string fenced_;
    bool stopping_ = false;
    std::mutex listeners_mutex_;
    std::vector<std::weak_ptr<Listener>> listeners_;
    std::thread thread_;  // last: starts when all else is there
};

}  // namespace dealog::eventstore
