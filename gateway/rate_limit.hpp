#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.hpp"

namespace dealog::gateway {

/// One token bucket per key. Use from one thread.
class RateLimit {
public:
    /// `rate` tokens a second, at most `burst` saved up. A rate of 0 limits nobody.
    RateLimit(double rate, double burst) : rate_(rate), burst_(burst) {}

    /// Whether this request may pass.
    [[nodiscard]] bool take(std::string_view key, Instant now);

private:
    struct Bucket {
        double tokens = 0;
        Instant since{};
    };
    void forget_full(Instant now);
    [[nodiscard]] double filled(const Bucket& bucket, Instant now) const;

    static constexpr std::size_t buckets_max = 10'000;  // more keys at once: the full ones are forgotten
    double rate_;
    double burst_;
    std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace dealog::gateway
