#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "eventstore/identity.hpp"
#include "eventstore/ledger.hpp"
#include "eventstore/rocks/rocks_log.hpp"

namespace dealog::metrics {
class Registry;
}

namespace dealog::eventstore {

class Vault;

/// What of an acknowledgement survives a lost or truncated write-ahead log.
enum class Marking {
    every_50_ms,         // a shorter history is noticed up to 50 ms before the end
    before_each_answer,  // … up to the last acknowledged event, for one more sync per group
};

struct LogSettings {
    std::filesystem::path directory;
    Marking marking = Marking::every_50_ms;
    std::size_t cache_bytes = 128u << 20;
};

/// The directory does not hold what it should, so it is not opened. It was not changed.
struct CannotOpen : std::runtime_error {
    CannotOpen(std::string what_is_wrong, std::string what_to_do)
        : std::runtime_error(what_is_wrong + "; " + what_to_do),
          reason(std::move(what_is_wrong)),
          remedy(std::move(what_to_do)) {}
    std::string reason;
    std::string remedy;
};

/// Whether create_log may be called: nothing is there, or a creation that was cut short before anything was appended.
[[nodiscard]] bool may_create_log(const std::filesystem::path& directory);
/// Makes the directory into an empty log. Throws CannotOpen unless `may_create_log`.
void create_log(const std::filesystem::path& directory, const std::string& workspace);

/// True when create_log has finished there once.
[[nodiscard]] bool holds_log(const std::filesystem::path& directory);

/// A directory that was found whole and has not been changed. It is held as long as this lives, then by the log opened
/// from it, so that whoever opens something beside the log does so between the two.
struct CheckedLog {
    LogSettings settings;
    Identity identity;
    File lock;
    Tip tip;
    /// Nothing was ever appended, so nothing is lost by keys that are not there yet.
    [[nodiscard]] bool empty() const { return tip.position == Position{}; }
};

/// Checks everything on a read-only open; throws CannotOpen. Nothing is changed, whatever the answer.
[[nodiscard]] CheckedLog check_log(const LogSettings& settings);
/// A torn tail that was never acknowledged is cut.
[[nodiscard]] std::unique_ptr<rocks::RocksLog> open_log(CheckedLog checked, Vault& vault, const Clock& clock,
                                                        metrics::Registry& metrics);
/// Both in one, for who has the vault open already.
[[nodiscard]] std::unique_ptr<rocks::RocksLog> open_log(const LogSettings& settings, Vault& vault, const Clock& clock,
                                                        metrics::Registry& metrics);

/// Makes a copied or moved directory the log's home under the next epoch. The original must never be opened again.
/// Answers the new epoch.
std::uint32_t adopt_log(const std::filesystem::path& directory);

}  // namespace dealog::eventstore
