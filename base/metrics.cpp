#include "base/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <map>
#include <mutex>

namespace dealog::metrics {

namespace {

/// Seconds, from a cached read to a request that is about to time out.
const prometheus::Histogram::BucketBoundaries second_buckets{50e-6,  100e-6, 250e-6, 500e-6, 1e-3,   2.5e-3,
                                                             5e-3,   10e-3,  25e-3,  50e-3,  100e-3, 250e-3,
                                                             500e-3, 1.0,    2.5,    5.0,    10.0};

class CountingCounter final : public Counter {
public:
    explicit CountingCounter(prometheus::Counter& counter) : counter_(counter) {}
    void add(double n) override { counter_.Increment(n); }

private:
    prometheus::Counter& counter_;
};

class SettableGauge final : public Gauge {
public:
    explicit SettableGauge(prometheus::Gauge& gauge) : gauge_(gauge) {}
    void set(double value) override { gauge_.Set(value); }

private:
    prometheus::Gauge& gauge_;
};

class BucketHistogram final : public Histogram {
public:
    explicit BucketHistogram(prometheus::Histogram& histogram) : histogram_(histogram) {}
    void observe(double value) override { histogram_.Observe(value); }

private:
    prometheus::Histogram& histogram_;
};

using LabelMap = std::map<std::string, std::string>;
using Key = std::pair<std::string, LabelMap>;

/// The handle of (name, labels), made by `make` when it is asked for the first time.
template <class Handle, class Make>
auto& handle_of(std::map<Key, std::unique_ptr<Handle>>& handles, const std::string& name, const Labels& labels,
                Make make) {
    Key key{name, LabelMap{labels.begin(), labels.end()}};
    auto found = handles.find(key);
    if (found == handles.end()) {
        auto handle = std::make_unique<Handle>(make(key.second));
        found = handles.emplace(std::move(key), std::move(handle)).first;
    }
    return *found->second;
}

}  // namespace

struct Registry::State {
    std::mutex mutex;
    prometheus::Registry registry;
    std::map<Key, std::unique_ptr<CountingCounter>> counters;
    std::map<Key, std::unique_ptr<SettableGauge>> gauges;
    std::map<Key, std::unique_ptr<BucketHistogram>> histograms;
};

Registry::Registry() : state_(std::make_unique<State>()) {}
Registry::~Registry() = default;

Counter& Registry::counter(const std::string& name, const std::string& help, const Labels& labels) {
    const std::lock_guard lock{state_->mutex};
    return handle_of(state_->counters, name, labels, [&](const LabelMap& map) -> prometheus::Counter& {
        return prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry).Add(map);
    });
}

Gauge& Registry::gauge(const std::string& name, const std::string& help, const Labels& labels) {
    const std::lock_guard lock{state_->mutex};
    return handle_of(state_->gauges, name, labels, [&](const LabelMap& map) -> prometheus::Gauge& {
        return prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry).Add(map);
    });
}

Histogram& Registry::histogram(const std::string& name, const std::string& help, const Labels& labels) {
    const std::lock_guard lock{state_->mutex};
    return handle_of(state_->histograms, name, labels, [&](const LabelMap& map) -> prometheus::Histogram& {
        return prometheus::BuildHistogram().Name(name).Help(help).Register(state_->registry).Add(map, second_buckets);
    });
}

std::string Registry::expose() const { return prometheus::TextSerializer{}.Serialize(state_->registry.Collect()); }

}  // namespace dealog::metrics
