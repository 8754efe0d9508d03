#pragma once

#include <unistd.h>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <random>
#include <string>
#include <vector>

#include <google/protobuf/wrappers.pb.h>

#include "eventstore/event_log.hpp"
#include "projections/engine/engine.hpp"
#include "projections/engine/memory_rows.hpp"

/// A log, a random history and made-up projections for the engine's tests.
namespace dealog::projections::testing {

/// A directory that goes with the test. In memory where there is room: a killed process leaves the same there, sooner.
class ScratchDirectory {
public:
    ScratchDirectory() {
        static std::atomic<int> made = 0;
        const std::filesystem::path memory = "/dev/shm";
        path_ = (std::filesystem::exists(memory) ? memory : std::filesystem::temp_directory_path()) /
                ("dealog-engine-" + std::to_string(::getpid()) + "-" + std::to_string(made++));
        std::filesystem::create_directories(path_);
    }
    ~ScratchDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;
    [[nodiscard]] std::filesystem::path operator/(const char* name) const { return path_ / name; }

private:
    std::filesystem::path path_;
};

/// Records in memory, appended by the test itself. Reads are those of a log; what a follower does not need is refused.
class ScriptedLog final : public eventstore::EventLog {
public:
    explicit ScriptedLog(std::string workspace = "acme", std::uint32_t epoch = 1)
        : workspace_(std::move(workspace)), epoch_(epoch) {}

    struct Line {
        std::uint64_t subject;
        std::uint64_t value;
    };
    /// One append of one event per line: stream `thing-<subject>`, payload UInt64Value.
    Position append(const std::vector<Line>& lines) {
        Position head;
        std::vector<std::function<void(Position)>> wakes;
        {
            const std::lock_guard lock(mutex_);
            const std::uint64_t first = records_.size() + 1;
            for (const auto& line : lines) {
                google::protobuf::UInt64Value payload;
                payload.set_value(line.value);
                add(line.subject, "google.protobuf.UInt64Value", payload.SerializeAsString(), first, lines.size());
            }
            head = Position{records_.size()};
            for (const auto& wake : wakes_) {
                if (const auto present = wake.lock()) wakes.push_back(*present);
            }
        }
        for (const auto& wake : wakes) wake(head);
        return head;
    }
    /// One append of one event with a payload as given.
    Position append_raw(const std::string& type, const std::string& payload) {
        const std::lock_guard lock(mutex_);
        add(1, type, payload, records_.size() + 1, 1);
        return Position{records_.size()};
    }

    [[nodiscard]] eventstore::Page read(Position after, eventstore::ReadLimits limits) const override {
        const std::lock_guard lock(mutex_);
        if (unreadable_) throw eventstore::StoreBroken("scripted");
        eventstore::Page page{.records = {}, .head = Position{records_.size()}};
        std::size_t bytes = 0;
        for (std::uint64_t i = after.value(); i < records_.size(); ++i) {
            const bool at_begin = begins_[i] == i;
            if (at_begin && !page.records.empty() && (page.records.size() >= limits.records || bytes >= limits.bytes))
                break;
            page.records.push_back(records_[i]);
            bytes += records_[i].size();
        }
        return page;
    }
    [[nodiscard]] std::optional<std::string> record_at(Position position) const override {
        const std::lock_guard lock(mutex_);
        if (position == Position{} || position.value() > records_.size()) return std::nullopt;
        return records_[position.value() - 1];
    }
    [[nodiscard]] eventstore::LogHead head() const override {
        const std::lock_guard lock(mutex_);
        return {.position = Position{records_.size()}, .recorded_at = {}, .workspace = workspace_, .epoch = epoch_};
    }
    [[nodiscard]] std::shared_ptr<void> on_head(std::function<void(Position)> wake) override {
        const std::lock_guard lock(mutex_);
        auto handle = std::make_shared<std::function<void(Position)>>(std::move(wake));
        wakes_.push_back(handle);
        return handle;
    }
    void set_unreadable(bool unreadable) {
        const std::lock_guard lock(mutex_);
        unreadable_ = unreadable;
    }

    void append(eventstore::Append, eventstore::Completion) override { throw std::logic_error("appends are scripted"); }
    [[nodiscard]] eventstore::Page read_stream(const StreamName&, Revision, eventstore::ReadLimits) const override {
        return {};
    }
    [[nodiscard]] eventstore::Page read_tag(const log::v1::Tag&, Position, eventstore::ReadLimits) const override {
        return {};
    }
    [[nodiscard]] Revision revision(const StreamName&) const override { return {}; }
    [[nodiscard]] std::optional<eventstore::KnownCommand> find_command(std::string_view,
                                                                       std::string_view) const override {
        return {};
    }
    [[nodiscard]] std::optional<std::string> claim_owner(std::string_view, std::string_view) const override {
        return {};
    }
    [[nodiscard]] Position position_at(Instant) const override { return {}; }
    [[nodiscard]] std::string fenced_reason() const override { return {}; }

private:
    void add(std::uint64_t subject, const std::string& type, const std::string& payload, std::uint64_t first,
             std::size_t count) {
        log::v1::Record record;
        record.set_workspace(workspace_);
        record.set_epoch(epoch_);
        record.set_position(records_.size() + 1);
        record.set_stream("thing-" + std::to_string(subject));
        record.set_type(type);
        record.set_append_first(first);
        record.set_append_count(static_cast<std::uint32_t>(count));
        record.set_payload(payload);
        records_.push_back(record.SerializeAsString());
        begins_.push_back(first - 1);
    }

    std::string workspace_;
    std::uint32_t epoch_;
    mutable std::mutex mutex_;
    std::vector<std::string> records_;
    std::vector<std::uint64_t> begins_;  // index of the append's first record
    std::vector<std::weak_ptr<std::function<void(Position)>>> wakes_;
    bool unreadable_ = false;
};

/// How a random history looks: how many things live at a time, and how much an append holds.
struct Shape {
    std::uint64_t subjects = 60;
    std::size_t append_events_max = 4;
};

class RandomHistory {
public:
    explicit RandomHistory(std::uint64_t seed, Shape shape = {}) : random_(seed), shape_(shape) {}
    std::vector<ScriptedLog::Line> next() {
        std::vector<ScriptedLog::Line> lines(1 + random_() % shape_.append_events_max);
        for (auto& line : lines) line = {.subject = random_() % shape_.subjects, .value = random_() >> 1};
        return lines;
    }
    void fill(ScriptedLog& log, std::size_t appends) {
        for (std::size_t i = 0; i < appends; ++i) log.append(next());
    }

private:
    std::mt19937_64 random_;
    Shape shape_;
};

inline std::uint64_t subject_of(const Event& event) { return std::stoull(std::string(event.subject_id())); }
inline std::optional<std::uint64_t> value_of(const Event& event) {
    const auto* payload = event.as<google::protobuf::UInt64Value>();
    return payload != nullptr ? std::optional(payload->value()) : std::nullopt;
}

/// Like a board: cards in columns that are scanned, one point row per thing, and a count that is scanned while
/// applying.
class Cards final : public Projection {
public:
    static constexpr TableSpec cards{.id = 1, .name = "cards", .key_length = 12, .group_length = 4};
    static constexpr TableSpec things{.id = 2, .name = "things", .key_length = 8, .group_length = 8};
    static constexpr TableSpec counts{.id = 3, .name = "counts", .key_length = 4, .group_length = 4};
    static constexpr std::uint32_t columns = 5;

    explicit Cards(std::uint32_t version = 1) : version_(version) {}
    [[nodiscard]] std::string_view name() const override { return "cards"; }
    [[nodiscard]] std::uint32_t version() const override { return version_; }
    [[nodiscard]] std::span<const TableSpec> tables() const override {
        static constexpr TableSpec all[] = {cards, things, counts};
        return all;
    }
    [[nodiscard]] std::vector<QueryHandler> queries() const override { return {}; }

    void apply(const AppendView& append, Rows& rows) const override {
        for (const auto& event : append.events) {
            if (const auto value = value_of(event)) apply_one(subject_of(event), *value, rows);
        }
    }

private:
    static void apply_one(std::uint64_t thing, std::uint64_t value, Rows& rows) {
        const auto key = Key().u64(thing);
        const auto column = static_cast<std::uint32_t>((value >> 8) % columns);
        const auto present = rows.get(things, key);
        const auto former = present ? static_cast<std::uint32_t>((*present)[0] - '0') : column;
        const std::string row = std::to_string(column) + ":" + std::to_string(value >> 40);
        switch (value % 8) {
            case 0:  // gone
                rows.erase(things, key);
                rows.erase(cards, Key().u32(former).u64(thing));
                break;
            case 1:  // written as it was
                if (present) rows.put(things, key, *present);
                break;
            case 2:  // there and away again
                rows.put(things, Key().u64(thing + 1'000'000), "passing");
                rows.erase(things, Key().u64(thing + 1'000'000));
                break;
            case 3:
                count(column, rows);
                break;
            default:
                if (former != column) rows.erase(cards, Key().u32(former).u64(thing));
                rows.put(cards, Key().u32(column).u64(thing), row);
                rows.put(things, key, row);
        }
    }
    /// Sees what this append wrote already.
    static void count(std::uint32_t column, Rows& rows) {
        std::string seen;
        rows.scan(cards, Key().u32(column), [&](std::string_view key, std::string_view row) {
            seen += std::to_string(KeyReader(key.substr(4)).u64()) + "=" + std::string(row) + ";";
            return seen.size() < 60;
        });
        rows.put(counts, Key().u32(column), seen);
    }
    std::uint32_t version_;
};

/// Like figures: one row that every event touches, facts that are only added, and a list by owner and day.
class Ledger final : public Projection {
public:
    static constexpr TableSpec total{.id = 1, .name = "total", .key_length = 1, .group_length = 1};
    static constexpr TableSpec facts{
        .id = 2, .name = "facts", .key_length = 12, .group_length = 4, .history = History::append_only};
    static constexpr TableSpec days{.id = 3, .name = "days", .key_length = 16, .group_length = 8};

    [[nodiscard]] std::string_view name() const override { return "ledger"; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] std::span<const TableSpec> tables() const override {
        static constexpr TableSpec all[] = {total, facts, days};
        return all;
    }
    [[nodiscard]] std::vector<QueryHandler> queries() const override { return {}; }

    void apply(const AppendView& append, Rows& rows) const override {
        for (const auto& event : append.events) {
            const auto value = value_of(event);
            if (!value) continue;
            const auto owner = static_cast<std::uint32_t>(*value >> 3 & 3);
            const auto old = rows.get(total, Key().u8(0)).value_or("0");
            rows.put(total, Key().u8(0), std::to_string(std::stoull(old) + 1));
            rows.put(facts, Key().u32(owner).u64(event.record.position()), std::to_string(*value % 1000));
            const auto day = Key().u32(owner).u32(static_cast<std::uint32_t>(*value >> 5 & 7)).u64(subject_of(event));
            if (*value & 1)
                rows.put(days, day, std::to_string(*value % 97));
            else
                rows.erase(days, day);
        }
    }
};

inline std::vector<std::unique_ptr<Projection>> both(std::uint32_t cards_version = 1) {
    std::vector<std::unique_ptr<Projection>> all;
    all.push_back(std::make_unique<Cards>(cards_version));
    all.push_back(std::make_unique<Ledger>());
    return all;
}

/// Waits until the projection is there; the patience is for a machine that is busy.
inline bool reach(Engine& engine, std::string_view projection, Position position) {
    std::promise<bool> reached;
    auto outcome = reached.get_future();
    engine.when_reached(projection, position, std::chrono::seconds{60}, [&](bool yes) { reached.set_value(yes); });
    return outcome.get();
}
inline bool reach_all(Engine& engine, Position position) {
    bool all = true;
    for (const auto& status : engine.status()) all = reach(engine, status.name, position) && all;
    return all;
}

inline Status status_of(const Engine& engine, std::string_view projection) {
    for (auto& status : engine.status()) {
        if (status.name == projection) return status;
    }
    throw std::logic_error("no such projection");
}

/// Waits, with a deadline, until the projection's status is as asked.
template <class Condition>
bool wait_for_status(const Engine& engine, std::string_view projection, const Condition& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (std::chrono::steady_clock::now() < deadline) {
        if (condition(status_of(engine, projection))) return true;
        std::this_thread::yield();
    }
    return false;
}

/// Every row that a scan shows, as text.
inline std::string dump(const View& view, const TableSpec& table, std::string_view prefix = {},
                        std::string_view from = {}) {
    std::string out;
    view.scan(table, prefix, from, [&](std::string_view key, std::string_view row, Position since) {
        for (const char byte : key)
            out += "0123456789abcdef"[static_cast<std::uint8_t>(byte) >> 4], out += "0123456789abcdef"[byte & 15];
        out += "=" + std::string(row) + "@" + std::to_string(since.value()) + "\n";
        return true;
    });
    return out;
}
inline std::string dump_all(const View& view, const Projection& projection) {
    std::string out;
    for (const auto& table : projection.tables()) out += std::string(table.name) + "\n" + dump(view, table);
    return out;
}

}  // namespace dealog::projections::testing
