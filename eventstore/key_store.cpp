#include "eventstore/key_store.hpp"

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include "eventstore/bytes.hpp"
#include "eventstore/event_log.hpp"
#include "eventstore/key_store_files.hpp"
#include "eventstore/vault_master_key.hpp"

namespace dealog::eventstore {

namespace {

// The keys of the store: `k<subject>` wrapped key, `t<subject>` tombstone, `s<name>` wrapped secret, `m<name>` facts.
constexpr std::string_view format_key = "mformat";
constexpr std::string_view id_key = "mid";
constexpr std::string_view scrub_key = "mscrub";  // there while destroyed keys may be in old files
constexpr std::string_view pepper_key = "spepper";
constexpr std::string_view mac_key_key = "smac";
constexpr std::string_view format = "1";
constexpr std::size_t single_rewrites_max = 64;  // beyond it the whole store is rewritten at once

std::string key_name(std::string_view subject) { return fmt::format("k{}", subject); }
std::string tombstone_name(std::string_view subject) { return fmt::format("t{}", subject); }

rocksdb::WriteBatch new_batch() { return rocksdb::WriteBatch{0, 0, 8, 0}; }

std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

Instant instant_of(std::string_view tombstone) {
    if (tombstone.size() != 8) throw StoreBroken{"key store: a tombstone is damaged"};
    return Instant{Nanos{static_cast<std::int64_t>(get_u64(tombstone))}};
}

/// A wrapped key opens only in its own store and under its own name.
std::string binding(std::string_view store_id, std::string_view name) {
    std::string out;
    for (const std::string_view piece : {std::string_view{"dealog key 1"}, store_id, name}) put_piece(out, piece);
    return out;
}

bool holds_keys(const VaultSettings& settings) { return std::filesystem::exists(settings.keys() / "CURRENT"); }

void check_may_found(const VaultSettings& settings) {
    if (settings.founding == VaultSettings::Founding::if_missing) return;
    throw CannotOpenVault{
        fmt::format("there are no keys in {}: restore them; a new vault could open nothing that is in the log",
                    settings.keys().string())};
}

std::unique_ptr<rocksdb::DB> open_or_make(const VaultSettings& settings) {
    const std::filesystem::path keys = settings.keys();
    if (holds_keys(settings)) return open_key_files(keys, KeyFilesMode::existing);
    check_may_found(settings);
    std::filesystem::create_directories(keys);
    std::filesystem::permissions(keys, std::filesystem::perms::owner_all);
    sync_directory_of(keys);
    return open_key_files(keys, KeyFilesMode::founding);
}

}  // namespace

KeyStore::KeyStore(const VaultSettings& settings)
    : directory_(settings.keys()), master_key_file_(settings.master_key()) {
    start_sodium();
    // Whatever cannot be used is refused before anything is made or opened for writing.
    if (std::filesystem::exists(master_key_file_)) static_cast<void>(read_master_key(master_key_file_));
    if (holds_keys(settings)) look(settings);
    try {
        db_ = open_or_make(settings);
    } catch (const StoreBroken& broken) {
        throw CannotOpenVault{broken.what()};
    }
    if (!is_founded()) found();
    if (unlock() == KeyFile::next) adopt_next_master_key(master_key_file_);
    if (needs_scrub()) scrub_everything();
}

/// Everything that can be refused, on a read-only open.
void KeyStore::look(const VaultSettings& settings) {
    try {
        db_ = open_key_files(directory_, KeyFilesMode::read_only);
        if (is_founded())
            static_cast<void>(unlock());
        else
            check_may_found(settings);
    } catch (const StoreBroken& broken) {
        throw CannotOpenVault{broken.what()};
    }
    db_.reset();
}

bool KeyStore::is_founded() const {
    const auto known_format = get(std::string{format_key});
    if (known_format && *known_format != format) {
        throw CannotOpenVault{
            fmt::format("{} has format {}; this binary knows {}", directory_.string(), *known_format, format)};
    }
    if (!known_format && count_keys() != 0) {
        throw CannotOpenVault{fmt::format("{} has keys and no format", directory_.string())};
    }
    return known_format.has_value();
}

KeyStore::~KeyStore() = default;

void KeyStore::found() {
    if (!std::filesystem::exists(master_key_file_)) create_master_key(master_key_file_, Key::random());
    master_key_ = read_master_key(master_key_file_);
    id_ = std::string{Key::random().view().substr(0, 16)};
    rocksdb::WriteBatch batch = new_batch();
    batch.Put(std::string{format_key}, std::string{format});
    batch.Put(std::string{id_key}, id_);
    for (const std::string_view name : {pepper_key, mac_key_key}) {
        batch.Put(std::string{name}, wrapped(master_key_, name, Key::random()));
    }
    write(batch, "founding");
}

KeyStore::KeyFile KeyStore::unlock() {
    const auto id = get(std::string{id_key});
    const auto pepper = get(std::string{pepper_key});
    const auto mac_key = get(std::string{mac_key_key});
    if (!id || !pepper || !mac_key) throw CannotOpenVault{fmt::format("{} is incomplete", directory_.string())};
    id_ = *id;
    auto file = KeyFile::present;
    master_key_ = read_master_key(master_key_file_);
    auto opened = unwrapped(master_key_, pepper_key, *pepper);
    if (!opened && std::filesystem::exists(next_master_key(master_key_file_))) {
        // A rotation was cut short after everything had been wrapped anew.
        file = KeyFile::next;
        master_key_ = read_master_key(next_master_key(master_key_file_));
        opened = unwrapped(master_key_, pepper_key, *pepper);
    }
    const auto opened_mac_key = unwrapped(master_key_, mac_key_key, *mac_key);
    if (!opened || !opened_mac_key) {
        throw CannotOpenVault{
            fmt::format("the master key {} is not the one of {}", master_key_file_.string(), directory_.string())};
    }
    pepper_ = *opened;
    mac_key_ = *opened_mac_key;
    return file;
}

void KeyStore::reopen_when_broken() {
    if (!broken_) return;
    const std::unique_lock lock{mutex_};
    if (!broken_) return;
    db_.reset();
    try {
        db_ = open_key_files(directory_, KeyFilesMode::existing);
        broken_ = false;
    } catch (const StoreBroken& still) {
        db_ = open_key_files(directory_, KeyFilesMode::read_only);
        throw still;
    }
}

void KeyStore::write(rocksdb::WriteBatch& batch, std::string_view what) {
    const std::lock_guard one_at_a_time{write_mutex_};
    reopen_when_broken();
    const std::shared_lock lock{mutex_};
    rocksdb::WriteOptions options;
    options.sync = true;
    const rocksdb::Status status = db_->Write(options, &batch);
    if (status.ok()) return;
    broken_ = true;
    throw StoreBroken{fmt::format("key store: {}: {}", what, status.ToString())};
}

std::optional<std::string> KeyStore::get(const std::string& key) const {
    const std::shared_lock lock{mutex_};
    if (!db_) throw StoreBroken{"key store: closed after an error"};
    std::string value;
    const rocksdb::Status status = db_->Get(rocksdb::ReadOptions{}, key, &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) throw StoreBroken{fmt::format("key store: read: {}", status.ToString())};
    return value;
}

void KeyStore::for_each(std::string_view prefix,
                        const std::function<void(std::string_view, std::string_view)>& visit) const {
    const std::shared_lock lock{mutex_};
    if (!db_) throw StoreBroken{"key store: closed after an error"};
    const std::unique_ptr<rocksdb::Iterator> it{db_->NewIterator(rocksdb::ReadOptions{})};
    for (it->Seek({prefix.data(), prefix.size()}); it->Valid() && view(it->key()).starts_with(prefix); it->Next()) {
        visit(view(it->key()), view(it->value()));
    }
    if (!it->status().ok()) throw StoreBroken{fmt::format("key store: scan: {}", it->status().ToString())};
}

std::string KeyStore::wrapped(const Key& master, std::string_view name, const Key& key) const {
    return wrap(master, binding(id_, name), key.view());
}

std::optional<Key> KeyStore::unwrapped(const Key& master, std::string_view name, std::string_view value) const {
    std::string plain;
    if (!unwrap(master, binding(id_, name), value, plain) || plain.size() != Key::size) return std::nullopt;
    Key key = Key::from_bytes(plain);
    wipe(plain);
    return key;
}

std::optional<Key> KeyStore::find(std::string_view subject) const {
    const std::string name = key_name(subject);
    const auto value = get(name);
    if (!value) return std::nullopt;
    auto key = unwrapped(master_key_, name, *value);
    if (!key) throw StoreBroken{fmt::format("key store: the key of {} is damaged", subject)};
    return key;
}

void KeyStore::put(std::span<const std::pair<std::string, Key>> keys) {
    if (keys.empty()) return;
    rocksdb::WriteBatch batch = new_batch();
    for (const auto& [subject, key] : keys) {
        const std::string name = key_name(subject);
        batch.Put(name, wrapped(master_key_, name, key));
    }
    write(batch, "new keys");
}

void KeyStore::bury(std::span<const std::string> subjects, Instant at) {
    std::string time;
    put_u64(time, static_cast<std::uint64_t>(at.time_since_epoch().count()));
    rocksdb::WriteBatch batch = new_batch();
    batch.Put(std::string{scrub_key}, "");
    for (const std::string& subject : subjects) {
        batch.Put(tombstone_name(subject), time);
        batch.Delete(key_name(subject));
    }
    write(batch, "erasure");
}

std::optional<Instant> KeyStore::buried_at(std::string_view subject) const {
    const auto tombstone = get(tombstone_name(subject));
    if (!tombstone) return std::nullopt;
    return instant_of(*tombstone);
}

bool KeyStore::needs_scrub() const { return get(std::string{scrub_key}).has_value(); }

void KeyStore::scrub(std::span<const std::string> subjects) {
    std::vector<std::string> names;
    if (subjects.size() <= single_rewrites_max) {
        for (const std::string& subject : subjects) names.push_back(key_name(subject));
    }
    rewrite_files(names);
}

void KeyStore::scrub_everything() { rewrite_files({}); }

void KeyStore::rewrite_files(std::span<const std::string> names) {
    // Written first, so that there is something to flush and the present write-ahead log ends.
    rocksdb::WriteBatch begin = new_batch();
    begin.Put(std::string{scrub_key}, "");
    write(begin, "scrub");
    try {
        const std::shared_lock lock{mutex_};
        rewrite_key_files(*db_, names);
    } catch (const StoreBroken&) {
        broken_ = true;
        throw;
    }
    rocksdb::WriteBatch end = new_batch();
    end.Delete(std::string{scrub_key});
    write(end, "end of scrub");
}

void KeyStore::for_each_erased(const std::function<void(std::string_view, Instant)>& visit) const {
    for_each("t", [&](std::string_view name, std::string_view value) { visit(name.substr(1), instant_of(value)); });
}

std::uint64_t KeyStore::count_keys() const {
    std::uint64_t count = 0;
    for_each("k", [&](std::string_view, std::string_view) { ++count; });
    return count;
}

void KeyStore::rotate_master_key() {
    const Key next = Key::random();
    std::filesystem::remove(next_master_key(master_key_file_));
    create_master_key(next_master_key(master_key_file_), next);
    rocksdb::WriteBatch batch = new_batch();
    const auto wrap_anew = [&](std::string_view name, std::string_view value) {
        const auto key = unwrapped(master_key_, name, value);
        if (!key) throw StoreBroken{fmt::format("key store: {} is damaged; nothing was rotated", name)};
        batch.Put({name.data(), name.size()}, wrapped(next, name, *key));
    };
    for_each("k", wrap_anew);
    for_each("s", wrap_anew);
    batch.Put(std::string{scrub_key}, "");
    write(batch, "rotation");
    adopt_next_master_key(master_key_file_);
    master_key_ = next;
    scrub_everything();
}

}  // namespace dealog::eventstore
