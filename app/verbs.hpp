#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "app/settings.hpp"

namespace dealog::app {

/// Exit codes of every verb.
inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;  // refused or failed
inline constexpr int exit_usage = 2;

/// Where a verb that talks to a running server finds it.
struct Remote {
    std::string url = "http://127.0.0.1:8080";
    std::string key;  // empty: DEALOG_KEY, else <data>/admin.key
    std::filesystem::path data = "data";
};

struct ImportOptions {
    std::filesystem::path file;
    std::filesystem::path mapping;  // of a CSV
    std::size_t batch = 200;
    bool dry_run = false;
    bool keep_going = false;
};

struct EventsOptions {
    enum class What { tail, get, export_all };
    What what = What::tail;
    std::uint64_t after = 0;
    std::uint64_t position = 0;
    std::uint64_t count = 0;  // 0: no end
    std::string query;        // further parameters of /v1/events, e.g. category=deal
};

struct ApiKeysOptions {
    enum class What { list, issue, revoke };
    What what = What::list;
    std::string seller, service, id, expires_at;
    std::vector<std::string> roles, scopes;
    bool whole_workspace = false;
};

struct DemoOptions {
    std::uint32_t sellers = 6;
    std::uint32_t deals = 200;
    std::uint32_t days = 90;
    std::uint64_t seed = 1;
};

int serve(const Settings& settings);
int import_file(const Remote& remote, const ImportOptions& options);
int events(const Remote& remote, const EventsOptions& options);
int api_keys(const Remote& remote, const ApiKeysOptions& options);
int health(const Remote& remote);
/// The next five open the data directory themselves: no server may be running on it.
int rebuild(const Settings& settings, const std::string& projection);
int verify(const Settings& settings);
/// A copied or moved directory goes on as a log of its own, under the next epoch.
int adopt(const Settings& settings);
int fill_demo(const Settings& settings, const DemoOptions& options);
int vault_erase(const Remote& remote, const std::string& subject, const std::string& legal_ground);
int vault_rotate(const Settings& settings);
/// Issues another ADMIN and HEAD key for the whole workspace and puts it into <data>/admin.key.
int recover_key(const Settings& settings);
int print_openapi();

/// The whole command line.
int run(int argc, char** argv);

}  // namespace dealog::app
