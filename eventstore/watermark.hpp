#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "eventstore/files.hpp"
#include "eventstore/frontier.hpp"

namespace dealog::eventstore {

/// What was acknowledged at least: a log that ends before it has lost events, which RocksDB cannot notice by itself.
struct Watermark {
    std::string workspace;
    std::uint32_t epoch = 1;
    Frontier frontier;  // its size is the position
};

/// Absent when neither of the two slots is whole.
[[nodiscard]] std::optional<Watermark> read_watermark(const std::filesystem::path& file);

/// Writes the two slots in turn, each write synced by itself; a torn one leaves the other.
class WatermarkWriter {
public:
    /// Takes over the file, or makes it.
    WatermarkWriter(const std::filesystem::path& file, std::string workspace, std::uint32_t epoch);
    /// Throws StoreBroken when it is not on the disk.
    void write(const Frontier& frontier);

private:
    std::string workspace_;
    std::uint32_t epoch_;
    std::uint64_t sequence_ = 0;
    File file_;
};

}  // namespace dealog::eventstore
