#include "eventstore/vault_master_key.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "eventstore/event_log.hpp"
#include "eventstore/open_vault.hpp"

namespace dealog::eventstore {

namespace {

constexpr std::size_t hex_digits = Key::size * 2;
constexpr mode_t widest_mode = 0600;

class File {
public:
    File(const std::filesystem::path& path, int flags, mode_t mode = 0)
        : descriptor_(::open(path.c_str(), flags | O_CLOEXEC, mode)) {}
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] bool is_open() const { return descriptor_ >= 0; }
    [[nodiscard]] int descriptor() const { return descriptor_; }

private:
    int descriptor_;
};

[[noreturn]] void broken(const std::filesystem::path& path, std::string_view what) {
    const int error = errno;
    throw StoreBroken{fmt::format("{}: {}: {}", path.string(), what, std::strerror(error))};
}

/// Hex digits of a key, wiped when they go.
struct HexText {
    std::array<char, hex_digits + 1> digits{};
    ~HexText() { sodium_memzero(digits.data(), digits.size()); }
};

void write_all(const File& file, const std::filesystem::path& path, std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(file.descriptor(), text.data(), text.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) broken(path, "cannot be written");
        text.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace

Key read_master_key(const std::filesystem::path& path) {
    const File file{path, O_RDONLY};
    if (!file.is_open()) {
        const int error = errno;
        throw CannotOpenVault{fmt::format("the master key {} cannot be read: {}", path.string(), std::strerror(error))};
    }
    struct stat status{};
    if (::fstat(file.descriptor(), &status) != 0 || !S_ISREG(status.st_mode)) {
        throw CannotOpenVault{fmt::format("the master key {} is not a file", path.string())};
    }
    if (const mode_t mode = status.st_mode & 07777; (mode & ~widest_mode) != 0) {
        throw CannotOpenVault{
            fmt::format("the master key {} has mode {:04o}: others may read it; run chmod 400", path.string(), mode)};
    }
    HexText text;
    std::size_t size = 0;
    while (size < text.digits.size()) {
        const ssize_t got = ::read(file.descriptor(), text.digits.data() + size, text.digits.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) broken(path, "cannot be read");
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    Key key;
    std::size_t decoded = 0;
    const bool ends = size == hex_digits || (size == hex_digits + 1 && text.digits[hex_digits] == '\n');
    if (!ends ||
        sodium_hex2bin(key.data(), Key::size, text.digits.data(), hex_digits, nullptr, &decoded, nullptr) != 0 ||
        decoded != Key::size) {
        throw CannotOpenVault{fmt::format("the master key {} is not 64 hex digits", path.string())};
    }
    return key;
}

void create_master_key(const std::filesystem::path& path, const Key& key) {
    std::filesystem::path unfinished = path;
    unfinished += ".unfinished";
    ::unlink(unfinished.c_str());
    {
        const File file{unfinished, O_WRONLY | O_CREAT | O_EXCL, 0400};
        if (!file.is_open()) broken(unfinished, "cannot be made");
        HexText text;
        sodium_bin2hex(text.digits.data(), text.digits.size(), key.data(), Key::size);
        write_all(file, unfinished, {text.digits.data(), hex_digits});
        write_all(file, unfinished, "\n");
        if (::fsync(file.descriptor()) != 0) broken(unfinished, "cannot be synced");
    }
    // A link, not a rename: a key that is there already is never replaced.
    const bool linked = ::link(unfinished.c_str(), path.c_str()) == 0;
    const int error = errno;
    ::unlink(unfinished.c_str());
    errno = error;
    if (!linked) broken(path, "cannot be made");
    sync_directory_of(path);
}

void sync_directory_of(const std::filesystem::path& file) {
    const File directory{file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."},
                         O_RDONLY | O_DIRECTORY};
    if (!directory.is_open() || ::fsync(directory.descriptor()) != 0) broken(file, "its directory cannot be synced");
}

std::filesystem::path next_master_key(const std::filesystem::path& file) {
    std::filesystem::path next = file;
    next += ".next";
    return next;
}

void adopt_next_master_key(const std::filesystem::path& file) {
    if (::rename(next_master_key(file).c_str(), file.c_str()) != 0)
        broken(file, "cannot be replaced by the next master key");
    sync_directory_of(file);
}

}  // namespace dealog::eventstore
