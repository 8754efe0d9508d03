#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventstore/event_log.hpp"
#include "eventstore/frontier.hpp"

namespace dealog::eventstore {

class Group;

/// Where the log ends.
struct Tip {
    Position position;
    Instant recorded_at;
    Frontier frontier;
};

/// What the committer asks of and gives to the storage under a log: RocksDB or memory. Called by the committer's thread
/// alone; throws StoreBroken when the storage cannot answer.
class Ledger {
public:
    virtual ~Ledger() = default;

    [[nodiscard]] virtual Tip tip() const = 0;
    [[nodiscard]] virtual Revision latest_revision(const std::string& stream) = 0;
    [[nodiscard]] virtual std::optional<KnownCommand> known_command(std::string_view scope, std::string_view key) = 0;
    [[nodiscard]] virtual bool has_event(std::string_view event_id) = 0;
    /// First position after `after` whose record carries all of `tags`.
    [[nodiscard]] virtual std::optional<Position> first_tagged(const std::vector<log::v1::Tag>& tags,
                                                               Position after) = 0;
    [[nodiscard]] virtual std::optional<std::string> owner_of(std::string_view kind, std::string_view hash) = 0;
    /// Hashes that `owner` holds of `kind`.
    [[nodiscard]] virtual std::vector<std::string> held_by(std::string_view kind, std::string_view owner) = 0;
    [[nodiscard]] virtual std::string written_record(Position position) = 0;

    /// Makes the whole group durable, then visible at once with its head. When it throws, nobody knows whether the
    /// group is there.
    virtual void write(const Group& group) = 0;
    /// Work between groups and at least every `tick_interval`.
    virtual void tick() {}
};

}  // namespace dealog::eventstore
