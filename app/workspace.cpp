#include "app/workspace.hpp"

#include <utility>

#include "app/projections.hpp"
#include "commands/erasures.hpp"
#include "eventstore/files.hpp"
#include "eventstore/open_vault.hpp"

namespace dealog::app {

namespace fs = std::filesystem;

namespace {

/// A new workspace's directory with an empty log in it, unless there is one already.
void make_log(const fs::path& directory, const Clock& clock) {
    if (!eventstore::may_create_log(directory)) return;
    RandomIds ids;
    eventstore::create_log(directory, to_text(ids.next(clock.now())));
}

}  // namespace

Workspace::Workspace(const Settings& settings, Found found, const Clock& clock, metrics::Registry& metrics)
    : directory_(settings.data), clock_(clock) {
    if (found == Found::if_empty) make_log(directory_, clock);
    auto checked = eventstore::check_log({.directory = directory_,
                                          .marking = settings.strict_watermark ? eventstore::Marking::before_each_answer
                                                                               : eventstore::Marking::every_50_ms});
    const bool new_keys = found == Found::if_empty && checked.empty();
    vault_ = eventstore::open_vault({.directory = directory_,
                                     .master_key_file = settings.master_key,
                                     .founding = new_keys ? eventstore::VaultSettings::Founding::if_missing
                                                          : eventstore::VaultSettings::Founding::refused});
    log_ = eventstore::open_log(std::move(checked), *vault_, clock, metrics);
    commands::finish_erasures(*log_, *vault_);
    auto projections = all_projections();
    for (const auto& projection : projections) projections_.push_back(projection.get());
    engine_ = std::make_unique<projections::Engine>(
        projections::EngineSettings{.directory = directory_ / "projections"}, *log_, std::move(projections));
}

commands::Dispatcher::Lent Workspace::lend(std::function<void(std::function<void()>)> post) {
    return {.log = *log_, .vault = *vault_, .clock = clock_, .ids = ids_, .post = std::move(post)};
}

std::optional<std::string> Workspace::found() {
    auto secret = commands::found_workspace(lend([](std::function<void()>) {}));
    if (secret) write_admin_key(directory_, *secret);
    return secret;
}

bool Workspace::first_key_may_be_lost() const {
    if (fs::exists(admin_key_file(directory_))) return false;
    const auto head = log_->head().position;
    const auto newest = log_->record_at(head);
    log::v1::Record record;
    // The workspace was founded by its first append and nobody has said anything since.
    return newest && record.ParseFromString(*newest) && record.append_first() == 1;
}

fs::path admin_key_file(const fs::path& directory) { return directory / "admin.key"; }

void write_admin_key(const fs::path& directory, const std::string& secret) {
    eventstore::replace_file(admin_key_file(directory), secret + "\n", 0600);
}

}  // namespace dealog::app
