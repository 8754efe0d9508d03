#include "base/money.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "base/assert.hpp"

namespace dealog {

namespace {

constexpr __int128 unit_nanos = 1'000'000'000;

/// `value` / 1e9, ties to the even neighbour.
__int128 divide_half_even(__int128 value) {
    const bool negative = value < 0;
    const __int128 magnitude = negative ? -value : value;
    __int128 quotient = magnitude / unit_nanos;
    const __int128 twice_rest = magnitude % unit_nanos * 2;
    if (twice_rest > unit_nanos || (twice_rest == unit_nanos && quotient % 2 == 1)) ++quotient;
    return negative ? -quotient : quotient;
}

}  // namespace

void MoneySums::add(const v1::Money& money, int sign) {
    if (!is_set(money)) return;
    const __int128 nanos = static_cast<__int128>(money.units()) * unit_nanos + money.nanos();
    sums_[money.currency_code()] += nanos * sign;
}

void MoneySums::add(const MoneySums& other) {
    for (const auto& [currency, nanos] : other.sums_) sums_[currency] += nanos;
}

MoneySums MoneySums::weighted(double probability) const {
    DEALOG_ASSERT(probability >= 0 && probability <= 1, "a probability is between 0 and 1");
    // 0.3 means three tenths, not the nearest binary fraction: nine decimals are kept.
    const __int128 billionths = std::llround(probability * 1e9);
    MoneySums out;
    for (const auto& [currency, nanos] : sums_) {
        out.sums_[currency] = nanos / unit_nanos * billionths + divide_half_even(nanos % unit_nanos * billionths);
    }
    return out;
}

void MoneySums::write_one(const std::string& currency, __int128 nanos, v1::Money& out) {
    // A sum that no Money can hold is written as the largest one: a figure must not stop its projection.
    constexpr __int128 bound =
        static_cast<__int128>(std::numeric_limits<std::int64_t>::max()) * unit_nanos + (unit_nanos - 1);
    const __int128 kept = std::clamp(nanos, -bound, bound);
    out.set_currency_code(currency);
    out.set_units(static_cast<std::int64_t>(kept / unit_nanos));
    out.set_nanos(static_cast<std::int32_t>(kept % unit_nanos));
}

bool is_set(const v1::Money& money) {
    return !money.currency_code().empty() || money.units() != 0 || money.nanos() != 0;
}

}  // namespace dealog
