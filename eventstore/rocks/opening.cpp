#include "eventstore/rocks/opening.hpp"

#include <fcntl.h>

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "eventstore/rocks/rocks_log_state.hpp"
#include "eventstore/watermark.hpp"

namespace dealog::eventstore {
namespace rocks {
namespace {

constexpr const char* restore = "restore the directory from a backup; do not delete anything";
// Records before the watermark whose density is looked at as well.
constexpr std::uint64_t tail_before_watermark = 1000;

std::unique_ptr<Database> open_database(DatabaseSettings settings) {
    try {
        return std::make_unique<Database>(std::move(settings));
    } catch (const StoreBroken& broken) {
        throw CannotOpen{fmt::format("the database does not open ({})", broken.what()), restore};
    }
}

void check_meta(const Database& database, const Identity& identity) {
    const auto format = database.get(Family::meta, meta_format);
    if (!format) throw CannotOpen{"the database has no format version", restore};
    if (decode_number(*format) != format_version) {
        throw CannotOpen{fmt::format("the database has format {}, this program knows format {}", decode_number(*format),
                                     format_version),
                         "open it with the program that wrote it"};
    }
    if (database.get(Family::meta, meta_workspace) != identity.workspace) {
        throw CannotOpen{"the database belongs to another workspace than the directory", restore};
    }
}

Watermark watermark_of(const LogPaths& paths, const Identity& identity) {
    auto mark = read_watermark(paths.watermark());
    if (!mark) throw CannotOpen{"the watermark is missing or damaged", restore};
    if (mark->workspace != identity.workspace || mark->epoch != identity.epoch) {
        throw CannotOpen{"the watermark belongs to another log than the directory", restore};
    }
    return *std::move(mark);
}

Tip tip_of(const Database& database) {
    const auto stored = database.get(Family::meta, meta_tip);
    if (!stored) throw CannotOpen{"the database has no head", restore};
    return decode_tip(*stored);
}

// Rolls the watermark's frontier forward over the records after it: they must lead exactly to the stored one.
void check_tail(const Database& database, const Tip& tip, const Watermark& mark) {
    const std::uint64_t marked = mark.frontier.size();
    Frontier frontier = mark.frontier;
    std::uint64_t expected = marked > tail_before_watermark ? marked - tail_before_watermark : 1;
    std::uint64_t append_end = tip.position.value();
    Scan scan =
        database.scan(Family::events, event_key(Position{expected}), std::string(9, '\xff'), Database::Order::total);
    for (; scan.valid(); scan.next(), ++expected) {
        const std::uint64_t position = decode_number(scan.key());
        if (position != expected) break;
        const log::v1::Record record = decode_record(scan.value());
        append_end = record.append_first() + record.append_count() - 1;
        if (position > marked) frontier.add(leaf_hash(scan.value()));
    }
    if (expected != tip.position.value() + 1 || scan.valid()) {
        throw CannotOpen{fmt::format("the records are not dense up to the head {}: there is a gap at {}",
                                     tip.position.value(), expected),
                         restore};
    }
    if (append_end != tip.position.value()) throw CannotOpen{"the last append is not whole", restore};
    if (frontier != tip.frontier)
        throw CannotOpen{"the records after the watermark are not those that were hashed", restore};
}

Tip recovered(const Database& database, const Tip& checked) {
    Tip tip = tip_of(database);
    if (tip.frontier != checked.frontier)
        throw CannotOpen{"the log ends elsewhere after recovery than before it", restore};
    return tip;
}

}  // namespace

Checked check_read_only(const LogPaths& paths, const Identity& identity, rocksdb::Env* env) {
    const Watermark mark = watermark_of(paths, identity);
    Checked checked{.database = open_database({.directory = paths.rocks(), .access = Access::read_only, .env = env}),
                    .tip = {}};
    try {
        check_meta(*checked.database, identity);
        checked.tip = tip_of(*checked.database);
        if (checked.tip.position.value() < mark.frontier.size()) {
            throw CannotOpen{fmt::format("acknowledged events are missing: {} were acknowledged, the log ends at {}",
                                         mark.frontier.size(), checked.tip.position.value()),
                             restore};
        }
        check_tail(*checked.database, checked.tip, mark);
    } catch (const StoreBroken& broken) {
        throw CannotOpen{fmt::format("the database is damaged ({})", broken.what()), restore};
    }
    return checked;
}

CheckedLog check(const LogSettings& settings, const Machine& machine) {
    const LogPaths paths{settings.directory};
    const Identity identity = read_identity(paths);
    File lock = lock_directory(paths);
    check_home(paths, identity);
    Tip tip = check_read_only(paths, identity, machine.env).tip;
    return {.settings = settings, .identity = identity, .lock = std::move(lock), .tip = std::move(tip)};
}

std::unique_ptr<RocksLog> open(CheckedLog checked, Vault& vault, const Clock& clock, metrics::Registry& metrics,
                               const Machine& machine) {
    const LogPaths paths{checked.settings.directory};
    auto alarm = std::make_shared<StorageAlarm>();
    auto database = open_database({.directory = paths.rocks(),
                                   .access = Access::read_write,
                                   .cache_bytes = checked.settings.cache_bytes,
                                   .on_background_error = [alarm](const std::string& reason) { alarm->ring(reason); },
                                   .env = machine.env});
    Tip tip = recovered(*database, checked.tip);
    return std::make_unique<RocksLog>(
        std::make_unique<RocksLog::State>(RocksLog::State::Parts{.lock = std::move(checked.lock),
                                                                 .identity = std::move(checked.identity),
                                                                 .paths = paths,
                                                                 .marking = checked.settings.marking,
                                                                 .tip = std::move(tip),
                                                                 .database = std::move(database),
                                                                 .alarm = std::move(alarm),
                                                                 .vault = vault,
                                                                 .clock = clock,
                                                                 .metrics = metrics,
                                                                 .monotonic = machine.monotonic}));
}

}  // namespace rocks

namespace {

// Of what create_log makes, the identity comes last, and every workspace adds something of its own at once. A file
// system's own folder may be at the root of a disk.
bool is_unfinished(const LogPaths& paths) {
    static const std::set<std::string> of_a_creation{"lock",          "log",          "watermark",
                                                     "watermark.new", "identity.new", "lost+found"};
    const auto belongs = [](const auto& entry) { return of_a_creation.contains(entry.path().filename().string()); };
    if (!std::ranges::all_of(std::filesystem::directory_iterator{paths.directory}, belongs)) return false;
    const auto mark = read_watermark(paths.watermark());
    return !mark || mark->frontier.size() == 0;
}

}  // namespace

bool may_create_log(const std::filesystem::path& directory) {
    if (!std::filesystem::exists(directory)) return true;
    return std::filesystem::is_directory(directory) && is_unfinished(LogPaths{directory});
}

void create_log(const std::filesystem::path& directory, const std::string& workspace) {
    if (workspace.empty() || workspace.size() > 64)
        throw CannotOpen{"a workspace's name has 1 to 64 bytes", "choose another"};
    if (!may_create_log(directory)) throw CannotOpen{directory.string() + " is not empty", "choose an empty directory"};
    std::filesystem::create_directories(directory);
    const LogPaths paths{directory};
    (void)open_file(paths.lock(), O_RDWR | O_CREAT);
    const File lock = lock_directory(paths);
    // Another process may have finished before the lock was ours.
    if (!may_create_log(directory)) throw CannotOpen{directory.string() + " is not empty", "choose an empty directory"};
    std::filesystem::remove_all(paths.rocks());
    std::filesystem::remove(paths.watermark());
    std::filesystem::create_directory(paths.rocks());
    {
        rocks::Database database{{.directory = paths.rocks(), .access = rocks::Access::create}};
        rocks::Database::Batch batch{database};
        batch.put(rocks::Family::meta, rocks::meta_format, rocks::encode_number(format_version));
        batch.put(rocks::Family::meta, rocks::meta_workspace, workspace);
        batch.put(rocks::Family::meta, rocks::meta_tip, rocks::encode_tip({}));
        batch.write();
    }
    const Identity identity = identity_of(directory, workspace, 1);
    WatermarkWriter{paths.watermark(), workspace, identity.epoch}.write(Frontier{});
    // Last: a directory with an identity is complete.
    write_identity(paths, identity);
    const std::filesystem::path parent = std::filesystem::absolute(directory).parent_path();
    sync_directory(parent);
}

bool holds_log(const std::filesystem::path& directory) {
    return std::filesystem::exists(LogPaths{directory}.identity());
}

CheckedLog check_log(const LogSettings& settings) { return rocks::check(settings, {}); }

std::unique_ptr<rocks::RocksLog> open_log(CheckedLog checked, Vault& vault, const Clock& clock,
                                          metrics::Registry& metrics) {
    return rocks::open(std::move(checked), vault, clock, metrics, {});
}

std::unique_ptr<rocks::RocksLog> open_log(const LogSettings& settings, Vault& vault, const Clock& clock,
                                          metrics::Registry& metrics) {
    return open_log(check_log(settings), vault, clock, metrics);
}

std::uint32_t adopt_log(const std::filesystem::path& directory) {
    const LogPaths paths{directory};
    const Identity old = read_identity(paths);
    const File lock = lock_directory(paths);
    const Identity adopted = identity_of(directory, old.workspace, old.epoch + 1);
    const auto mark = read_watermark(paths.watermark());
    const bool cut_short = mark && mark->epoch == adopted.epoch;
    const Tip tip = rocks::check_read_only(paths, cut_short ? adopted : old, nullptr).tip;
    // Both slots carry the new epoch before the identity does; in between the directory opens as neither, and is
    // adopted once more.
    WatermarkWriter watermark{paths.watermark(), adopted.workspace, adopted.epoch};
    watermark.write(tip.frontier);
    watermark.write(tip.frontier);
    write_identity(paths, adopted);
    return adopted.epoch;
}

}  // namespace dealog::eventstore
