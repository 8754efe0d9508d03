#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include "base/time.hpp"
#include "eventstore/vault.hpp"

namespace dealog::eventstore {

/// The vault does not open as it is: another master key, a key file that others may read, no keys where there must be
/// some. Nothing was changed.
struct CannotOpenVault : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct VaultSettings {
    /// Whether a vault may be made where there is none. A log that exists and has no keys beside it has lost them.
    enum class Founding { if_missing, refused };

    std::filesystem::path directory;        // the keys are in `<directory>/keys`
    std::filesystem::path master_key_file;  // empty: `<directory>/master.key`; 64 hex digits, mode at most 0600
    Founding founding = Founding::if_missing;
    std::size_t cached_keys_max = 16'384;
    /// Dates the tombstones. Outlives the vault; absent: the machine's clock.
    const Clock* clock = nullptr;

    [[nodiscard]] std::filesystem::path keys() const { return directory / "keys"; }
    [[nodiscard]] std::filesystem::path master_key() const {
        return master_key_file.empty() ? directory / "master.key" : master_key_file;
    }
};

/// Opens the vault, or founds it with a new master key. Throws CannotOpenVault, or StoreBroken when the disk fails.
[[nodiscard]] std::unique_ptr<Vault> open_vault(const VaultSettings& settings);

}  // namespace dealog::eventstore
