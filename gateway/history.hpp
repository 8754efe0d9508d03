#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <vector>

#include "base/time.hpp"
#include "gateway/event_views.hpp"
#include "gateway/exchange.hpp"
#include "gateway/history.pb.h"
#include "gateway/history_rights.hpp"
#include "gateway/owners.hpp"
#include "gateway/pool.hpp"
#include "gateway/reads.hpp"

namespace dealog::gateway {

class EventStreams;

/// The log over HTTP: pages, single streams, the head, and the way into event streams.
class History {
public:
    struct Lent {
        const eventstore::EventLog& log;
        const eventstore::Vault& vault;
        const commands::Dispatcher& dispatcher;
        projections::Engine& engine;
        const Clock& clock;
        Pool& pool;
        EventStreams& streams;
        Owners& owners;
        std::function<std::vector<history::v1::Follower>()> followers;
    };
    explicit History(Lent lent) : lent_(std::move(lent)) {}

    [[nodiscard]] static bool knows(const google::protobuf::Descriptor& query);
    /// On the dispatcher's thread; answers from the pool.
    void run(const Shared& exchange) const;

    static constexpr std::uint32_t limit_default = 100;
    static constexpr std::size_t scanned_max =
        50'000;  // records looked at for one page; the answer says where to go on

private:
    struct Bounds {
        Position until;  // nothing after it is shown
        Instant at;
        Zone zone;
    };

    void answer(const Exchange& exchange, const Question& question) const;
    [[nodiscard]] Result<Bounds, Rejection> bounds(const CommonParameters& common) const;
    void list(const Exchange& exchange, const history::v1::ListEvents& query, const Bounds& bounds) const;
    void list_stream(const Exchange& exchange, const history::v1::ListStreamEvents& query, const Bounds& bounds) const;
    void subscribe(const Exchange& exchange, const history::v1::ListEvents& query, const Bounds& bounds) const;
    void head(const Exchange& exchange) const;
    [[nodiscard]] HistoryRights rights(const Exchange& exchange) const;

    Lent lent_;
};

}  // namespace dealog::gateway
