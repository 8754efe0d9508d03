#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "eventstore/rocks/rocks_log.hpp"

namespace dealog::metrics {
class Registry;
}

namespace dealog::eventstore {

class Vault;

/// What of an acknowledgement survives a lost or truncated write-ahead log.
enum class Marking {
    every_50_ms,           // a shorter history is noticed up to 50 ms before the end
    before_each_answer,    // … up to the last acknowledged event, for one more sync per group
};

struct LogSettings {
    std::filesystem::path directory;
    Marking marking = Marking::every_50_ms;
    std::size_t cache_bytes = 128u << 20;
};

/// The directory does not hold what it should, so it is not opened. It was not changed.
struct CannotOpen : std::runtime_error {
    CannotOpen(std::string what_is_wrong, std::string what_to_do)
        : std::runtime_error(what_is_wrong + "; " + what_to_do), reason(std::move(what_is_wrong)), remedy(std::move(what_to_do)) {}
    std::string reason;
    std::string remedy;
};

/// Makes the directory (which must not exist or be empty) into an empty log.
void create_log(const std::filesystem::path& directory, const std::string& workspace);

/// True when create_log has finished there once.
[[nodiscard]] bool holds_log(const std::filesystem::path& directory);

/// Checks everything on a read-only open first; throws CannotOpen with the directory as it was. A torn tail that was never
/// acknowledged is cut.
[[nodiscard]] std::unique_ptr<rocks::RocksLog> open_log(const LogSettings& settings, Vault& vault, const Clock& clock,
                                                        metrics::Registry& metrics);

/// Makes a copied or moved directory the log's home under the next epoch. The original must never be opened again.
void adopt_log(const std::filesystem::path& directory);

}  // namespace dealog::eventstore
