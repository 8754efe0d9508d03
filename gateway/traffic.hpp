#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <vector>

#include "base/metrics.hpp"
#include "gateway/routes.hpp"

namespace dealog::gateway {

/// Counters and times of requests, one handle per route and class of status, made at start.
class Traffic {
public:
    Traffic(metrics::Registry& registry, const Routes& routes);
    /// `route` is null for what matched none.
    void count(const Route* route, unsigned status, std::chrono::nanoseconds took);

private:
    struct Handles {
        std::array<metrics::Counter*, 4> by_class{};  // 2xx to 5xx
        metrics::Histogram* seconds = nullptr;
    };
    std::vector<Handles> routes_;  // by Route::number; the last is for none
};

}  // namespace dealog::gateway
