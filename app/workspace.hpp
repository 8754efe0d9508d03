#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/settings.hpp"
#include "base/ids.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"
#include "commands/dispatcher.hpp"
#include "eventstore/open.hpp"
#include "eventstore/vault.hpp"
#include "projections/engine/engine.hpp"

namespace dealog::app {

/// One company's log, keys and projections, open. Members are closed in reverse order: readers before what they read.
class Workspace {
public:
    enum class Found { if_empty, refused };

    /// Opens the directory, or founds a workspace in an empty one. Throws eventstore::CannotOpen or CannotOpenVault
    /// with the remedy; a refused directory is left as it was.
    Workspace(const Settings& settings, Found found, const Clock& clock, metrics::Registry& metrics);

    [[nodiscard]] commands::Dispatcher::Lent lend(std::function<void(std::function<void()>)> post);
    /// Fills a new workspace with its defaults; the first key is written to `<data>/admin.key` (0600) and answered.
    /// Absent when the workspace has events already.
    [[nodiscard]] std::optional<std::string> found();
    /// True when the process may have died between the founding and the writing of the first key.
    [[nodiscard]] bool first_key_may_be_lost() const;

    [[nodiscard]] eventstore::rocks::RocksLog& log() { return *log_; }
    [[nodiscard]] eventstore::Vault& vault() { return *vault_; }
    [[nodiscard]] projections::Engine& engine() { return *engine_; }
    /// The read models that the engine owns.
    [[nodiscard]] const std::vector<const projections::Projection*>& projections() const { return projections_; }
    [[nodiscard]] const Clock& clock() const { return clock_; }

private:
    std::filesystem::path directory_;
    const Clock& clock_;
    RandomIds ids_;
    std::unique_ptr<eventstore::Vault> vault_;
    std::unique_ptr<eventstore::rocks::RocksLog> log_;
    std::vector<const projections::Projection*> projections_;
    std::unique_ptr<projections::Engine> engine_;
};

/// Where the first key of a workspace is kept.
[[nodiscard]] std::filesystem::path admin_key_file(const std::filesystem::path& directory);

/// Writes the key where `connect` finds it: a file of mode 0600, complete and synced or as it was.
void write_admin_key(const std::filesystem::path& directory, const std::string& secret);

}  // namespace dealog::app
