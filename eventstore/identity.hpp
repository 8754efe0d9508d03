#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "eventstore/files.hpp"

namespace dealog::eventstore {

inline constexpr std::uint32_t format_version = 1;

/// What a log's directory knows about itself, so that a copy of it is told from it.
struct Identity {
    std::uint32_t format = format_version;
    std::string workspace;
    std::uint32_t epoch = 1;
    std::string machine;  // /etc/machine-id; empty when there is none
    std::uint64_t device = 0;
    std::uint64_t inode = 0;  // of the directory
};

/// Where a log keeps what.
struct LogPaths {
    std::filesystem::path directory;
    [[nodiscard]] std::filesystem::path rocks() const { return directory / "log"; }
    [[nodiscard]] std::filesystem::path watermark() const { return directory / "watermark"; }
    [[nodiscard]] std::filesystem::path identity() const { return directory / "identity"; }
    [[nodiscard]] std::filesystem::path lock() const { return directory / "lock"; }
};

/// As a directory made here and now would have it.
[[nodiscard]] Identity identity_of(const std::filesystem::path& directory, const std::string& workspace,
                                   std::uint32_t epoch);
void write_identity(const LogPaths& paths, const Identity& identity);
/// Throws CannotOpen: absent, damaged, or of a format that this program does not know.
[[nodiscard]] Identity read_identity(const LogPaths& paths);
/// Throws CannotOpen unless the directory is the one it was made as.
void check_home(const LogPaths& paths, const Identity& identity);
/// Holds the directory until it is destroyed, also against another log of this process. Throws CannotOpen when it is
/// taken.
[[nodiscard]] File lock_directory(const LogPaths& paths);

}  // namespace dealog::eventstore
