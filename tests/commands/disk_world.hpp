#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "base/metrics.hpp"
#include "eventstore/open.hpp"
#include "eventstore/open_vault.hpp"
#include "tests/commands/world.hpp"

namespace dealog::test {

/// A directory that goes when the test does.
class Directory {
public:
    Directory() {
        auto pattern = (std::filesystem::temp_directory_path() / "dealog-commands-XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error{"no temporary directory"};
        path_ = pattern;
    }
    ~Directory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// A founded workspace on a disk, with the real vault. Opened again on the same directory it is the same.
struct DiskWorld {
    explicit DiskWorld(const Directory& directory)
        : vault(eventstore::open_vault({.directory = directory.path() / "vault", .master_key_file = {}})) {
        const auto home = directory.path() / "log";
        if (!eventstore::holds_log(home)) eventstore::create_log(home, "0190aaaa-0000-7000-8000-000000000002");
        log = eventstore::open_log({.directory = home}, *vault, clock, metrics);
        secret = commands::found_workspace({.log = *log, .vault = *vault, .clock = clock, .ids = ids, .post = {}})
                     .value_or("");
        desk = std::make_unique<Desk>(*log, *vault, clock, ids);
    }
    /// One command with an idempotency key.
    commands::Answer run(std::shared_ptr<google::protobuf::Message> message, const Principal& actor,
                         const std::string& key) {
        commands::Request request{.actor = actor, .idempotency_key = key, .mac = "mac of " + key};
        request.commands.push_back({.message = std::move(message), .idempotency_key = {}});
        return desk->run(std::move(request));
    }

    std::unique_ptr<eventstore::Vault> vault;
    metrics::Registry metrics;
    StillClock clock;
    RandomIds ids;
    std::unique_ptr<eventstore::EventLog> log;
    std::string secret;
    std::unique_ptr<Desk> desk;
};

}  // namespace dealog::test
