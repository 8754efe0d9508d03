#include "tests/eventstore/support.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <catch2/catch.hpp>

#include "eventstore/frontier.hpp"

namespace dealog::test {

using namespace eventstore;

TempDir::TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "dealog-test-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
}

TempDir::~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

Uuid fresh_id() {
    static std::atomic<std::uint64_t> counter{0};
    return named_uuid(std::to_string(::getpid()) + "/" + std::to_string(++counter) + "/" +
                      std::to_string(std::chrono::steady_clock::now().time_since_epoch().count()));
}

log::v1::Tag tag(std::string key, std::string value) {
    log::v1::Tag t;
    t.set_key(std::move(key));
    t.set_value(std::move(value));
    return t;
}

EventOf::EventOf(std::string stream, std::string payload) {
    event.stream = StreamName{std::move(stream)};
    event.type = "dealog.test.v1.Happened";
    event.payload = std::move(payload);
    event.event_id = fresh_id();
}
EventOf EventOf::tagged(std::string key, std::string value) && {
    event.tags.push_back(tag(std::move(key), std::move(value)));
    return std::move(*this);
}
EventOf EventOf::identified(Uuid id) && {
    event.event_id = id;
    return std::move(*this);
}
EventOf EventOf::happened(Instant at) && {
    event.occurred_at = at;
    return std::move(*this);
}

AppendOf::AppendOf(const std::string& stream, std::size_t events) {
    append.actor.set_kind("seller");
    append.actor.set_id("ada");
    append.source = "api";
    for (std::size_t i = 0; i < events; ++i)
        append.events.push_back(EventOf{stream, "payload " + std::to_string(i)}.event);
}
AppendOf AppendOf::with(EventOf event) && {
    append.events.push_back(std::move(event.event));
    return std::move(*this);
}
AppendOf AppendOf::expecting(std::string stream, Expected expected) && {
    append.checks.push_back({StreamName{std::move(stream)}, expected});
    return std::move(*this);
}
AppendOf AppendOf::unless(std::vector<log::v1::Tag> tags, Position after) && {
    append.conditions.push_back({std::move(tags), after});
    return std::move(*this);
}
AppendOf AppendOf::claiming(std::string kind, std::string owner, std::vector<std::string> values) && {
    append.claims.push_back({std::move(kind), std::move(owner), std::move(values)});
    return std::move(*this);
}
AppendOf AppendOf::as(std::string key, std::string mac, std::string receipt) && {
    append.command = CommandId{"seller:ada", std::move(key), std::move(mac)};
    append.receipt = std::move(receipt);
    return std::move(*this);
}
AppendOf AppendOf::making(std::string subject) && {
    append.new_subjects.push_back(std::move(subject));
    return std::move(*this);
}

std::future<AppendResult> begin(EventLog& log, AppendOf what) {
    auto answer = std::make_shared<std::promise<AppendResult>>();
    auto future = answer->get_future();
    log.append(std::move(what.append), [answer](AppendResult result) { answer->set_value(std::move(result)); });
    return future;
}

AppendResult append(EventLog& log, AppendOf what) {
    auto answer = begin(log, std::move(what));
    REQUIRE(answer.wait_for(std::chrono::seconds{60}) == std::future_status::ready);
    return answer.get();
}

Appended appended(EventLog& log, AppendOf what) {
    AppendResult result = append(log, std::move(what));
    REQUIRE(result.has_value());
    return *std::move(result);
}

std::vector<Conflict> conflicts(EventLog& log, AppendOf what) {
    AppendResult result = append(log, std::move(what));
    REQUIRE_FALSE(result.has_value());
    REQUIRE(std::holds_alternative<Conflicts>(result.error()));
    return std::get<Conflicts>(result.error()).all;
}

log::v1::Record decoded(const std::string& bytes) {
    log::v1::Record record;
    REQUIRE(record.ParseFromString(bytes));
    return record;
}

std::vector<log::v1::Record> all_records(const EventLog& log, ReadLimits limits) {
    std::vector<log::v1::Record> records;
    for (Position at{0};;) {
        const Page page = log.read(at, limits);
        if (page.records.empty()) return records;
        for (const std::string& bytes : page.records) records.push_back(decoded(bytes));
        at = Position{records.back().position()};
    }
}

std::string file_bytes(const std::filesystem::path& file) {
    std::ifstream in{file, std::ios::binary};
    REQUIRE(in.good());
    std::ostringstream out;
    out << in.rdbuf();
    return std::move(out).str();
}

void write_bytes(const std::filesystem::path& file, const std::string& bytes) {
    std::ofstream out{file, std::ios::binary | std::ios::trunc};
    out << bytes;
    out.flush();
    REQUIRE(out.good());
}

void flip_byte(const std::filesystem::path& file, std::size_t offset) {
    std::string bytes = file_bytes(file);
    REQUIRE(offset < bytes.size());
    bytes[offset] = static_cast<char>(bytes[offset] ^ 0x40);
    write_bytes(file, bytes);
}

std::uintmax_t disk_bytes(const std::filesystem::path& directory) {
    std::uintmax_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{directory}) {
        struct stat status{};
        if (::stat(entry.path().c_str(), &status) == 0) bytes += static_cast<std::uintmax_t>(status.st_blocks) * 512;
    }
    return bytes;
}

std::string directory_hash(const std::filesystem::path& directory) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{directory}) files.push_back(entry.path());
    std::ranges::sort(files);
    std::string all;
    for (const auto& file : files) {
        all += file.string() + "\n";
        if (!std::filesystem::is_regular_file(file)) continue;
        const Hash hash = sha256(file_bytes(file));
        all.append(hash.begin(), hash.end());
    }
    const Hash hash = sha256(all);
    return {hash.begin(), hash.end()};
}

std::vector<std::filesystem::path> files_ending(const std::filesystem::path& directory, const std::string& ending) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator{directory}) {
        if (entry.path().filename().string().ends_with(ending)) files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
}

}  // namespace dealog::test
