#include "eventstore/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "eventstore/event_log.hpp"

namespace dealog::eventstore {
namespace {

[[noreturn]] void broken(const std::string& doing, const std::filesystem::path& path) {
    throw StoreBroken{doing + " " + path.string() + ": " + std::error_code{errno, std::system_category()}.message()};
}

}  // namespace

File::~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

File& File::operator=(File&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

File open_file(const std::filesystem::path& path, int flags, int mode) {
    File file{::open(path.c_str(), flags | O_CLOEXEC, mode)};
    if (!file) broken("open", path);
    return file;
}

std::optional<std::string> read_file(const std::filesystem::path& path) {
    const File file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file && errno == ENOENT) return std::nullopt;
    if (!file) broken("open", path);
    std::string bytes;
    char buffer[16384];
    for (;;) {
        const ssize_t got = ::read(file.get(), buffer, sizeof buffer);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) broken("read", path);
        if (got == 0) return bytes;
        bytes.append(buffer, static_cast<std::size_t>(got));
    }
}

void write_at(const File& file, std::string_view bytes, std::size_t offset) {
    while (!bytes.empty()) {
        const ssize_t done = ::pwrite(file.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) broken("write", "a file of the log");
        bytes.remove_prefix(static_cast<std::size_t>(done));
        offset += static_cast<std::size_t>(done);
    }
}

void replace_file(const std::filesystem::path& path, std::string_view bytes, int mode) {
    const std::filesystem::path beside = path.string() + ".new";
    std::filesystem::remove(beside);  // what was cut short may have another mode
    {
        const File file = open_file(beside, O_WRONLY | O_CREAT | O_EXCL, mode);
        write_at(file, bytes, 0);
        if (::fsync(file.get()) != 0) broken("sync", beside);
    }
    if (::rename(beside.c_str(), path.c_str()) != 0) broken("rename", beside);
    sync_directory(path.parent_path());
}

void sync_directory(const std::filesystem::path& directory) {
    const File file = open_file(directory, O_RDONLY | O_DIRECTORY);
    if (::fsync(file.get()) != 0) broken("sync", directory);
}

}  // namespace dealog::eventstore
