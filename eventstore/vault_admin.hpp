#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "eventstore/open_vault.hpp"

namespace dealog::eventstore {

/// What the offline tool does to a vault that no server has open (RocksDB's lock refuses a second owner). All throw
/// CannotOpenVault or StoreBroken, and never found a vault.

struct VaultCounts {
    std::uint64_t subjects = 0;
    std::uint64_t erased = 0;
};
[[nodiscard]] VaultCounts count_subjects(const VaultSettings& settings);

/// Wraps every key under a new master key and puts that in the old one's file. A crash in between is finished at the
/// next open. Copies of the old master key open nothing of this directory afterwards, but do open its older backups.
void rotate_master_key(const VaultSettings& settings);

/// Erases many subjects with one rewrite of the files. Those erased before keep their time.
void erase_subjects(const VaultSettings& settings, std::span<const std::string> subjects);

}  // namespace dealog::eventstore
