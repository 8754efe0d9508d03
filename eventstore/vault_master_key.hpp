#pragma once

#include <filesystem>

#include "eventstore/seal.hpp"

namespace dealog::eventstore {

/// Reads 64 hex digits. Throws CannotOpenVault when the file is not there, is not a key, or others than its owner may
/// read it.
[[nodiscard]] Key read_master_key(const std::filesystem::path& file);

/// Writes the key so that it is there after a power cut, mode 0400. An existing file is left as it is and refused.
void create_master_key(const std::filesystem::path& file, const Key& key);

/// Syncs the directory that holds `file`, so that its name survives a power cut.
void sync_directory_of(const std::filesystem::path& file);

/// Where the next master key waits while everything is wrapped anew.
[[nodiscard]] std::filesystem::path next_master_key(const std::filesystem::path& file);

/// Puts the next master key in the place of the present one.
void adopt_next_master_key(const std::filesystem::path& file);

}  // namespace dealog::eventstore
