#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace dealog::bench {

class Stopwatch {
public:
    [[nodiscard]] double microseconds() const {
        return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin_).count();
    }
    [[nodiscard]] double seconds() const { return microseconds() / 1e6; }

private:
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// Durations in microseconds.
class Samples {
public:
    void add(double microseconds) { all_.push_back(microseconds); }
    void add_all(const Samples& others) { all_.insert(all_.end(), others.all_.begin(), others.all_.end()); }
    [[nodiscard]] std::size_t count() const { return all_.size(); }
    /// The nearest rank; 0 when nothing was measured. Sorts.
    [[nodiscard]] double percentile(double percent);

private:
    std::vector<double> all_;
    bool sorted_ = false;
};

/// The one line of JSON that a subcommand answers with.
class Report {
public:
    void set(std::string_view name, double value) { fields_.push_back(fmt::format("\"{}\": {:.3f}", name, value)); }
    void set(std::string_view name, std::uint64_t value) { fields_.push_back(fmt::format("\"{}\": {}", name, value)); }
    /// `<name>P50`, `<name>P95`, `<name>P99`.
    void set(std::string_view name, Samples& samples);
    void print() const { fmt::print("{{{}}}\n", fmt::join(fields_, ", ")); }

private:
    std::vector<std::string> fields_;
};

/// Appends of `bytes` to a file, each followed by fdatasync: what the disk allows one writer.
void raw_sync(const std::filesystem::path& directory, std::size_t bytes, double seconds);

/// Appends to a log without rules and HTTP, each of one event as a command makes it, `writers` of them under way.
void append_alone(const std::filesystem::path& directory, std::size_t writers, double seconds);

/// Folds deals of exactly `events` events that were not kept, against a reading of the same streams without folding.
void load_deals(const std::filesystem::path& data, std::size_t events, std::size_t rounds);

/// Reads the whole log without looking into it.
void scan_log(const std::filesystem::path& data);

/// Board and day list as of random positions against the same query now.
void ask_the_past(const std::filesystem::path& data, std::size_t questions, std::uint64_t seed);

/// Bytes of every column family.
void weigh(const std::filesystem::path& data);

}  // namespace dealog::bench
