#pragma once

#include <compare>
#include <map>
#include <string>

#include "base/types.pb.h"

namespace dealog {

/// Exact sums of money, one per currency, in nano-units (1e-9). Bounds: |units| < 2^63; sums are 128 bit.
class MoneySums {
public:
    void add(const v1::Money& money, int sign = 1);
    [[nodiscard]] bool empty() const { return sums_.empty(); }
    /// Sorted by currency code; a zero sum is kept when something was added.
    template <class Repeated>
    void write(Repeated* out) const {
        for (const auto& [currency, nanos] : sums_) write_one(currency, nanos, *out->Add());
    }
    /// Every sum times a probability, half-even on the nano-unit.
    [[nodiscard]] MoneySums weighted(double probability) const;
    void add(const MoneySums& other);

private:
    static void write_one(const std::string& currency, __int128 nanos, v1::Money& out);
    std::map<std::string, __int128> sums_;
};

/// Absent or zero in every field counts as no money.
[[nodiscard]] bool is_set(const v1::Money& money);

}  // namespace dealog
