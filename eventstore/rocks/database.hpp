#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "eventstore/rocks/schema.hpp"

namespace rocksdb {
class Env;
class Iterator;
class Snapshot;
class WriteBatch;
}  // namespace rocksdb

namespace dealog::eventstore::rocks {

/// Keeps what was visible when it was taken. Must be gone before its database.
using Snapshot = std::shared_ptr<const rocksdb::Snapshot>;

enum class Access { create, read_write, read_only };

struct DatabaseSettings {
    std::filesystem::path directory;
    Access access = Access::read_only;
    std::size_t cache_bytes = 32u << 20;
    /// Called once or more, on any thread, when RocksDB meets a storage error by itself.
    std::function<void(const std::string&)> on_background_error = [](const std::string&) {};
    /// Another environment than the machine's, for tests of failing disks. Lent.
    rocksdb::Env* env = nullptr;
};

/// Ordered pairs of one family between two keys. Never ends early without an exception.
class Scan {
public:
    ~Scan();
    Scan(Scan&&) noexcept;
    Scan& operator=(Scan&&) = delete;
    /// False at the end; throws StoreBroken when the storage failed.
    [[nodiscard]] bool valid() const;
    void next();
    /// Valid until `next`.
    [[nodiscard]] std::string_view key() const;
    [[nodiscard]] std::string_view value() const;

private:
    friend class Database;
    struct State;
    explicit Scan(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

/// RocksDB as the log uses it; the only place that opens it. Everything but OK and NotFound throws StoreBroken.
class Database {
public:
    explicit Database(DatabaseSettings settings);
    ~Database();
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;

    [[nodiscard]] std::optional<std::string> get(Family family, std::string_view key, const Snapshot& at = {}) const;
    [[nodiscard]] bool has(Family family, std::string_view key, const Snapshot& at = {}) const;

    enum class Order {
        total,          // any two keys; does not fill the cache
        within_prefix,  // both keys share the family's prefix (streams, tags): filters apply
    };
    /// Keys in [from, until).
    [[nodiscard]] Scan scan(Family family, std::string from, std::string until, Order order,
                            const Snapshot& at = {}) const;

    [[nodiscard]] Snapshot snapshot() const;

    /// Collects what is written in one step.
    class Batch {
    public:
        explicit Batch(Database& database);
        ~Batch();
        void put(Family family, std::string_view key, std::string_view value);
        void erase(Family family, std::string_view key);
        /// Durable when it returns.
        void write();

    private:
        Database& database_;
        std::unique_ptr<rocksdb::WriteBatch> batch_;
    };

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace dealog::eventstore::rocks
