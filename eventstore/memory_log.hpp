#pragma once

#include <memory>
#include <string>

#include "eventstore/event_log.hpp"

namespace dealog::eventstore {

class Vault;

/// The log without a disk, for tests of everything above it: same checks, same committer, same answers. recorded_at is
/// the clock's time, except that it never goes back.
class MemoryLog final : public EventLog {
public:
    MemoryLog(std::string workspace, Vault& vault, const Clock& clock);
    ~MemoryLog() override;

    void append(Append append, Completion done) override;
    [[nodiscard]] Page read(Position after, ReadLimits limits) const override;
    [[nodiscard]] Page read_stream(const StreamName& stream, Revision after, ReadLimits limits) const override;
    [[nodiscard]] Page read_tag(const log::v1::Tag& tag, Position after, ReadLimits limits) const override;
    [[nodiscard]] std::optional<std::string> record_at(Position position) const override;
    [[nodiscard]] Revision revision(const StreamName& stream) const override;
    [[nodiscard]] std::optional<KnownCommand> find_command(std::string_view scope, std::string_view key) const override;
    [[nodiscard]] std::optional<std::string> claim_owner(std::string_view kind, std::string_view value) const override;
    [[nodiscard]] LogHead head() const override;
    [[nodiscard]] Position position_at(Instant t) const override;
    [[nodiscard]] std::shared_ptr<void> on_head(std::function<void(Position)> wake) override;
    [[nodiscard]] std::string fenced_reason() const override;

    /// Makes later appends answer Fenced, as a storage error would.
    void fence(const std::string& reason);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace dealog::eventstore
