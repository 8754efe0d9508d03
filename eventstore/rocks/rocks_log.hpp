#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "eventstore/event_log.hpp"
#include "eventstore/verify.hpp"

namespace dealog::eventstore::rocks {

/// The log on disk. Made by `open_log`.
class RocksLog final : public EventLog {
public:
    struct State;
    explicit RocksLog(std::unique_ptr<State> state);
    /// Writes what is queued and the watermark, then closes.
    ~RocksLog() override;

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

    /// Names of all streams that begin so, in order of their names.
    [[nodiscard]] std::vector<StreamName> streams(std::string_view prefix) const;

    /// An operator says that the machine's clock is right although it jumped.
    void accept_clock();
    /// Checks all that is written up to the present head, while appends go on.
    [[nodiscard]] VerifyReport verify(const VerifyProgress& progress) const;

private:
    std::unique_ptr<State> state_;
};

}  // namespace dealog::eventstore::rocks
