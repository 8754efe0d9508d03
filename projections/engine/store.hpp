#pragma once

#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/strong.hpp"
#include "eventstore/event_log.hpp"

namespace rocksdb {
class Cache;
class ColumnFamilyHandle;
struct ColumnFamilyOptions;
class DB;
class Iterator;
struct Options;
class Snapshot;
class Status;
class WriteBatch;
}  // namespace rocksdb

/// The projections' own database: who opens it, what its column families are, and where a projection stands.
namespace dealog::projections::engine {

/// The store cannot be used. `damaged`: it is to be set aside and built anew; otherwise trying again may help.
struct StoreFault : eventstore::StoreBroken {
    StoreFault(const std::string& what, bool is_damaged) : StoreBroken(what), damaged(is_damaged) {}
    bool damaged;
};

/// Throws unless the status is OK.
void check(const rocksdb::Status& status, std::string_view doing);

class Store;

/// Keys and values of one column family in order. Throws StoreFault rather than end early.
class Cursor {
public:
    /// `end`: the first key that is not shown; absent: none.
    Cursor(const Store& store, rocksdb::ColumnFamilyHandle* family, const rocksdb::Snapshot* snapshot,
           const std::optional<std::string>& end);
    ~Cursor();
    Cursor(Cursor&&) noexcept;

    void seek(std::string_view key);
    void next();
    [[nodiscard]] bool valid() const { return valid_; }
    [[nodiscard]] std::string_view key() const { return key_; }
    [[nodiscard]] std::string_view value() const;

private:
    struct Open;
    void moved();
    const Store& store_;
    std::unique_ptr<Open> open_;
    std::string_view key_;
    bool valid_ = false;
};

/// How far a generation has applied which log.
struct Checkpoint {
    std::string workspace;
    std::uint32_t epoch = 0;
    Position position;
    std::uint32_t version = 0;
};

/// One build of one projection's rows. Readers keep it alive; its files go when it was dropped and the last one left.
class Generation {
public:
    Generation(std::shared_ptr<Store> store, std::string projection, std::uint32_t number,
               rocksdb::ColumnFamilyHandle* rows, rocksdb::ColumnFamilyHandle* history);
    ~Generation();
    Generation(const Generation&) = delete;
    Generation& operator=(const Generation&) = delete;

    [[nodiscard]] const std::shared_ptr<Store>& store() const { return store_; }
    [[nodiscard]] const std::string& projection() const { return projection_; }
    [[nodiscard]] std::uint32_t number() const { return number_; }
    [[nodiscard]] rocksdb::ColumnFamilyHandle* rows() const { return rows_; }
    [[nodiscard]] rocksdb::ColumnFamilyHandle* history() const { return history_; }

private:
    std::shared_ptr<Store> store_;
    std::string projection_;
    std::uint32_t number_;
    rocksdb::ColumnFamilyHandle* rows_;
    rocksdb::ColumnFamilyHandle* history_;
};

using Serving = std::map<std::string, std::shared_ptr<Generation>, std::less<>>;

enum class Durability { synced, buffered };
enum class Purpose { serving, bulk_load };  // bulk_load: compacted once, when it is complete

class Store : public std::enable_shared_from_this<Store> {
public:
    struct Opened {
        std::shared_ptr<Store> store;
        Serving serving;
    };
    /// Opens or makes the store; what no pointer names is dropped. Throws StoreFault.
    [[nodiscard]] static Opened open(const std::filesystem::path& directory, std::size_t block_cache_bytes);
    ~Store();
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;

    [[nodiscard]] rocksdb::DB& db() const { return *db_; }
    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
    /// For files on their way into the store; emptied at open.
    [[nodiscard]] std::filesystem::path runs_directory() const { return directory_ / "runs"; }
    /// Throws unless the status is OK; damage is remembered.
    void checked(const rocksdb::Status& status, std::string_view doing) const;
    /// A reader met damage: the store is to be set aside.
    [[nodiscard]] bool met_damage() const { return met_damage_; }
    [[nodiscard]] rocksdb::Options options_of(const Generation& generation, rocksdb::ColumnFamilyHandle* family) const;

    [[nodiscard]] std::shared_ptr<Generation> create_generation(std::string_view projection, Purpose purpose);
    /// Merges what a bulk load wrote and lets the store compact by itself from now on.
    void finish_bulk_load(const Generation& generation);
    /// Takes it out of the store; readers that hold it go on reading.
    void drop(const Generation& generation);

    [[nodiscard]] std::optional<Checkpoint> checkpoint(const Generation& generation,
                                                       const rocksdb::Snapshot* snapshot = nullptr) const;
    void put_checkpoint(rocksdb::WriteBatch& batch, const Generation& generation, const Checkpoint& checkpoint) const;
    /// From then on this generation answers for its projection.
    void put_pointer(rocksdb::WriteBatch& batch, const Generation& generation) const;
    void erase_pointer(rocksdb::WriteBatch& batch, const Generation& generation) const;
    void erase_checkpoint(rocksdb::WriteBatch& batch, const Generation& generation) const;
    void write(rocksdb::WriteBatch& batch, Durability durability) const;

private:
    Store();
    void adopt_families(const std::vector<std::string>& names,
                        const std::vector<rocksdb::ColumnFamilyHandle*>& handles);
    [[nodiscard]] Serving take_serving();
    void check_format();
    [[nodiscard]] rocksdb::ColumnFamilyOptions family_options(std::string_view family) const;

    std::filesystem::path directory_;
    std::shared_ptr<rocksdb::Cache> block_cache_;
    std::unique_ptr<rocksdb::DB> db_;
    rocksdb::ColumnFamilyHandle* default_ = nullptr;
    rocksdb::ColumnFamilyHandle* meta_ = nullptr;
    std::map<std::string, rocksdb::ColumnFamilyHandle*, std::less<>> unclaimed_;  // while opening
    mutable std::atomic<bool> met_damage_ = false;
    std::mutex naming_;
    std::map<std::string, std::uint32_t, std::less<>> newest_generation_;
};

/// Moves the directory to `<directory>.broken-<n>` beside it; older ones than the last three go.
void set_aside(const std::filesystem::path& directory, std::string_view reason);

}  // namespace dealog::projections::engine
