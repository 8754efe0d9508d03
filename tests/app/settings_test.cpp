#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include <unistd.h>
#include <cstdlib>

#include "app/settings.hpp"

using namespace dealog::app;

namespace {

std::filesystem::path file_with(const std::string& text) {
    char name[] = "/tmp/dealog-settings-XXXXXX";
    const int file = ::mkstemp(name);
    REQUIRE(file >= 0);
    ::close(file);
    std::ofstream(name) << text;
    return name;
}

}  // namespace

TEST_CASE("settings: flags win over the environment, the environment over the file, the file over defaults") {
    const auto file = file_with("listen = \"127.0.0.1:1\"\nlog_level = \"warn\"\nquery_threads = 3\n");
    const auto loaded = load_settings({.config_file = file,
                                       .environment = {{"DEALOG_LISTEN", "127.0.0.1:2"}, {"DEALOG_LOG_LEVEL", "error"}},
                                       .flags = {{"listen", "[::1]:3"}}});
    REQUIRE(loaded);
    CHECK(loaded->listen_port == 3);
    CHECK(loaded->listen_host == "[::1]");
    CHECK(loaded->log_level == "error");
    CHECK(loaded->query_threads == 3);
    CHECK(loaded->connections_max == 12'000);
    std::filesystem::remove(file);
}

TEST_CASE("settings: every problem is listed at once, with its place") {
    const auto file = file_with("listen = 5\nspeed = 1\nstrict_watermark = \"maybe\"\n");
    const auto loaded = load_settings({.config_file = file,
                                       .environment = {{"DEALOG_QUERY_THREADS", "0"}, {"DEALOG_LISTNE", "x"}},
                                       .flags = {{"log_level", "loud"}}});
    REQUIRE_FALSE(loaded);
    std::string all;
    for (const auto& problem : loaded.error()) all += problem + "\n";
    INFO(all);
    CHECK(loaded.error().size() == 6);
    CHECK(all.find(file.string() + ":1: listen") != std::string::npos);
    CHECK(all.find(":2: speed: there is no such setting") != std::string::npos);
    CHECK(all.find("DEALOG_QUERY_THREADS") != std::string::npos);
    CHECK(all.find("DEALOG_LISTNE: there is no such setting") != std::string::npos);
    CHECK(all.find("--log-level: 'loud'") != std::string::npos);
    std::filesystem::remove(file);
}

TEST_CASE("settings: a file that is not TOML is refused with its line") {
    const auto file = file_with("listen = \"a:1\"\n= 3\n");
    const auto loaded = load_settings({.config_file = file, .environment = {}, .flags = {}});
    REQUIRE_FALSE(loaded);
    CHECK(loaded.error().front().find(":2: ") != std::string::npos);
    std::filesystem::remove(file);
}
