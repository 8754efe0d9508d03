#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace rocksdb {
class DB;
}

namespace dealog::eventstore {

/// How the key store's RocksDB is opened, rewritten and checked. Keys are raw here.
enum class KeyFilesMode { existing, founding, read_only };

/// Throws StoreBroken with RocksDB's reason.
[[nodiscard]] std::unique_ptr<rocksdb::DB> open_key_files(const std::filesystem::path& directory, KeyFilesMode mode);

/// Rewrites every file that holds one of `keys`, or all files when there are none given, and returns when the old files
/// are gone from the directory. Something must have been written since the last flush. Throws StoreBroken.
void rewrite_key_files(rocksdb::DB& db, std::span<const std::string> keys);

}  // namespace dealog::eventstore
