#include "bench/measure.hpp"

#include <algorithm>
#include <cmath>

namespace dealog::bench {

double Samples::percentile(double percent) {
    if (all_.empty()) return 0;
    if (!sorted_) std::sort(all_.begin(), all_.end());
    sorted_ = true;
    const auto rank = static_cast<std::size_t>(std::ceil(percent / 100 * static_cast<double>(all_.size())));
    return all_[std::clamp<std::size_t>(rank, 1, all_.size()) - 1];
}

void Report::set(std::string_view name, Samples& samples) {
    for (const int percent : {50, 95, 99}) set(fmt::format("{}P{}", name, percent), samples.percentile(percent));
}

}  // namespace dealog::bench
