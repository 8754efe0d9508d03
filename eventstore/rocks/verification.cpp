#include "eventstore/rocks/verification.hpp"

#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "eventstore/identity.hpp"
#include "eventstore/rocks/opening.hpp"

namespace dealog::eventstore {
namespace rocks {
namespace {

constexpr std::uint64_t progress_every = 10'000;
// Records held in memory at once, as 33 bytes each; a larger log is verified in as many passes over its indexes.
constexpr std::uint64_t chunk_records_max = 4'000'000;

/// Records in a row, by what their copies and their event ids must lead back to.
struct Chunk {
    struct Entry {
        Hash leaf;
        Uuid event_id;
        bool copied = false;
        bool identified = false;
    };
    std::uint64_t first = 1;
    std::vector<Entry> entries;

    [[nodiscard]] Entry* find(std::uint64_t position) {
        return position >= first && position - first < entries.size() ? &entries[position - first] : nullptr;
    }
};

// Walks the records in order and keeps what the next one must fit.
class Walk {
public:
    explicit Walk(const std::string& workspace) : workspace_(workspace) {}

    /// Why the record is wrong; empty when it is right and now in the chunk.
    std::string take(std::uint64_t position, std::string_view bytes, Chunk& chunk) {
        const log::v1::Record record = decode_record(bytes);
        if (record.position() != position)
            return fmt::format("the record says that its position is {}", record.position());
        if (record.workspace() != workspace_) return "the record belongs to another workspace";
        if (record.recorded_at() < recorded_at_) return "recorded_at goes back";
        if (record.event_id().size() != sizeof(Uuid)) return "the record has no event id";
        if (std::string reason = append_flaw(record, position); !reason.empty()) return reason;
        recorded_at_ = record.recorded_at();
        const Hash leaf = leaf_hash(bytes);
        frontier_.add(leaf);
        chunk.entries.push_back({.leaf = leaf, .event_id = uuid_from_bytes(record.event_id())});
        return {};
    }
    [[nodiscard]] const Frontier& frontier() const { return frontier_; }
    [[nodiscard]] bool between_appends() const { return frontier_.size() == append_end_; }

private:
    std::string append_flaw(const log::v1::Record& record, std::uint64_t position) {
        const std::uint64_t end = record.append_first() + record.append_count() - 1;
        if (between_appends()) {
            if (record.append_first() != position || end < position) return "the record does not begin an append";
            append_end_ = end;
        } else if (end != append_end_) {
            return "the record is not of the append around it";
        }
        return {};
    }

    const std::string& workspace_;
    Frontier frontier_;
    std::int64_t recorded_at_ = 0;
    std::uint64_t append_end_ = 0;
};

// A copy counts only under the stream and revision that it names itself.
void mark_copy(std::string_view stream, std::uint64_t revision, std::string_view bytes, Chunk& chunk) {
    log::v1::Record record;
    if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
    Chunk::Entry* entry = chunk.find(record.position());
    if (entry == nullptr || record.stream() != stream || record.revision() != revision) return;
    entry->copied = entry->copied || entry->leaf == leaf_hash(bytes);
}

// Marks the copies of the chunk's records. Every record having its copy, equal counts and dense revisions leave no room
// for a wrong or foreign one.
std::string streams_flaw(const Database& database, const Snapshot& at, std::uint64_t head, Chunk& chunk) {
    std::uint64_t copies = 0;
    std::uint64_t revision = 0;
    std::string stream;
    const auto ends_wrong = [&] {
        return !stream.empty() && database.get(Family::heads, stream, at) != encode_number(revision);
    };
    Scan scan = database.scan(Family::streams, {}, std::string(300, '\xff'), Database::Order::total, at);
    for (; scan.valid(); scan.next(), ++copies) {
        const auto prefix = stream_prefix_length(scan.key());
        if (!prefix) return "a key of a stream is damaged";
        const std::string_view name = scan.key().substr(1, *prefix - 1);
        if (name != stream) {
            if (ends_wrong()) return fmt::format("stream {} does not end at its stored revision", stream);
            stream = name;
            revision = 0;
        }
        if (decode_number(scan.key().substr(*prefix)) != ++revision) {
            return fmt::format("revision {} of stream {} is missing", revision, stream);
        }
        mark_copy(stream, revision, scan.value(), chunk);
    }
    if (ends_wrong()) return fmt::format("stream {} does not end at its stored revision", stream);
    if (copies != head) return fmt::format("{} copies by stream for {} records", copies, head);
    return {};
}

std::string ids_flaw(const Database& database, const Snapshot& at, std::uint64_t head, Chunk& chunk) {
    std::uint64_t ids = 0;
    Scan scan = database.scan(Family::ids, "e", "f", Database::Order::total, at);
    for (; scan.valid(); scan.next(), ++ids) {
        Chunk::Entry* entry = chunk.find(decode_number(scan.value()));
        if (entry != nullptr && scan.key().substr(1) == to_bytes(entry->event_id)) entry->identified = true;
    }
    if (ids != head) return fmt::format("{} event ids for {} records", ids, head);
    return {};
}

class Verification {
public:
    Verification(const Database& database, const Snapshot& at, const std::string& workspace,
                 const VerifyProgress& progress)
        : database_(database), at_(at), progress_(progress), walk_(workspace) {}

    VerifyReport run() {
        try {
            verify();
        } catch (const StoreBroken& broken) {
            flaw(walk_.frontier().size() + 1, broken.what());
        }
        report_.root = walk_.frontier().root();
        if (progress_) progress_(report_.checked, report_.head);
        return std::move(report_);
    }

private:
    void verify() {
        const auto stored = database_.get(Family::meta, meta_tip, at_);
        if (!stored) return flaw(0, "there is no stored head");
        const Tip tip = decode_tip(*stored);
        report_.head = tip.position;
        Scan scan =
            database_.scan(Family::events, event_key(Position{1}), std::string(9, '\xff'), Database::Order::total, at_);
        do {
            verify_chunk(scan);
            if (report_.flaw) return;
        } while (scan.valid());
        const std::uint64_t end = walk_.frontier().size();
        if (end != tip.position.value()) return flaw(end + 1, fmt::format("the head is {}", tip.position.value()));
        if (!walk_.between_appends()) return flaw(end, "the last append is not whole");
        if (walk_.frontier() != tip.frontier) flaw(0, "the root of the records is not the stored one");
    }

    // What is wrong with an index at an earlier position goes before what is wrong with a record.
    void verify_chunk(Scan& scan) {
        Chunk chunk{.first = walk_.frontier().size() + 1, .entries = {}};
        std::string record_flaw;
        for (; scan.valid() && chunk.entries.size() < chunk_records_max && record_flaw.empty(); scan.next()) {
            const std::uint64_t position = walk_.frontier().size() + 1;
            record_flaw = decode_number(scan.key()) != position ? "the record is missing"
                                                                : walk_.take(position, scan.value(), chunk);
            if (position % progress_every == 0 && progress_) progress_(Position{position}, report_.head);
        }
        const std::string streams = streams_flaw(database_, at_, report_.head.value(), chunk);
        const std::string ids = ids_flaw(database_, at_, report_.head.value(), chunk);
        for (const Chunk::Entry& entry : chunk.entries) {
            const std::uint64_t position = report_.checked.value() + 1;
            if (!entry.copied) return flaw(position, "the copy in its stream is missing or differs");
            if (!entry.identified) return flaw(position, "the event id does not lead to the record");
            report_.checked = Position{position};
        }
        if (!record_flaw.empty()) return flaw(walk_.frontier().size() + 1, record_flaw);
        if (!streams.empty() && report_.checked == report_.head) return flaw(0, streams);
        if (!ids.empty() && report_.checked == report_.head) flaw(0, ids);
    }

    void flaw(std::uint64_t position, std::string reason) {
        report_.flaw = VerifyReport::Flaw{Position{position}, std::move(reason)};
    }

    const Database& database_;
    const Snapshot& at_;
    const VerifyProgress& progress_;
    Walk walk_;
    VerifyReport report_;
};

}  // namespace

VerifyReport verify_database(const Database& database, const Snapshot& at, const std::string& workspace,
                             const VerifyProgress& progress) {
    return Verification{database, at, workspace, progress}.run();
}

}  // namespace rocks

VerifyReport verify(const std::filesystem::path& directory, const VerifyProgress& progress) {
    const LogPaths paths{directory};
    const Identity identity = read_identity(paths);
    const File lock = lock_directory(paths);
    const rocks::Database database{{.directory = paths.rocks(), .access = rocks::Access::read_only}};
    return rocks::verify_database(database, {}, identity.workspace, progress);
}

}  // namespace dealog::eventstore
