#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace dealog::eventstore {

/// An open file descriptor.
class File {
public:
    File() = default;
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File();
    File(File&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
    File& operator=(File&& other) noexcept;
    [[nodiscard]] int get() const { return descriptor_; }
    explicit operator bool() const { return descriptor_ >= 0; }

private:
    int descriptor_ = -1;
};

/// Throws StoreBroken with the path and the system's reason.
[[nodiscard]] File open_file(const std::filesystem::path& path, int flags, int mode = 0640);
/// Absent when there is no such file.
[[nodiscard]] std::optional<std::string> read_file(const std::filesystem::path& path);
/// Complete and synced, or absent: written beside, synced, renamed, the directory synced.
void replace_file(const std::filesystem::path& path, std::string_view bytes, int mode = 0640);
void write_at(const File& file, std::string_view bytes, std::size_t offset);
void sync_directory(const std::filesystem::path& directory);

}  // namespace dealog::eventstore
