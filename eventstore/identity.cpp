#include "eventstore/identity.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <charconv>
#include <map>
#include <sstream>

#include <fmt/format.h>

#include "eventstore/frontier.hpp"
#include "eventstore/open.hpp"

namespace dealog::eventstore {
namespace {

constexpr const char* restore = "restore it from a backup";

std::string body_of(const Identity& identity) {
    return fmt::format("format {}\nworkspace {}\nepoch {}\nmachine {}\ndevice {}\ninode {}\n", identity.format,
                       identity.workspace, identity.epoch, identity.machine, identity.device, identity.inode);
}

std::string hex(const Hash& hash) {
    std::string text;
    for (const std::uint8_t byte : hash) text += fmt::format("{:02x}", byte);
    return text;
}

std::uint64_t number(const std::map<std::string, std::string>& lines, const std::string& name) {
    const auto found = lines.find(name);
    std::uint64_t n = 0;
    if (found == lines.end()) throw CannotOpen{"the identity file lacks " + name, restore};
    const char* end = found->second.data() + found->second.size();
    const auto [stop, error] = std::from_chars(found->second.data(), end, n);
    if (error != std::errc{} || stop != end) throw CannotOpen{"the identity file has no number for " + name, restore};
    return n;
}

std::string machine_id() {
    std::string id = read_file("/etc/machine-id").value_or("");
    id.erase(id.find_last_not_of(" \n") + 1);
    return id;
}

}  // namespace

Identity identity_of(const std::filesystem::path& directory, const std::string& workspace, std::uint32_t epoch) {
    struct stat s{};
    if (::stat(directory.c_str(), &s) != 0) throw StoreBroken{"cannot look at " + directory.string()};
    return {.format = format_version,
            .workspace = workspace,
            .epoch = epoch,
            .machine = machine_id(),
            .device = s.st_dev,
            .inode = s.st_ino};
}

void write_identity(const LogPaths& paths, const Identity& identity) {
    const std::string body = body_of(identity);
    replace_file(paths.identity(), body + "sha256 " + hex(sha256(body)) + "\n");
}

Identity read_identity(const LogPaths& paths) {
    const auto text = read_file(paths.identity());
    if (!text)
        throw CannotOpen{"no log is in " + paths.directory.string(),
                         "check the path; a new log is made in an empty directory only"};
    std::map<std::string, std::string> lines;
    std::istringstream in{*text};
    for (std::string line; std::getline(in, line);) {
        const auto space = line.find(' ');
        if (space != std::string::npos) lines[line.substr(0, space)] = line.substr(space + 1);
    }
    // The format comes first: another one may say the rest in another way.
    const std::uint64_t format = number(lines, "format");
    if (format != format_version) {
        throw CannotOpen{fmt::format("the log has format {}, this program knows format {}", format, format_version),
                         "open it with the program that wrote it"};
    }
    Identity identity{.format = format_version,
                      .workspace = lines["workspace"],
                      .epoch = static_cast<std::uint32_t>(number(lines, "epoch")),
                      .machine = lines["machine"],
                      .device = number(lines, "device"),
                      .inode = number(lines, "inode")};
    const std::string body = body_of(identity);
    if (*text != body + "sha256 " + hex(sha256(body)) + "\n") throw CannotOpen{"the identity file is damaged", restore};
    return identity;
}

void check_home(const LogPaths& paths, const Identity& identity) {
    const Identity here = identity_of(paths.directory, identity.workspace, identity.epoch);
    if (here.machine == identity.machine && here.device == identity.device && here.inode == identity.inode) return;
    throw CannotOpen{
        "this directory is a copy, or was moved to another disk or machine: two logs must not go on as one",
        "make sure that the original is never opened again, then run `dealog adopt --new-epoch`"};
}

File lock_directory(const LogPaths& paths) {
    File file{::open(paths.lock().c_str(), O_RDWR | O_CLOEXEC)};
    if (!file)
        throw CannotOpen{"no lock file is in " + paths.directory.string(),
                         "check the path, or " + std::string{restore}};
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
        throw CannotOpen{"the log is in use by another process", "stop that process first"};
    }
    return file;
}

}  // namespace dealog::eventstore
