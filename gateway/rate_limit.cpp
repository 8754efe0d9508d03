#include "gateway/rate_limit.hpp"

#include <algorithm>

namespace dealog::gateway {

double RateLimit::filled(const Bucket& bucket, Instant now) const {
    const double seconds = std::chrono::duration<double>(std::max(now - bucket.since, Nanos{0})).count();
    return std::min(burst_, bucket.tokens + seconds * rate_);
}

bool RateLimit::take(std::string_view key, Instant now) {
    if (rate_ <= 0) return true;
    if (buckets_.size() >= buckets_max) forget_full(now);
    auto& bucket = buckets_.try_emplace(std::string(key), Bucket{.tokens = burst_, .since = now}).first->second;
    bucket.tokens = filled(bucket, now);
    bucket.since = now;
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
}

void RateLimit::forget_full(Instant now) {
    std::erase_if(buckets_, [&](const auto& entry) { return filled(entry.second, now) >= burst_; });
}

}  // namespace dealog::gateway
