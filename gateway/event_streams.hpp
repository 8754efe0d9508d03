#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/principal.hpp"
#include "base/strong.hpp"
#include "gateway/event_views.hpp"
#include "gateway/http.hpp"

namespace dealog::eventstore {
class EventLog;
class Vault;
}  // namespace dealog::eventstore
namespace dealog::projections {
class View;
}

namespace dealog::gateway {

class Owners;

/// Live readers of the log: each is a cursor, catch-up and live are the same code, memory per reader is O(1). One
/// thread serves them all; a page and its JSON are made once for all who stand at the same place. Rights are read again
/// whenever the log has moved, and at each checkpoint.
class EventStreams {
public:
    struct Lent {
        eventstore::EventLog& log;
        const eventstore::Vault& vault;
        Owners& owners;
        /// Runs a function later on the dispatcher's thread; null when that thread is gone.
        std::function<void(std::function<void()>)> post;
        /// On the dispatcher's thread.
        std::function<std::optional<Principal>(std::string_view secret)> authenticate;
        /// The newest view of the directory, or null.
        std::function<std::unique_ptr<projections::View>()> directory;
        std::chrono::milliseconds checkpoint_interval;
        std::size_t subscribers_max;
    };

    explicit EventStreams(Lent lent);
    ~EventStreams();
    EventStreams(const EventStreams&) = delete;
    EventStreams& operator=(const EventStreams&) = delete;

    /// Null when there are too many. `secret` is the key whose rights count.
    [[nodiscard]] std::shared_ptr<BodyStream> open(std::string secret, EventFilter filter, Position after);
    [[nodiscard]] std::size_t subscribers() const;

private:
    class Hub;
    std::shared_ptr<Hub> hub_;
};

}  // namespace dealog::gateway
