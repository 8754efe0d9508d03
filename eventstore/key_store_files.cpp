#include "eventstore/key_store_files.hpp"

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <set>
#include <thread>

#include "base/log.hpp"
#include "eventstore/event_log.hpp"

namespace dealog::eventstore {

namespace {

/// RocksDB's own log file aborts the process on a full disk; warnings go to ours.
class ForwardingLogger final : public rocksdb::Logger {
public:
    ForwardingLogger() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}
    using rocksdb::Logger::Logv;
    void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
        if (level < rocksdb::InfoLogLevel::WARN_LEVEL || level == rocksdb::InfoLogLevel::HEADER_LEVEL) return;
        put(format, arguments);
    }
    void Logv(const char*, va_list) override {}

private:
    __attribute__((format(printf, 1, 0))) static void put(const char* format, va_list arguments) {
        std::array<char, 512> text{};
        std::vsnprintf(text.data(), text.size(), format, arguments);
        log::warn("key_store", {{"message", text.data()}});
    }
};

rocksdb::Options key_store_options() {
    rocksdb::Options options;
    options.info_log = std::make_shared<ForwardingLogger>();
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    options.max_bgerror_resume_count = 0;
    options.paranoid_checks = true;
    options.max_background_jobs = 2;
    options.max_open_files = -1;
    // Every look for obsolete files is a full one: a write-ahead log that an earlier run left empty goes, too.
    options.delete_obsolete_files_period_micros = 0;
    options.write_buffer_size = 1u << 20;
    options.max_total_wal_size = 4u << 20;
    options.allow_fallocate = false;  // see the log's options
    // Keys do not compress. Files are small, so that an erasure rewrites little.
    options.compression = rocksdb::kNoCompression;
    options.target_file_size_base = 1u << 20;
    options.max_bytes_for_level_base = 8u << 20;
    options.level_compaction_dynamic_level_bytes = true;
    rocksdb::BlockBasedTableOptions table;
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10, false));
    table.block_size = 4096;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    return options;
}

void check(const rocksdb::Status& status, std::string_view what) {
    if (!status.ok()) throw StoreBroken{fmt::format("key store: {}: {}", what, status.ToString())};
}

bool holds_records(const std::filesystem::path& file) {
    return file.extension() == ".sst" || file.extension() == ".log";
}

std::set<std::string> record_files(const std::filesystem::path& directory) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator{directory}) {
        if (holds_records(entry.path())) names.insert(entry.path().filename().string());
    }
    return names;
}

/// `old` less the files that are in use and cannot hold one of `keys`.
std::set<std::string> files_to_vanish(rocksdb::DB& db, std::set<std::string> old, std::span<const std::string> keys) {
    std::vector<rocksdb::LiveFileMetaData> live;
    db.GetLiveFilesMetaData(&live);
    for (const auto& file : live) {
        const std::string name = std::filesystem::path{file.name}.filename().string();
        const auto inside = [&](const std::string& key) { return file.smallestkey <= key && key <= file.largestkey; };
        if (!keys.empty() && std::ranges::none_of(keys, inside)) old.erase(name);
    }
    return old;
}

/// RocksDB deletes on its own threads, after the call that made a file obsolete has returned.
void wait_until_gone(const std::filesystem::path& directory, const std::set<std::string>& files) {
    using namespace std::chrono_literals;
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    for (const std::string& name : files) {
        while (std::filesystem::exists(directory / name)) {
            if (std::chrono::steady_clock::now() > deadline) {
                throw StoreBroken{fmt::format("key store: {} with destroyed keys is still on the disk", name)};
            }
            std::this_thread::sleep_for(1ms);
        }
    }
}

}  // namespace

std::unique_ptr<rocksdb::DB> open_key_files(const std::filesystem::path& directory, KeyFilesMode mode) {
    rocksdb::Options options = key_store_options();
    options.create_if_missing = mode == KeyFilesMode::founding;
    rocksdb::DB* db = nullptr;
    check(mode == KeyFilesMode::read_only ? rocksdb::DB::OpenForReadOnly(options, directory, &db)
                                          : rocksdb::DB::Open(options, directory, &db),
          "cannot be opened");
    return std::unique_ptr<rocksdb::DB>{db};
}

void rewrite_key_files(rocksdb::DB& db, std::span<const std::string> keys) {
    const std::filesystem::path directory{db.GetName()};
    std::set<std::string> old = record_files(directory);
    check(db.Flush(rocksdb::FlushOptions{}), "flush");
    rocksdb::CompactRangeOptions compaction;
    compaction.exclusive_manual_compaction = false;
    compaction.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    if (keys.empty()) check(db.CompactRange(compaction, nullptr, nullptr), "compaction");
    for (const std::string& key : keys) {
        const rocksdb::Slice one{key};
        check(db.CompactRange(compaction, &one, &one), "compaction");
    }
    wait_until_gone(directory, files_to_vanish(db, std::move(old), keys));
}

}  // namespace dealog::eventstore
