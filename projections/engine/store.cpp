#include "projections/engine/store.hpp"

#include <algorithm>
#include <charconv>
#include <cstdarg>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include "base/assert.hpp"
#include "base/log.hpp"
#include "projections/engine/table.hpp"

namespace dealog::projections::engine {

namespace {

constexpr std::uint64_t wal_bytes_max = 128u << 20;
constexpr std::size_t memtable_bytes = 32u << 20;
constexpr std::size_t broken_stores_kept = 3;
constexpr std::string_view format = "1";
constexpr std::string_view format_name = "format";
constexpr std::string_view meta_name = "meta";
constexpr std::string_view rows_suffix = ".rows";
constexpr std::string_view history_suffix = ".history";

/// RocksDB's own log file would end the process on a full disk; its warnings go to ours.
class RocksLog final : public rocksdb::Logger {
public:
    using rocksdb::Logger::Logv;
    void Logv(const char*, std::va_list) override {}
    void Logv(const rocksdb::InfoLogLevel level, const char* text, std::va_list arguments) override {
        if (level < rocksdb::WARN_LEVEL || level > rocksdb::FATAL_LEVEL) return;
        char line[512];
        std::vsnprintf(line, sizeof line, text, arguments);
        log::warn("projections.rocksdb", {{"message", line}});
    }
};

rocksdb::DBOptions db_options() {
    rocksdb::DBOptions options;
    options.create_if_missing = true;
    options.info_log = std::make_shared<RocksLog>();
    options.max_bgerror_resume_count = 0;
    // Every prefix of what was written is a true state here, a hole is not; what is missing is applied again.
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    options.max_total_wal_size = wal_bytes_max;
    options.max_background_jobs = 3;
    options.max_subcompactions = 2;
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    options.allow_fallocate = false;  // files take the disk that they fill
    return options;
}

bool is_damage(const rocksdb::Status& status) {
    return status.IsCorruption() || status.IsInvalidArgument() || status.IsNotSupported() || status.IsNotFound() ||
           status.IsPathNotFound();
}

std::string generation_name(std::string_view projection, std::uint32_t number) {
    return std::string(projection) + '@' + std::to_string(number);
}
std::string generation_name(const Generation& generation) {
    return generation_name(generation.projection(), generation.number());
}
std::string checkpoint_key(const Generation& generation) { return "checkpoint/" + generation_name(generation); }
std::string pointer_key(std::string_view projection) { return "serving/" + std::string(projection); }

std::uint32_t number_in(std::string_view text) {
    std::uint32_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// Makes the directory when it is not there. True when there is nothing in it.
bool prepare(const std::filesystem::path& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    const bool empty = !error && std::filesystem::is_empty(directory, error);
    if (error) throw StoreFault("prepare " + directory.string() + ": " + error.message(), false);
    return empty;
}

std::size_t newest_set_aside(const std::filesystem::path& directory) {
    const auto parent = directory.parent_path().empty() ? std::filesystem::path(".") : directory.parent_path();
    const auto stem = directory.filename().string() + ".broken-";
    std::size_t newest = 0;
    for (const auto& entry : std::filesystem::directory_iterator(parent)) {
        const auto name = entry.path().filename().string();
        if (name.starts_with(stem))
            newest = std::max<std::size_t>(newest, number_in(std::string_view(name).substr(stem.size())));
    }
    return newest;
}

}  // namespace

void check(const rocksdb::Status& status, std::string_view doing) {
    if (!status.ok()) throw StoreFault(std::string(doing) + ": " + status.ToString(), is_damage(status));
}

// ---- Cursor ----

struct Cursor::Open {
    std::string end;
    rocksdb::Slice bound;
    std::unique_ptr<rocksdb::Iterator> it;
};

Cursor::Cursor(const Store& store, rocksdb::ColumnFamilyHandle* family, const rocksdb::Snapshot* snapshot,
               const std::optional<std::string>& end)
    : store_(store), open_(std::make_unique<Open>()) {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    options.total_order_seek = true;
    if (end) {
        open_->end = *end;
        open_->bound = open_->end;
        options.iterate_upper_bound = &open_->bound;
    }
    open_->it.reset(store.db().NewIterator(options, family));
}

Cursor::~Cursor() = default;
Cursor::Cursor(Cursor&&) noexcept = default;

void Cursor::seek(std::string_view key) {
    open_->it->Seek(rocksdb::Slice(key));
    moved();
}

void Cursor::next() {
    open_->it->Next();
    moved();
}

std::string_view Cursor::value() const { return open_->it->value().ToStringView(); }

void Cursor::moved() {
    valid_ = open_->it->Valid();
    if (valid_)
        key_ = open_->it->key().ToStringView();
    else
        store_.checked(open_->it->status(), "read on");
}

// ---- Generations and the store ----

Generation::Generation(std::shared_ptr<Store> store, std::string projection, std::uint32_t number,
                       rocksdb::ColumnFamilyHandle* rows, rocksdb::ColumnFamilyHandle* history)
    : store_(std::move(store)), projection_(std::move(projection)), number_(number), rows_(rows), history_(history) {}

Generation::~Generation() {
    store_->db().DestroyColumnFamilyHandle(rows_);
    store_->db().DestroyColumnFamilyHandle(history_);
}

Store::Store() = default;

rocksdb::ColumnFamilyOptions Store::family_options(std::string_view family) const {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = block_cache_;
    table.block_size = 16u << 10;
    table.cache_index_and_filter_blocks = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    rocksdb::ColumnFamilyOptions options;
    options.write_buffer_size = memtable_bytes;
    options.level_compaction_dynamic_level_bytes = true;
    options.compression = rocksdb::kLZ4Compression;
    if (family.ends_with(history_suffix))
        options.bottommost_compression = rocksdb::kZSTD;
    else
        table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    if (!family.ends_with(history_suffix)) {
        // Most rows are looked for once before they are written: the filter answers without walking the memtable.
        options.memtable_whole_key_filtering = true;
        options.memtable_prefix_bloom_size_ratio = 0.05;
    }
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return options;
}

Store::Opened Store::open(const std::filesystem::path& directory, std::size_t block_cache_bytes) {
    auto store = std::shared_ptr<Store>(new Store);
    store->directory_ = directory;
    store->block_cache_ = rocksdb::NewLRUCache(block_cache_bytes);
    std::vector<std::string> names{rocksdb::kDefaultColumnFamilyName};
    if (!prepare(directory))
        check(rocksdb::DB::ListColumnFamilies(db_options(), directory, &names), "list the projections");

    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto& name : names) families.emplace_back(name, store->family_options(name));
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    check(rocksdb::DB::Open(db_options(), directory, families, &handles, &db), "open the projections");
    store->db_.reset(db);
    store->adopt_families(names, handles);
    store->check_format();
    std::error_code error;
    std::filesystem::remove_all(store->runs_directory(), error);
    if (!error) std::filesystem::create_directory(store->runs_directory(), error);
    if (error) throw StoreFault("prepare " + store->runs_directory().string() + ": " + error.message(), false);
    return Opened{.store = store, .serving = store->take_serving()};
}

Store::~Store() {
    for (const auto& [name, handle] : unclaimed_) db_->DestroyColumnFamilyHandle(handle);
    if (meta_ != nullptr) db_->DestroyColumnFamilyHandle(meta_);
    if (default_ != nullptr) db_->DestroyColumnFamilyHandle(default_);
}

void Store::checked(const rocksdb::Status& status, std::string_view doing) const {
    if (!status.ok() && is_damage(status)) met_damage_ = true;
    check(status, doing);
}

void Store::adopt_families(const std::vector<std::string>& names,
                           const std::vector<rocksdb::ColumnFamilyHandle*>& handles) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == rocksdb::kDefaultColumnFamilyName)
            default_ = handles[i];
        else if (names[i] == meta_name)
            meta_ = handles[i];
        else
            unclaimed_[names[i]] = handles[i];
        const auto at = names[i].rfind('@');
        if (at == std::string::npos) continue;
        auto& newest = newest_generation_[names[i].substr(0, at)];
        newest = std::max(newest, number_in(std::string_view(names[i]).substr(at + 1)));
    }
}

void Store::check_format() {
    if (meta_ == nullptr) {
        if (!unclaimed_.empty()) throw StoreFault("the store has rows but no account of them", true);
        check(db_->CreateColumnFamily(family_options(meta_name), std::string(meta_name), &meta_), "make the store");
    }
    std::string found;
    const auto status = db_->Get({}, meta_, std::string(format_name), &found);
    if (status.IsNotFound() && unclaimed_.empty()) {
        rocksdb::WriteOptions synced;
        synced.sync = true;
        check(db_->Put(synced, meta_, std::string(format_name), std::string(format)), "make the store");
        return;
    }
    check(status, "read the store's format");
    if (found != format) throw StoreFault("the store has format " + found, true);
}

Serving Store::take_serving() {
    Serving serving;
    for (const auto& [projection, newest] : newest_generation_) {
        std::string number;
        const auto status = db_->Get({}, meta_, pointer_key(projection), &number);
        if (status.IsNotFound()) continue;
        check(status, "read which rows serve");
        const auto name = generation_name(projection, number_in(number));
        auto rows = unclaimed_.extract(name + std::string(rows_suffix));
        auto history = unclaimed_.extract(name + std::string(history_suffix));
        if (!rows || !history) throw StoreFault("the rows of " + name + " are missing", true);
        serving[projection] = std::make_shared<Generation>(shared_from_this(), projection, number_in(number),
                                                           rows.mapped(), history.mapped());
    }
    for (const auto& [name, handle] : unclaimed_) {  // builds that were not finished
        check(db_->DropColumnFamily(handle), "drop " + name);
        db_->DestroyColumnFamilyHandle(handle);
    }
    unclaimed_.clear();
    return serving;
}

rocksdb::Options Store::options_of(const Generation& generation, rocksdb::ColumnFamilyHandle* family) const {
    return rocksdb::Options(db_options(),
                            family_options(family == generation.history() ? history_suffix : rows_suffix));
}

std::shared_ptr<Generation> Store::create_generation(std::string_view projection, Purpose purpose) {
    std::uint32_t number = 0;
    {
        const std::lock_guard lock(naming_);
        number = ++newest_generation_[std::string(projection)];
    }
    const auto name = generation_name(projection, number);
    auto make = [&](std::string_view suffix) {
        auto options = family_options(suffix);
        options.disable_auto_compactions = purpose == Purpose::bulk_load;
        rocksdb::ColumnFamilyHandle* handle = nullptr;
        check(db_->CreateColumnFamily(options, name + std::string(suffix), &handle), "make room for " + name);
        return handle;
    };
    auto* rows = make(rows_suffix);
    auto* history = make(history_suffix);
    return std::make_shared<Generation>(shared_from_this(), std::string(projection), number, rows, history);
}

void Store::finish_bulk_load(const Generation& generation) {
    for (auto* family : {generation.rows(), generation.history()}) {
        rocksdb::CompactRangeOptions options;
        options.exclusive_manual_compaction = false;
        options.max_subcompactions = 2;
        check(db_->CompactRange(options, family, nullptr, nullptr), "merge " + generation_name(generation));
        check(db_->SetOptions(family, {{"disable_auto_compactions", "false"}}), "serve " + generation_name(generation));
    }
}

void Store::drop(const Generation& generation) {
    check(db_->DropColumnFamily(generation.rows()), "drop " + generation_name(generation));
    check(db_->DropColumnFamily(generation.history()), "drop " + generation_name(generation));
}

std::optional<Checkpoint> Store::checkpoint(const Generation& generation, const rocksdb::Snapshot* snapshot) const {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    std::string bytes;
    const auto status = db_->Get(options, meta_, checkpoint_key(generation), &bytes);
    if (status.IsNotFound()) return std::nullopt;
    check(status, "read a checkpoint");
    constexpr std::size_t fixed_bytes = 16;
    if (bytes.size() < fixed_bytes) throw StoreFault("a checkpoint is too short", true);
    KeyReader reader(bytes);
    Checkpoint checkpoint;
    checkpoint.epoch = reader.u32();
    checkpoint.position = Position{reader.u64()};
    checkpoint.version = reader.u32();
    checkpoint.workspace = bytes.substr(fixed_bytes);
    return checkpoint;
}

void Store::put_checkpoint(rocksdb::WriteBatch& batch, const Generation& generation,
                           const Checkpoint& checkpoint) const {
    const Key fixed = Key().u32(checkpoint.epoch).u64(checkpoint.position.value()).u32(checkpoint.version);
    check(batch.Put(meta_, checkpoint_key(generation), fixed.bytes() + checkpoint.workspace), "write a checkpoint");
}

void Store::put_pointer(rocksdb::WriteBatch& batch, const Generation& generation) const {
    check(batch.Put(meta_, pointer_key(generation.projection()), std::to_string(generation.number())),
          "write which rows serve");
}

void Store::erase_pointer(rocksdb::WriteBatch& batch, const Generation& generation) const {
    check(batch.Delete(meta_, pointer_key(generation.projection())), "erase which rows serve");
}

void Store::erase_checkpoint(rocksdb::WriteBatch& batch, const Generation& generation) const {
    check(batch.Delete(meta_, checkpoint_key(generation)), "erase a checkpoint");
}

void Store::write(rocksdb::WriteBatch& batch, Durability durability) const {
    rocksdb::WriteOptions options;
    options.sync = durability == Durability::synced;
    check(db_->Write(options, &batch), "write rows");
}

void set_aside(const std::filesystem::path& directory, std::string_view reason) {
    const auto aside = [&](std::size_t n) {
        return std::filesystem::path(directory.string() + ".broken-" + std::to_string(n));
    };
    try {
        const auto n = newest_set_aside(directory) + 1;
        std::filesystem::rename(directory, aside(n));
        log::warn("projections.set_aside", {{"reason", std::string(reason)}, {"kept_as", aside(n).string()}});
        if (n > broken_stores_kept) std::filesystem::remove_all(aside(n - broken_stores_kept));
    } catch (const std::filesystem::filesystem_error& error) {
        throw StoreFault(std::string("set the projections aside: ") + error.what(), false);
    }
}

}  // namespace dealog::projections::engine
