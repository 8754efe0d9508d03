#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dealog::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Handles stay valid as long as the Registry. All operations are thread-safe and do not block.
class Counter {
public:
    virtual ~Counter() = default;
    virtual void add(double n = 1) = 0;
};
class Gauge {
public:
    virtual ~Gauge() = default;
    virtual void set(double value) = 0;
};
class Histogram {
public:
    virtual ~Histogram() = default;
    virtual void observe(double value) = 0;
};

/// Prometheus metrics of one process. Names `dealog_…`, base units (seconds, bytes), no label with unbounded values.
class Registry {
public:
    Registry();
    ~Registry();
    Registry(const Registry&) = delete;
    Registry& operator=(const Registry&) = delete;

    Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
    Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
    Histogram& histogram(const std::string& name, const std::string& help, const Labels& labels = {});
    /// The text exposition format 0.0.4.
    [[nodiscard]] std::string expose() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace dealog::metrics
