#include "app/settings.hpp"

#include <algorithm>
#include <charconv>
#include <functional>
#include <set>

#include <fmt/format.h>
#include <toml++/toml.h>

extern char** environ;

namespace dealog::app {

namespace {

using Apply = std::function<std::optional<std::string>(Settings&, const std::string&)>;

template <class Number>
Apply number(Number Settings::* member, std::uint64_t low, std::uint64_t high) {
    return [=](Settings& settings, const std::string& text) -> std::optional<std::string> {
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high) {
            return fmt::format("'{}' is not a whole number from {} to {}", text, low, high);
        }
        settings.*member = static_cast<Number>(value);
        return std::nullopt;
    };
}

std::optional<std::string> set_listen(Settings& settings, const std::string& text) {
    const auto colon = text.rfind(':');
    std::uint32_t port = 0;
    if (colon == std::string::npos || colon == 0) return fmt::format("'{}' is not <host>:<port>", text);
    const auto* begin = text.data() + colon + 1;
    const auto [end, error] = std::from_chars(begin, text.data() + text.size(), port);
    if (error != std::errc{} || end != text.data() + text.size() || port > 65535) {
        return fmt::format("'{}' has no port from 0 to 65535 after the colon", text);
    }
    settings.listen_host = text.substr(0, colon);
    settings.listen_port = static_cast<std::uint16_t>(port);
    return std::nullopt;
}

std::optional<std::string> set_level(Settings& settings, const std::string& text) {
    static const std::set<std::string> levels{"debug", "info", "warn", "error"};
    if (!levels.contains(text)) return fmt::format("'{}' is none of debug, info, warn, error", text);
    settings.log_level = text;
    return std::nullopt;
}

std::optional<std::string> set_strict(Settings& settings, const std::string& text) {
    if (text != "true" && text != "false") return fmt::format("'{}' is neither true nor false", text);
    settings.strict_watermark = text == "true";
    return std::nullopt;
}

std::optional<std::string> set_data(Settings& settings, const std::string& text) {
    if (text.empty()) return "an empty path is not a directory";
    settings.data = text;
    return std::nullopt;
}

struct Entry {
    SettingInfo info;
    Apply apply;
};

const std::vector<Entry>& entries() {
    static const std::vector<Entry> all{
        {{"data", "data directory (default data)"}, set_data},
        {{"listen", "<host>:<port> to serve on (default 127.0.0.1:8080; port 0: any free one)"}, set_listen},
        {{"master_key", "file of the master key, mode 0400 (default <data>/master.key)"},
         [](Settings& s, const std::string& text) -> std::optional<std::string> {
             s.master_key = text;
             return std::nullopt;
         }},
        {{"log_level", "debug, info, warn or error (default info)"}, set_level},
        {{"strict_watermark",
          "true: note each acknowledged position on disk before the answer (default false: every 50 ms)"},
         set_strict},
        {{"rate_per_second", "requests a second of each key, 0 to 1000000 (default 0: no limit)"},
         number(&Settings::rate_per_second, 0, 1'000'000)},
        {{"rate_burst", "requests a key may save up, 0 to 10000000 (default 0: ten seconds' worth)"},
         number(&Settings::rate_burst, 0, 10'000'000)},
        {{"connections_max", "open connections, 1 to 1000000 (default 12000)"},
         number(&Settings::connections_max, 1, 1'000'000)},
        {{"body_bytes_max", "bytes of a request body, 1024 to 16777216 (default 1048576)"},
         number(&Settings::body_bytes_max, 1024, 16u << 20)},
        {{"batch_body_bytes_max", "bytes of a batch's body, 1024 to 16777216 (default 4194304)"},
         number(&Settings::batch_body_bytes_max, 1024, 16u << 20)},
        {{"query_threads", "threads that answer queries, 1 to 64 (default 2)"},
         number(&Settings::query_threads, 1, 64)},
    };
    return all;
}

const Entry* find(std::string_view key) {
    for (const auto& entry : entries()) {
        if (key == entry.info.key) return &entry;
    }
    return nullptr;
}

std::string dashed(std::string key) {
    std::replace(key.begin(), key.end(), '_', '-');
    return key;
}

std::string environment_name(std::string_view key) {
    std::string name = "DEALOG_";
    for (const char c : key) name += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    return name;
}

std::optional<std::string> as_text(const toml::node& node) {
    if (const auto text = node.value_exact<std::string>()) return text;
    if (const auto integer = node.value_exact<std::int64_t>()) return std::to_string(*integer);
    if (const auto boolean = node.value_exact<bool>()) return *boolean ? "true" : "false";
    return std::nullopt;
}

void apply_file(const std::filesystem::path& path, Settings& settings, Problems& problems) {
    toml::table table;
    try {
        table = toml::parse_file(path.string());
    } catch (const toml::parse_error& error) {
        const auto line = error.source().begin.line;
        problems.push_back(fmt::format("{}:{}: {}", path.string(), line, error.description()));
        return;
    }
    for (const auto& [key, node] : table) {
        const auto where = fmt::format("{}:{}: {}", path.string(), node.source().begin.line, key.str());
        const auto* entry = find(key.str());
        const auto text = as_text(node);
        if (entry == nullptr) {
            problems.push_back(where + ": there is no such setting");
        } else if (!text) {
            problems.push_back(where + ": give a string, a whole number or a boolean");
        } else if (const auto problem = entry->apply(settings, *text)) {
            problems.push_back(where + ": " + *problem);
        }
    }
}

}  // namespace

const std::vector<SettingInfo>& setting_catalogue() {
    static const auto all = [] {
        std::vector<SettingInfo> infos;
        for (const auto& entry : entries()) infos.push_back(entry.info);
        return infos;
    }();
    return all;
}

Result<Settings, Problems> load_settings(const Overrides& overrides) {
    Settings settings;
    Problems problems;
    if (overrides.config_file) apply_file(*overrides.config_file, settings, problems);
    std::set<std::string> known{"DEALOG_CONFIG", "DEALOG_KEY", "DEALOG_URL"};
    for (const auto& entry : entries()) {
        const auto name = environment_name(entry.info.key);
        known.insert(name);
        const auto found = overrides.environment.find(name);
        if (found == overrides.environment.end()) continue;
        if (const auto problem = entry.apply(settings, found->second)) problems.push_back(name + ": " + *problem);
    }
    for (const auto& [name, value] : overrides.environment) {
        if (!known.contains(name) && !name.starts_with("DEALOG_TEST_") && name != "DEALOG_MAVEN_DIR") {
            problems.push_back(name + ": there is no such setting");
        }
    }
    for (const auto& [key, value] : overrides.flags) {
        const auto* entry = find(key);
        if (entry == nullptr) {
            problems.push_back(fmt::format("--{}: there is no such setting", dashed(key)));
        } else if (const auto problem = entry->apply(settings, value)) {
            problems.push_back(fmt::format("--{}: {}", dashed(key), *problem));
        }
    }
    if (!problems.empty()) return refuse(std::move(problems));
    if (settings.master_key.empty()) settings.master_key = settings.data / "master.key";
    if (settings.rate_burst == 0) settings.rate_burst = settings.rate_per_second * 10;
    return settings;
}

std::map<std::string, std::string> environment() {
    std::map<std::string, std::string> found;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view line(*entry);
        const auto equals = line.find('=');
        if (line.starts_with("DEALOG_") && equals != std::string_view::npos) {
            found.emplace(line.substr(0, equals), line.substr(equals + 1));
        }
    }
    return found;
}

}  // namespace dealog::app
