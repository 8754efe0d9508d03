#include "eventstore/rocks/verification.hpp"

#include <optional>

#include <fmt/format.h>

#include "eventstore/identity.hpp"
#include "eventstore/rocks/opening.hpp"

namespace dealog::eventstore {
namespace rocks {
namespace {

constexpr std::uint64_t progress_every = 10'000;

// Walks the records in order and keeps what the next one must fit.
class Walk {
public:
    Walk(const Database& database, const Snapshot& at, const std::string& workspace)
        : database_(database), at_(at), workspace_(workspace) {}

    /// Why the record is wrong; empty when it is right.
    std::string take(std::uint64_t position, std::string_view bytes) {
        const log::v1::Record record = decode_record(bytes);
        if (record.position() != position) return fmt::format("the record says that its position is {}", record.position());
        if (record.workspace() != workspace_) return "the record belongs to another workspace";
        if (record.recorded_at() < recorded_at_) return "recorded_at goes back";
        if (std::string reason = append_flaw(record, position); !reason.empty()) return reason;
        if (std::string reason = index_flaw(record, bytes); !reason.empty()) return reason;
        recorded_at_ = record.recorded_at();
        frontier_.add(leaf_hash(bytes));
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
    std::string index_flaw(const log::v1::Record& record, std::string_view bytes) const {
        const auto copy = database_.get(Family::streams, stream_key(record.stream(), Revision{record.revision()}), at_);
        if (!copy) return fmt::format("the copy of revision {} in its stream is missing", record.revision());
        if (*copy != bytes) return fmt::format("the copy of revision {} in its stream differs", record.revision());
        if (database_.get(Family::ids, event_id_key(record.event_id()), at_) != event_key(Position{record.position()})) {
            return "the event id does not lead to the record";
        }
        return {};
    }

    const Database& database_;
    const Snapshot& at_;
    const std::string& workspace_;
    Frontier frontier_;
    std::int64_t recorded_at_ = 0;
    std::uint64_t append_end_ = 0;
};

// Every record has its copy (see Walk); equal counts and dense revisions leave no room for a wrong or foreign copy.
std::string streams_flaw(const Database& database, const Snapshot& at, std::uint64_t head) {
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
    }
    if (ends_wrong()) return fmt::format("stream {} does not end at its stored revision", stream);
    if (copies != head) return fmt::format("{} copies by stream for {} records", copies, head);
    return {};
}

}  // namespace

VerifyReport verify_database(const Database& database, const Snapshot& at, const std::string& workspace,
                             const VerifyProgress& progress) {
    VerifyReport report;
    std::uint64_t position = 1;
    Walk walk{database, at, workspace};
    const auto bad = [&](std::uint64_t where, std::string reason) {
        report.root = walk.frontier().root();
        report.flaw = VerifyReport::Flaw{Position{where}, std::move(reason)};
        return report;
    };
    try {
        const auto stored = database.get(Family::meta, meta_tip, at);
        if (!stored) return bad(0, "there is no stored head");
        const Tip tip = decode_tip(*stored);
        report.head = tip.position;
        Scan scan = database.scan(Family::events, event_key(Position{1}), std::string(9, '\xff'), Database::Order::total, at);
        for (; scan.valid(); scan.next(), ++position) {
            if (decode_number(scan.key()) != position) return bad(position, "the record is missing");
            if (std::string reason = walk.take(position, scan.value()); !reason.empty()) return bad(position, std::move(reason));
            report.checked = Position{position};
            if (position % progress_every == 0 && progress) progress(report.checked, report.head);
        }
        if (report.checked != tip.position) return bad(position, fmt::format("the records end before the head {}", tip.position.value()));
        if (!walk.between_appends()) return bad(position - 1, "the last append is not whole");
        report.root = walk.frontier().root();
        if (walk.frontier() != tip.frontier) return bad(0, "the root of the records is not the stored one");
        if (std::string reason = streams_flaw(database, at, position - 1); !reason.empty()) return bad(0, std::move(reason));
    } catch (const StoreBroken& broken) {
        return bad(position, broken.what());
    }
    if (progress) progress(report.checked, report.head);
    return report;
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
