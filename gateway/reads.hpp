#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/time.hpp"
#include "commands/dispatcher.hpp"
#include "gateway/exchange.hpp"
#include "gateway/pool.hpp"
#include "projections/engine/engine.hpp"

namespace dealog::gateway {

/// Puts ids in place of the message's `ext:` references; an unknown one becomes an id that nothing has, so that missing
/// and foreign look the same. On the dispatcher's thread.
void resolve_references(google::protobuf::Message& query, const commands::Dispatcher& dispatcher);

/// The message of a GET: path and parameters filled in, limits checked, references resolved.
struct Question {
    std::shared_ptr<google::protobuf::Message> message;
    CommonParameters common;
};
[[nodiscard]] Result<Question, Rejection> ask(const Match& match, std::string_view query,
                                              const commands::Dispatcher& dispatcher);

/// Queries of projections: from parameters to a view at the right position and its answer.
class Reads {
public:
    struct Lent {
        const Routes& routes;
        const eventstore::EventLog& log;
        const eventstore::Vault& vault;
        const commands::Dispatcher& dispatcher;
        projections::Engine& engine;
        const Clock& clock;
        Pool& pool;
        std::chrono::milliseconds patience;
    };
    Reads(Lent lent, const std::vector<const projections::Projection*>& projections);
    /// Afterwards nothing that the engine still owes reaches this object or its pool.
    void detach();

    [[nodiscard]] bool knows(const google::protobuf::Descriptor& query) const { return handlers_.contains(&query); }
    /// On the dispatcher's thread; answers from the pool.
    void run(const Shared& exchange);

private:
    struct Served {
        std::string projection;
        projections::QueryHandler handler;
    };
    struct Inquiry;
    using Asked = std::shared_ptr<Inquiry>;

    [[nodiscard]] Result<Asked, Rejection> prepare(const Shared& exchange) const;
    [[nodiscard]] Result<void, Rejection> find_figure(Inquiry& inquiry) const;
    void submit(const Asked& inquiry, void (Reads::*step)(const Asked&) const) const;
    void locate(const Asked& inquiry) const;
    [[nodiscard]] Result<Position, Rejection> choose_moment(Inquiry& inquiry) const;
    void answer(const Asked& inquiry) const;
    [[nodiscard]] projections::QueryResult evaluate(const Inquiry& inquiry, const projections::View& view) const;
    void refuse_late(const Inquiry& inquiry) const;

    /// What the engine's thread comes back through: it may outlive us.
    struct Door {
        std::mutex mutex;
        const Reads* reads = nullptr;
    };

    Lent lent_;
    std::unordered_map<const google::protobuf::Descriptor*, Served> handlers_;
    std::shared_ptr<Door> door_ = std::make_shared<Door>();
};

}  // namespace dealog::gateway
