#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <google/protobuf/message.h>

#include "base/ids.hpp"
#include "base/principal.hpp"
#include "base/problem.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "base/time.hpp"
#include "base/types.pb.h"
#include "eventstore/event_log.hpp"
#include "eventstore/vault.hpp"

namespace dealog::commands {

/// How often a conflict is decided again before the answer is `contended` (design §6).
inline constexpr int attempts_max = 8;

/// One command as it came in: parsed, its limits checked, path parameters filled in, `ext:` not yet resolved.
struct Command {
    std::shared_ptr<google::protobuf::Message> message;
    std::string idempotency_key;  // items of a batch
};

struct Request {
    Principal actor;
    std::vector<Command> commands;  // one, or those of a batch in order
    bool batch = false;
    std::string idempotency_key;       // required for requests from outside
    std::string mac;                   // Vault::request_mac of method, path, content type, body
    std::optional<Revision> if_match;  // of the command's target
    std::string source = "api";
    std::string correlation_id;
    std::string causation_id;
    std::string traceparent;
    /// Everything is decided as it would be now; nothing is written or remembered, positions are 0.
    bool dry_run = false;
};

/// Answer of a request; one result per command.
struct Outcome {
    std::vector<v1::Written> results;
    bool created = false;
    Position position;  // the append's last; 0 when nothing was written
    bool replayed = false;
};

using Answer = Result<Outcome, Rejection>;
using Done = std::function<void(Answer)>;

/// From a command message to a synced append: load, resolve `ext:`, authorise, decide, seal, append, retry.
/// `run` may be called from one thread only (the one `post` posts to); `done` is called on that thread.
class Dispatcher {
public:
    struct Lent {
        eventstore::EventLog& log;
        eventstore::Vault& vault;
        const Clock& clock;
        IdSource& ids;
        /// Runs a function later on the dispatcher's thread.
        std::function<void(std::function<void()>)> post;
    };

    explicit Dispatcher(Lent lent);
    ~Dispatcher();

    void run(Request request, Done done);
    /// Answers every request that is under way: shutting_down, or outcome_unknown when it is with the log. What comes
    /// later is refused. Call it before what the answers need is gone; again does nothing.
    void stop();

    /// The principal behind a key's secret, with its present roles and team; absent when unknown, revoked or expired.
    [[nodiscard]] std::optional<Principal> authenticate(std::string_view secret);
    /// Resolves `ext:<externalId>` of a kind (deal, seller …) to an id; ids pass through. Absent when unknown.
    [[nodiscard]] std::optional<std::string> resolve(std::string_view kind, const std::string& reference) const;

    /// Whether a message is a command that this dispatcher can run.
    [[nodiscard]] static bool knows(const google::protobuf::Descriptor& command);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// A workspace without events gets its defaults (api.md, "At the start of a workspace") and a first key with the roles
/// ADMIN and HEAD of the whole workspace. Answers the key's secret when it made one. Blocks.
[[nodiscard]] std::optional<std::string> found_workspace(Dispatcher::Lent lent);

}  // namespace dealog::commands
