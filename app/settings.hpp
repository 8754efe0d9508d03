#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace dealog::app {

/// Everything that can be configured. Order of precedence: defaults, TOML file, environment (`DEALOG_…`), flags.
struct Settings {
    std::filesystem::path data = "data";
    std::string listen_host = "127.0.0.1";
    std::uint16_t listen_port = 8080;
    std::filesystem::path master_key;  // empty: <data>/master.key
    std::string log_level = "info";
    bool strict_watermark = false;      // write the watermark before each acknowledgement
    std::uint32_t rate_per_second = 0;  // of each key; 0 = no limit
    std::uint32_t rate_burst = 0;       // 0 = ten seconds' worth
    std::uint32_t connections_max = 12'000;
    std::uint32_t body_bytes_max = 1u << 20;
    std::uint32_t batch_body_bytes_max = 4u << 20;
    std::uint32_t query_threads = 2;
};

/// One setting as the documentation, `--help` and the loader know it.
struct SettingInfo {
    const char* key;      // in TOML; in the environment DEALOG_ and upper case; as a flag with dashes
    const char* meaning;  // with unit and bounds
};
[[nodiscard]] const std::vector<SettingInfo>& setting_catalogue();

struct Overrides {
    std::optional<std::filesystem::path> config_file;
    std::map<std::string, std::string> environment;  // full names, e.g. DEALOG_LISTEN
    std::map<std::string, std::string> flags;        // keys as in SettingInfo
};

/// Every problem at once, each naming where it came from and what would be accepted.
using Problems = std::vector<std::string>;

[[nodiscard]] Result<Settings, Problems> load_settings(const Overrides& overrides);
/// The DEALOG_… part of the process's environment.
[[nodiscard]] std::map<std::string, std::string> environment();

}  // namespace dealog::app
