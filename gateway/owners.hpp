#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "base/strong.hpp"

namespace dealog::eventstore {
class EventLog;
}

namespace dealog::gateway {

/// The present owner of a deal, contact or company, read from its stream: exact at the log's head, which a projection
/// need not have reached when its events are shown. Thread-safe.
class Owners {
public:
    explicit Owners(const eventstore::EventLog& log) : log_(log) {}
    /// Empty for nobody's and for streams that nobody owns. A deal's clock stream belongs to the deal's owner.
    [[nodiscard]] std::string of(const std::string& stream);

private:
    struct Known {
        Revision revision;
        std::string owner;
    };
    void catch_up(const StreamName& stream, Known& known, Revision head) const;

    static constexpr std::size_t known_max = 100'000;
    const eventstore::EventLog& log_;
    std::mutex mutex_;
    std::unordered_map<std::string, Known> known_;
};

}  // namespace dealog::gateway
