#include "eventstore/rocks/database.hpp"

#include <utility>
#include <vector>

#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include "base/assert.hpp"
#include "eventstore/rocks/options.hpp"

namespace dealog::eventstore::rocks {
namespace {

// Checked on its way into the memtable and the write-ahead log.
constexpr std::size_t protection_bytes = 8;

rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

void check(const rocksdb::Status& status, const char* doing) {
    if (!status.ok()) throw StoreBroken{std::string{doing} + ": " + status.ToString()};
}

}  // namespace

struct Database::State {
    std::unique_ptr<rocksdb::DB> db;
    std::vector<std::unique_ptr<rocksdb::ColumnFamilyHandle>> families;

    ~State() {
        families.clear();
        if (db) db->Close().PermitUncheckedError();  // everything acknowledged is synced already
    }
    [[nodiscard]] rocksdb::ColumnFamilyHandle* of(Family family) const {
        return families[static_cast<std::size_t>(family)].get();
    }
};

Database::Database(DatabaseSettings settings) : state_(std::make_unique<State>()) {
    rocksdb::DBOptions db;
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    set_options(settings, db, families);
    const std::string path = settings.directory.string();
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    const rocksdb::Status status = settings.access == Access::read_only
                                       ? rocksdb::DB::OpenForReadOnly(db, path, families, &handles, &opened)
                                       : rocksdb::DB::Open(db, path, families, &handles, &opened);
    check(status, "open");
    state_->db.reset(opened);
    for (rocksdb::ColumnFamilyHandle* handle : handles) state_->families.emplace_back(handle);
}

Database::~Database() = default;

std::optional<std::string> Database::get(Family family, std::string_view key, const Snapshot& at) const {
    rocksdb::ReadOptions options;
    options.snapshot = at.get();
    std::string value;
    const rocksdb::Status status = state_->db->Get(options, state_->of(family), slice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    check(status, "read");
    return value;
}

bool Database::has(Family family, std::string_view key, const Snapshot& at) const {
    rocksdb::ReadOptions options;
    options.snapshot = at.get();
    rocksdb::PinnableSlice value;
    const rocksdb::Status status = state_->db->Get(options, state_->of(family), slice(key), &value);
    if (status.IsNotFound()) return false;
    check(status, "read");
    return true;
}

struct Scan::State {
    std::string until;
    rocksdb::Slice bound;
    Snapshot at;
    std::unique_ptr<rocksdb::Iterator> iterator;
};

Scan Database::scan(Family family, std::string from, std::string until, Order order, const Snapshot& at) const {
    auto state = std::make_unique<Scan::State>();
    state->until = std::move(until);
    state->bound = state->until;
    state->at = at;
    rocksdb::ReadOptions options;
    options.snapshot = at.get();
    options.iterate_upper_bound = &state->bound;
    options.total_order_seek = order == Order::total;
    options.prefix_same_as_start = order == Order::within_prefix;
    options.fill_cache = order == Order::within_prefix;
    state->iterator.reset(state_->db->NewIterator(options, state_->of(family)));
    state->iterator->Seek(from);
    return Scan{std::move(state)};
}

Scan::Scan(std::unique_ptr<State> state) : state_(std::move(state)) {}
Scan::~Scan() = default;
Scan::Scan(Scan&&) noexcept = default;

bool Scan::valid() const {
    if (state_->iterator->Valid()) return true;
    // A failed iterator looks like the end of the data.
    check(state_->iterator->status(), "scan");
    return false;
}

void Scan::next() { state_->iterator->Next(); }
std::string_view Scan::key() const { return state_->iterator->key().ToStringView(); }
std::string_view Scan::value() const { return state_->iterator->value().ToStringView(); }

Snapshot Database::snapshot() const {
    rocksdb::DB* db = state_->db.get();
    return {db->GetSnapshot(), [db](const rocksdb::Snapshot* snapshot) { db->ReleaseSnapshot(snapshot); }};
}

Database::Batch::Batch(Database& database)
    : database_(database), batch_(std::make_unique<rocksdb::WriteBatch>(0, 0, protection_bytes, 0)) {}
Database::Batch::~Batch() = default;

void Database::Batch::put(Family family, std::string_view key, std::string_view value) {
    check(batch_->Put(database_.state_->of(family), slice(key), slice(value)), "write");
}

void Database::Batch::erase(Family family, std::string_view key) {
    check(batch_->Delete(database_.state_->of(family), slice(key)), "write");
}

void Database::Batch::write() {
    rocksdb::WriteOptions options;
    options.sync = true;
    check(database_.state_->db->Write(options, batch_.get()), "write");
}

}  // namespace dealog::eventstore::rocks
