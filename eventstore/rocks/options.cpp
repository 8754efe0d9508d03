#include "eventstore/rocks/options.hpp"

#include <cstdarg>
#include <cstdio>
#include <memory>
#include <utility>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/file_checksum.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>

#include "base/log.hpp"

namespace dealog::eventstore::rocks {
namespace {

// More of the write-ahead log would make a start after a crash slower than it may be.
constexpr std::uint64_t wal_bytes_max = 64u << 20;
constexpr double bits_per_key = 10;

// RocksDB's own logger writes a file beside the data and ends the process when that disk is full.
class ForwardingLogger final : public rocksdb::Logger {
public:
    ForwardingLogger() : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL) {}
    void Logv(const char* format, va_list arguments) override {
        char text[512];
        std::vsnprintf(text, sizeof text, format, arguments);
        log::warn("rocksdb", {{"text", text}});
    }
    using rocksdb::Logger::Logv;
};

// No resuming behind our back: the first error fences the log.
class ErrorListener final : public rocksdb::EventListener {
public:
    explicit ErrorListener(std::function<void(const std::string&)> tell) : tell_(std::move(tell)) {}
    void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* status) override {
        tell_(status != nullptr ? status->ToString() : "storage error");
    }
    void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status status, bool* recover) override {
        status.PermitUncheckedError();
        if (recover != nullptr) *recover = false;
    }

private:
    std::function<void(const std::string&)> tell_;
};

// The part of a key before its number. The name is stored with the files: never change what it means.
class NamedPrefix final : public rocksdb::SliceTransform {
public:
    using Length = std::optional<std::size_t> (*)(std::string_view);
    NamedPrefix(const char* name, Length length) : name_(name), length_(length) {}
    [[nodiscard]] const char* Name() const override { return name_; }
    [[nodiscard]] bool InDomain(const rocksdb::Slice& key) const override {
        return length_(key.ToStringView()).has_value();
    }
    [[nodiscard]] rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
        return {key.data(), length_(key.ToStringView()).value_or(key.size())};
    }

private:
    const char* name_;
    Length length_;
};

struct FamilyShape {
    std::size_t block_bytes = 8u << 10;
    bool whole_key_filter = false;
    std::shared_ptr<const rocksdb::SliceTransform> prefix;
};

FamilyShape shape_of(Family family) {
    switch (family) {
        case Family::events:
            return {.block_bytes = 32u << 10, .whole_key_filter = false, .prefix = nullptr};
        case Family::streams:
            return {.prefix = std::make_shared<NamedPrefix>("dealog.stream.1", &stream_prefix_length)};
        case Family::tags:
            return {.prefix = std::make_shared<NamedPrefix>("dealog.tag.1", &tag_prefix_length)};
        case Family::heads:
        case Family::ids:
        case Family::claims:
            return {.whole_key_filter = true, .prefix = nullptr};
        case Family::none:
        case Family::meta:
            return {};
    }
    __builtin_unreachable();
}

rocksdb::ColumnFamilyOptions family_options(Family family, const std::shared_ptr<rocksdb::Cache>& cache) {
    const FamilyShape shape = shape_of(family);
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    table.block_size = shape.block_bytes;
    table.cache_index_and_filter_blocks = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    table.format_version = 5;
    table.whole_key_filtering = shape.whole_key_filter;
    if (shape.whole_key_filter || shape.prefix) table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(bits_per_key));

    rocksdb::ColumnFamilyOptions options;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    options.prefix_extractor = shape.prefix;
    options.memtable_whole_key_filtering = shape.whole_key_filter;
    if (shape.whole_key_filter || shape.prefix) options.memtable_prefix_bloom_size_ratio = 0.1;
    options.level_compaction_dynamic_level_bytes = true;
    options.compression = rocksdb::kLZ4Compression;
    options.bottommost_compression = rocksdb::kZSTD;
    options.paranoid_file_checks = true;
    options.write_buffer_size = 64u << 20;
    return options;
}

}  // namespace

void set_options(const DatabaseSettings& settings, rocksdb::DBOptions& db,
                 std::vector<rocksdb::ColumnFamilyDescriptor>& families) {
    if (settings.env != nullptr) db.env = settings.env;
    db.create_if_missing = settings.access == Access::create;
    db.create_missing_column_families = settings.access == Access::create;
    db.error_if_exists = settings.access == Access::create;
    db.paranoid_checks = true;
    // The default drops acknowledged events after one damaged byte and says nothing.
    db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
    db.track_and_verify_wals_in_manifest = true;
    db.max_total_wal_size = wal_bytes_max;
    // What a failed sync left in the page cache is written anew at the next open.
    db.avoid_flush_during_recovery = false;
    db.max_bgerror_resume_count = 0;
    db.info_log = std::make_shared<ForwardingLogger>();
    db.listeners = {std::make_shared<ErrorListener>(settings.on_background_error)};
    db.file_checksum_gen_factory = rocksdb::GetFileChecksumGenCrc32cFactory();
    db.max_background_jobs = 2;  // one flush at a time: parallel flushes may be retried out of order
    db.stats_dump_period_sec = 0;
    db.stats_persist_period_sec = 0;
    db.bytes_per_sync = 1u << 20;
    // Or an empty log takes over 70 MB of disk, and a small disk is full before it holds anything.
    db.allow_fallocate = false;

    const auto cache = rocksdb::NewLRUCache(settings.cache_bytes);
    for (std::size_t i = 0; i < family_names.size(); ++i) {
        families.emplace_back(family_names[i], family_options(static_cast<Family>(i), cache));
    }
}

}  // namespace dealog::eventstore::rocks
