#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/http.hpp"

namespace dealog {
class Clock;
namespace metrics {
class Registry;
}
namespace eventstore {
class EventLog;
class Vault;
}  // namespace eventstore
namespace commands {
class Dispatcher;
}
namespace projections {
class Engine;
class Projection;
}  // namespace projections
namespace history::v1 {
class Follower;
}
}  // namespace dealog

namespace dealog::gateway {

struct GatewaySettings {
    double requests_per_second = 5'000;  // per key; 0 = unlimited
    double requests_burst = 10'000;
    std::size_t query_threads = 2;
    std::size_t query_queue_max = 2'000;
    std::size_t subscribers_max = 11'000;
    std::chrono::milliseconds patience{5'000};              // of minPosition and asOf
    std::chrono::milliseconds checkpoint_interval{10'000};  // of event streams; the contract says 15 s
};

/// From a request to its answer: routes, keys, rights, limits, JSON and protobuf, paging, asOf. Knows no socket.
class Gateway {
public:
    struct Lent {
        eventstore::EventLog& log;
        eventstore::Vault& vault;
        commands::Dispatcher& dispatcher;
        projections::Engine& engine;
        std::vector<const projections::Projection*> projections;  // whose queries are served
        const Clock& clock;
        metrics::Registry& metrics;
        /// Runs a function later on the thread that calls `handle`, which is the dispatcher's.
        std::function<void(std::function<void()>)> post;
        /// Followers beside the projections (Kafka, webhooks), shown at /v1/head; may be empty.
        std::function<std::vector<history::v1::Follower>()> followers = {};
    };

    /// Throws std::logic_error when the contract's routes contradict each other or one of them has no handler.
    Gateway(GatewaySettings settings, Lent lent);
    /// Waits for queries under way.
    ~Gateway();
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;

    /// From one thread only. `respond` is called once, from any thread.
    void handle(Request request, Respond respond);

    /// /readyz answers 503 from here on.
    void begin_stop();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace dealog::gateway
