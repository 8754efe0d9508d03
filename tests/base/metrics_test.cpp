#include "base/metrics.hpp"

#include <catch2/catch.hpp>
#include <thread>

namespace dealog::test {

namespace {

bool has_line(const std::string& text, const std::string& line) {
    return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("metrics: what was counted is exposed with its help, type and labels", "[metrics]") {
    metrics::Registry registry;
    registry.counter("dealog_appends_total", "Appends.", {{"outcome", "written"}}).add(3);
    registry.counter("dealog_appends_total", "Appends.", {{"outcome", "refused"}}).add();
    registry.gauge("dealog_head_position", "Last position.").set(42);
    registry.histogram("dealog_append_seconds", "Time of an append.").observe(0.0003);
    registry.histogram("dealog_append_seconds", "Time of an append.").observe(20);
    const std::string text = registry.expose();
    INFO(text);
    CHECK(has_line(text, "# HELP dealog_appends_total Appends."));
    CHECK(has_line(text, "# TYPE dealog_appends_total counter"));
    CHECK(has_line(text, "dealog_appends_total{outcome=\"written\"} 3"));
    CHECK(has_line(text, "dealog_appends_total{outcome=\"refused\"} 1"));
    CHECK(has_line(text, "dealog_head_position 42"));
    CHECK(has_line(text, "dealog_append_seconds_count 2"));
    CHECK(has_line(text, "dealog_append_seconds_bucket{le=\"0.00025\"} 0"));
    CHECK(has_line(text, "dealog_append_seconds_bucket{le=\"0.0005\"} 1"));
    CHECK(has_line(text, "dealog_append_seconds_bucket{le=\"10\"} 1"));
    CHECK(has_line(text, "dealog_append_seconds_bucket{le=\"+Inf\"} 2"));
}

TEST_CASE("metrics: the same name and labels, in any order, are the same metric", "[metrics]") {
    metrics::Registry registry;
    auto& one = registry.counter("dealog_x_total", "X.", {{"a", "1"}, {"b", "2"}});
    auto& same = registry.counter("dealog_x_total", "X.", {{"b", "2"}, {"a", "1"}});
    CHECK(&one == &same);
    CHECK(&one != &registry.counter("dealog_x_total", "X.", {{"a", "1"}, {"b", "3"}}));
}

TEST_CASE("metrics: a name cannot be two kinds of metric", "[metrics]") {
    metrics::Registry registry;
    registry.counter("dealog_x_total", "X.");
    CHECK_THROWS_AS(registry.gauge("dealog_x_total", "X."), std::invalid_argument);
}

TEST_CASE("metrics: threads lose no count", "[metrics]") {
    metrics::Registry registry;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&registry] {
            for (int i = 0; i < 1'000; ++i)
                registry.counter("dealog_x_total", "X.", {{"part", i % 2 == 0 ? "even" : "odd"}}).add();
        });
    }
    for (auto& thread : threads) thread.join();
    CHECK(has_line(registry.expose(), "dealog_x_total{part=\"even\"} 2000"));
}

}  // namespace dealog::test
