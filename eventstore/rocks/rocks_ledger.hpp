#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "eventstore/ledger.hpp"
#include "eventstore/open.hpp"
#include "eventstore/rocks/database.hpp"
#include "eventstore/rocks/revision_cache.hpp"
#include "eventstore/watermark.hpp"

namespace dealog::eventstore::rocks {

inline constexpr std::chrono::milliseconds watermark_interval{50};

/// One moment of the log: a head and everything visible at it.
struct View {
    Position head;
    Instant recorded_at;
    Snapshot snapshot;
};

/// The storage under RocksLog.
class RocksLedger final : public Ledger {
public:
    RocksLedger(Database& database, WatermarkWriter& watermark, Marking marking, Tip tip);

    [[nodiscard]] Tip tip() const override { return tip_; }
    [[nodiscard]] Revision latest_revision(const std::string& stream) override;
    [[nodiscard]] std::optional<KnownCommand> known_command(std::string_view scope, std::string_view key) override;
    [[nodiscard]] bool has_event(std::string_view event_id) override;
    [[nodiscard]] std::optional<Position> first_tagged(const std::vector<log::v1::Tag>& tags, Position after) override;
    [[nodiscard]] std::optional<std::string> owner_of(std::string_view kind, std::string_view hash) override;
    [[nodiscard]] std::vector<std::string> held_by(std::string_view kind, std::string_view owner) override;
    [[nodiscard]] std::string written_record(Position position) override;
    void write(const Group& group) override;
    void tick() override;

    /// The newest moment. Any thread.
    [[nodiscard]] View view() const;
    /// The committer has ended.
    void close();
    /// Called by `tick`.
    std::function<void()> on_tick = [] {};

private:
    void mark();
    void publish();

    Database& database_;
    WatermarkWriter& watermark_;
    Marking marking_;
    Tip tip_;
    Position marked_;
    std::chrono::steady_clock::time_point marked_when_{};
    RevisionCache revisions_;
    mutable std::mutex view_mutex_;
    View view_;
};

}  // namespace dealog::eventstore::rocks
