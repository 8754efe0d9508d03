#include "app/workspace.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>

#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "app/projections.hpp"
#include "eventstore/open_vault.hpp"

namespace dealog::app {

namespace fs = std::filesystem;

namespace {

bool is_empty_or_missing(const fs::path& directory) {
    std::error_code error;
    return !fs::exists(directory, error) || (fs::is_directory(directory, error) && fs::is_empty(directory, error));
}

/// A new workspace's directory with an empty log in it.
void make_log(const fs::path& directory, const Clock& clock) {
    RandomIds ids;
    eventstore::create_log(directory, to_text(ids.next(clock.now())));
}

}  // namespace

Workspace::Workspace(const Settings& settings, Found found, const Clock& clock, metrics::Registry& metrics)
    : directory_(settings.data), clock_(clock) {
    const bool fresh = is_empty_or_missing(directory_);
    if (fresh && found == Found::refused) {
        throw eventstore::CannotOpen(fmt::format("{} holds no workspace", directory_.string()), "name another directory with --data");
    }
    if (fresh) make_log(directory_, clock);
    vault_ = eventstore::open_vault({.directory = directory_,
                                     .master_key_file = settings.master_key,
                                     .founding = fresh ? eventstore::VaultSettings::Founding::if_missing
                                                       : eventstore::VaultSettings::Founding::refused});
    log_ = eventstore::open_log({.directory = directory_,
                                 .marking = settings.strict_watermark ? eventstore::Marking::before_each_answer
                                                                      : eventstore::Marking::every_50_ms},
                                *vault_, clock, metrics);
    auto projections = all_projections();
    for (const auto& projection : projections) projections_.push_back(projection.get());
    engine_ = std::make_unique<projections::Engine>(projections::EngineSettings{.directory = directory_ / "projections"}, *log_,
                                                    std::move(projections));
}

commands::Dispatcher::Lent Workspace::lend(std::function<void(std::function<void()>)> post) {
    return {.log = *log_, .vault = *vault_, .clock = clock_, .ids = ids_, .post = std::move(post)};
}

std::optional<std::string> Workspace::found() {
    auto secret = commands::found_workspace(lend([](std::function<void()>) {}));
    if (secret) write_admin_key(directory_, *secret);
    return secret;
}

void write_admin_key(const fs::path& directory, const std::string& secret) {
    const auto path = directory / "admin.key";
    const int file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    const std::string line = secret + "\n";
    const bool written = file >= 0 && ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()) && ::fsync(file) == 0;
    const int error = errno;
    if (file >= 0) ::close(file);
    if (!written) throw std::runtime_error(fmt::format("cannot write {}: {}", path.string(), std::strerror(error)));
}

}  // namespace dealog::app
