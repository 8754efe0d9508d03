#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "base/time.hpp"
#include "base/types.pb.h"
#include "eventstore/record.pb.h"

namespace dealog::eventstore {

/// Bounds of one append (design §4).
inline constexpr std::size_t append_events_max = 8192;
inline constexpr std::size_t append_bytes_max = 4u << 20;
inline constexpr std::size_t record_bytes_max = 256u << 10;
inline constexpr std::size_t stream_name_bytes_max = 128;

/// What a stream must look like for an append to be written.
struct AnyRevision {};
struct NoStream {};
struct StreamExists {};
struct ExactRevision {
    Revision revision;
};
using Expected = std::variant<AnyRevision, NoStream, StreamExists, ExactRevision>;

struct StreamCheck {
    StreamName stream;
    Expected expected;  // checked against the state before this append, whether or not it writes the stream
};

/// Fails when an event that carries all of `tags` came after `after`.
struct TagCondition {
    std::vector<log::v1::Tag> tags;
    Position after;
};

/// `owner` shall hold exactly `values` of `kind` after this append: what it held else is released in the same batch.
/// Values are keyed hashes before they reach the disk; they are never in a record. Kinds in use: `phone`, `email`,
/// `external:<kind>`.
struct ClaimSet {
    std::string kind;
    std::string owner;
    std::vector<std::string> values;
};

/// One event to be written. `payload` and `sealed` are final: no personal value is in `payload` any more.
struct NewEvent {
    StreamName stream;
    std::string type;
    std::string payload;
    std::vector<v1::SealedPart> sealed;
    Uuid event_id{};
    std::optional<Instant> occurred_at;  // absent: as recorded
    bool backdated = false;
    std::vector<log::v1::Tag> tags;
};

/// Identifies a request for ever. Scope = the principal; mac = keyed hash of method, path, content type and body.
struct CommandId {
    std::string scope;
    std::string key;
    std::string mac;
};

/// One atomic unit: all of it or nothing.
struct Append {
    std::vector<NewEvent> events;
    std::vector<StreamCheck> checks;
    std::vector<TagCondition> conditions;
    std::vector<ClaimSet> claims;
    std::optional<CommandId> command;
    /// Stored beside the command id, opaque here; what the caller rebuilds the answer from.
    std::string receipt;
    log::v1::Actor actor;
    std::optional<log::v1::Actor> on_behalf_of;
    std::string source;
    std::string correlation_id;
    std::string causation_id;
    std::string traceparent;
    /// Subjects whose keys were made for this append; their keys are synced before it is written.
    std::vector<std::string> new_subjects;
};

struct Appended {
    Position first;
    Position last;
    Instant recorded_at;
    /// Revision of each event in order.
    std::vector<Revision> revisions;
    /// True: this command was appended before; positions are the original ones and `receipt` the stored one.
    bool replayed = false;
    std::string receipt;
};

struct WrongRevision {
    StreamName stream;
    Revision actual;
};
struct ClaimTaken {
    std::string kind;
    std::string value_index;
    std::string owner;
};  // value_index: which of the given values, as decimal
struct ConditionFailed {
    Position found;
};
/// The command id is known with another mac.
struct CommandReused {};
/// An event id is known already, outside of a replayed command.
struct EventIdReused {
    Uuid event_id;
};
using Conflict = std::variant<WrongRevision, ClaimTaken, ConditionFailed, CommandReused, EventIdReused>;

/// Every failed condition of one append. Nothing was written.
struct Conflicts {
    std::vector<Conflict> all;
};
/// The append breaks a bound or is malformed. Nothing was written.
struct NotAppendable {
    std::string reason;
};
/// The queue is full. Nothing was written.
struct Overloaded {};
/// The log refuses writes since a storage error. Nothing was written.
struct Fenced {
    std::string reason;
};
/// A storage error happened while this append was being written: it may or may not be there. Retry the same command id.
struct OutcomeUnknown {
    std::string reason;
};

using AppendError = std::variant<Conflicts, NotAppendable, Overloaded, Fenced, OutcomeUnknown>;
using AppendResult = Result<Appended, AppendError>;
/// Called exactly once, on the committer's thread, or inside `append` when it is refused at once (NotAppendable,
/// Overloaded, Fenced); must not block.
using Completion = std::function<void(AppendResult)>;

struct ReadLimits {
    std::size_t records = 1000;
    std::size_t bytes = 1u << 20;  // a page ends after the record that crosses it
};

/// Encoded `dealog.log.v1.Record`s in order. Whole appends in `read`; single records in `read_stream`.
struct Page {
    std::vector<std::string> records;
    Position head;  // the head this page was read at
};

struct KnownCommand {
    Position first;
    Position last;
    std::string mac;
    std::string receipt;
};

struct LogHead {
    Position position;
    Instant recorded_at;
    std::string workspace;
    std::uint32_t epoch = 1;
};

/// A read that could not be answered truthfully: never an empty or short answer instead.
struct StoreBroken : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// One workspace's log. Appends are ordered and synced by one committer thread; reads may come from any thread, see
/// only synced events and throw StoreBroken on damage.
class EventLog {
public:
    virtual ~EventLog() = default;

    /// Takes the append into the queue; `done` gets the outcome after the sync.
    virtual void append(Append append, Completion done) = 0;

    /// Records after `after` in order, whole appends only; empty at the head.
    [[nodiscard]] virtual Page read(Position after, ReadLimits limits) const = 0;
    [[nodiscard]] virtual Page read_stream(const StreamName& stream, Revision after, ReadLimits limits) const = 0;
    /// Records that carry the tag, after `after`.
    [[nodiscard]] virtual Page read_tag(const log::v1::Tag& tag, Position after, ReadLimits limits) const = 0;
    [[nodiscard]] virtual std::optional<std::string> record_at(Position position) const = 0;
    [[nodiscard]] virtual Revision revision(const StreamName& stream) const = 0;
    [[nodiscard]] virtual std::optional<KnownCommand> find_command(std::string_view scope,
                                                                   std::string_view key) const = 0;
    [[nodiscard]] virtual std::optional<std::string> claim_owner(std::string_view kind,
                                                                 std::string_view value) const = 0;

    [[nodiscard]] virtual LogHead head() const = 0;
    /// Last position recorded at or before `t`; 0 when there is none.
    [[nodiscard]] virtual Position position_at(Instant t) const = 0;

    /// Calls `wake` after each new head, on the committer's thread, until the returned handle is destroyed. `wake` must
    /// not block and may be called spuriously. A follower reads from its own cursor; nothing is queued here.
    [[nodiscard]] virtual std::shared_ptr<void> on_head(std::function<void(Position)> wake) = 0;

    /// Empty while writes are accepted; otherwise why not.
    [[nodiscard]] virtual std::string fenced_reason() const = 0;
};

}  // namespace dealog::eventstore
