#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "eventstore/open_vault.hpp"
#include "eventstore/seal.hpp"

namespace rocksdb {
class DB;
class WriteBatch;
}  // namespace rocksdb

namespace dealog::eventstore {

/// The subjects' keys on disk, each wrapped by the master key, and the tombstones of erased subjects. Every write is
/// synced. Thread-safe; who puts and who buries the same subject must not meet. After a failed write the store opens
/// itself anew before the next one, because a sync is never retried in place.
class KeyStore {
public:
    /// Opens or founds; finishes an erasure or a rotation of the master key that a crash has cut short.
    explicit KeyStore(const VaultSettings& settings);
    ~KeyStore();
    KeyStore(const KeyStore&) = delete;
    KeyStore& operator=(const KeyStore&) = delete;

    [[nodiscard]] std::optional<Key> find(std::string_view subject) const;
    [[nodiscard]] const Key& pepper() const { return pepper_; }
    [[nodiscard]] const Key& mac_key() const { return mac_key_; }

    /// All of them in one batch.
    void put(std::span<const std::pair<std::string, Key>> keys);

    /// Takes the keys away and leaves tombstones. The wrapped keys are still in old files until `scrub`.
    void bury(std::span<const std::string> subjects, Instant at);
    [[nodiscard]] std::optional<Instant> buried_at(std::string_view subject) const;
    /// Rewrites every file that may hold a buried key and waits until the old ones are gone from the disk.
    void scrub(std::span<const std::string> subjects);
    void scrub_everything();
    /// True between `bury` and the end of `scrub`.
    [[nodiscard]] bool needs_scrub() const;

    void for_each_erased(const std::function<void(std::string_view subject, Instant at)>& visit) const;
    [[nodiscard]] std::uint64_t count_keys() const;

    /// Wraps everything under a new master key, which takes the place of the old one in its file.
    void rotate_master_key();

private:
    void look(const VaultSettings& settings);
    [[nodiscard]] bool is_founded() const;
    void found();
    /// Reads the secrets; answers which master key they are wrapped by. Writes nothing.
    enum class KeyFile { present, next };
    [[nodiscard]] KeyFile unlock();
    void reopen_when_broken();
    void write(rocksdb::WriteBatch& batch, std::string_view what);
    /// `subjects` empty: every file.
    void rewrite_files(std::span<const std::string> subjects);
    [[nodiscard]] std::optional<std::string> get(const std::string& key) const;
    void for_each(std::string_view prefix, const std::function<void(std::string_view, std::string_view)>& visit) const;
    [[nodiscard]] std::string wrapped(const Key& master, std::string_view name, const Key& key) const;
    [[nodiscard]] std::optional<Key> unwrapped(const Key& master, std::string_view name, std::string_view value) const;

    std::filesystem::path directory_;
    std::filesystem::path master_key_file_;
    std::mutex write_mutex_;           // before mutex_
    mutable std::shared_mutex mutex_;  // the handle: shared to use it, exclusive to replace it
    std::unique_ptr<rocksdb::DB> db_;
    std::atomic<bool> broken_ = false;
    std::string id_;
    Key master_key_;
    Key pepper_;
    Key mac_key_;
};

}  // namespace dealog::eventstore
