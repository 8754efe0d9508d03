#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "eventstore/event_log.hpp"

namespace dealog::test {

/// A clock that stands until it is set. Thread-safe.
class HandClock final : public Clock {
public:
    explicit HandClock(Instant start = Instant{std::chrono::seconds{1'700'000'000}})
        : now_(start.time_since_epoch().count()) {}
    [[nodiscard]] Instant now() const override { return Instant{Nanos{now_.load()}}; }
    void advance(Nanos by) { now_ += by.count(); }

private:
    std::atomic<std::int64_t> now_;
};

/// A new directory, removed with everything in it.
class TempDir {
public:
    TempDir();
    ~TempDir();
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// The same id for the same text.
[[nodiscard]] inline Uuid id_of(std::string_view text) { return named_uuid(text); }
[[nodiscard]] Uuid fresh_id();
[[nodiscard]] log::v1::Tag tag(std::string key, std::string value);

/// Built step by step: `given("deal-1").with(...)`.
struct EventOf {
    eventstore::NewEvent event;
    explicit EventOf(std::string stream, std::string payload = "payload");
    EventOf tagged(std::string key, std::string value) &&;
    EventOf identified(Uuid id) &&;
    EventOf happened(Instant at) &&;
};

struct AppendOf {
    eventstore::Append append;
    AppendOf() = default;
    explicit AppendOf(const std::string& stream, std::size_t events = 1);
    AppendOf with(EventOf event) &&;
    AppendOf expecting(std::string stream, eventstore::Expected expected) &&;
    AppendOf unless(std::vector<log::v1::Tag> tags, Position after) &&;
    AppendOf claiming(std::string kind, std::string owner, std::vector<std::string> values) &&;
    AppendOf as(std::string key, std::string mac = "mac", std::string receipt = "receipt") &&;
    AppendOf making(std::string subject) &&;
};

/// Waits for the answer; fails the test after a long deadline.
[[nodiscard]] eventstore::AppendResult append(eventstore::EventLog& log, AppendOf what);
[[nodiscard]] std::future<eventstore::AppendResult> begin(eventstore::EventLog& log, AppendOf what);
/// Appends what must succeed.
eventstore::Appended appended(eventstore::EventLog& log, AppendOf what);
/// Appends what must be refused by the state.
[[nodiscard]] std::vector<eventstore::Conflict> conflicts(eventstore::EventLog& log, AppendOf what);

[[nodiscard]] log::v1::Record decoded(const std::string& bytes);
/// Every record, read in pages.
[[nodiscard]] std::vector<log::v1::Record> all_records(const eventstore::EventLog& log,
                                                       eventstore::ReadLimits limits = {});

/// Names, sizes and contents of all files under a directory in one hash.
[[nodiscard]] std::string directory_hash(const std::filesystem::path& directory);
/// What its files take of the disk, preallocated blocks included.
[[nodiscard]] std::uintmax_t disk_bytes(const std::filesystem::path& directory);
[[nodiscard]] std::string file_bytes(const std::filesystem::path& file);
void write_bytes(const std::filesystem::path& file, const std::string& bytes);
void flip_byte(const std::filesystem::path& file, std::size_t offset);
/// Files of the directory with this ending, by name.
[[nodiscard]] std::vector<std::filesystem::path> files_ending(const std::filesystem::path& directory,
                                                              const std::string& ending);

}  // namespace dealog::test
