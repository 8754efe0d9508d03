#include "base/log.hpp"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "base/time.hpp"
#include "tests/base/chance.hpp"

namespace dealog::test {

namespace {

/// What `act` writes to standard error, line by line.
std::vector<std::string> lines_of(const std::function<void()>& act) {
    std::FILE* file = std::tmpfile();
    REQUIRE(file != nullptr);
    const int kept = ::dup(STDERR_FILENO);
    ::dup2(::fileno(file), STDERR_FILENO);
    act();
    ::dup2(kept, STDERR_FILENO);
    ::close(kept);
    std::rewind(file);
    std::vector<std::string> lines(1);
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) {
        if (c == '\n') {
            lines.emplace_back();
        } else {
            lines.back() += static_cast<char>(c);
        }
    }
    std::fclose(file);
    REQUIRE(lines.back().empty());  // whole lines only
    lines.pop_back();
    return lines;
}

}  // namespace

TEST_CASE("log: a line is one JSON object with time, level, event and fields", "[log]") {
    const auto lines = lines_of([] { log::warn("disk_full", {{"path", "/data"}, {"note", "a\"b\\c\nd\te\x01\x7f"}}); });
    REQUIRE(lines.size() == 1);
    const auto line = nlohmann::json::parse(lines.front());
    CHECK(line["level"] == "warn");
    CHECK(line["event"] == "disk_full");
    CHECK(line["path"] == "/data");
    CHECK(line["note"] == "a\"b\\c\nd\te\x01\x7f");
    CHECK(parse_rfc3339(line["time"].get<std::string>()));
}

TEST_CASE("log: whatever bytes come in, one valid line comes out", "[log]") {
    Chance chance{8};
    std::vector<std::string> values;
    for (int i = 0; i < 2'000; ++i) {
        std::string value;
        for (auto size = chance.number(0, 20); size > 0; --size)
            value += chance.one_in(3) ? chance.one_of("\"\\\n{}ab") : chance.byte();
        values.push_back(value);
    }
    values.insert(values.end(), {"\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xed\xa0\x80", "\xc0\xaf",
                                 "\xf4\x90\x80\x80", "\xe2\x82"});
    const auto lines = lines_of([&] {
        for (const auto& value : values) log::error("event", {{"value", value}});
    });
    REQUIRE(lines.size() == values.size());
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto line = nlohmann::json::parse(lines[i], nullptr, false);
        if (line.is_discarded()) FAIL(lines[i]);
    }
    const auto valid = [&](std::size_t from_end) {
        return nlohmann::json::parse(lines[lines.size() - from_end])["value"].get<std::string>();
    };
    CHECK(valid(7) == "\xc3\xa9");
    CHECK(valid(6) == "\xe2\x82\xac");
    CHECK(valid(5) == "\xf0\x9f\x98\x80");
    CHECK(valid(4) == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    CHECK(valid(3) == "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("log: the level decides what is written", "[log]") {
    CHECK(log::set_level("error"));
    const auto errors_only = lines_of([] {
        log::warn("no");
        log::error("yes");
    });
    CHECK(errors_only.size() == 1);
    CHECK(log::set_level("debug"));
    CHECK(lines_of([] { log::debug("yes"); }).size() == 1);
    CHECK_FALSE(log::set_level("verbose"));
    CHECK(lines_of([] { log::debug("yes"); }).size() == 1);
    log::set_level(log::Level::info);
    CHECK(lines_of([] { log::debug("no"); }).empty());
}

TEST_CASE("log: lines of many threads do not mix", "[log]") {
    const auto lines = lines_of([] {
        std::vector<std::thread> threads;
        for (int t = 0; t < 4; ++t) {
            threads.emplace_back([] {
                for (int i = 0; i < 200; ++i) log::info("event", {{"text", std::string(300, 'x')}});
            });
        }
        for (auto& thread : threads) thread.join();
    });
    REQUIRE(lines.size() == 800);
    for (const auto& line : lines) REQUIRE(nlohmann::json::accept(line));
}

}  // namespace dealog::test
