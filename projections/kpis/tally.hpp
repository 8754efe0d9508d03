#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/money.hpp"
#include "projections/kpis/kpis.pb.h"
#include "projections/kpis/rows.pb.h"

namespace dealog::kpis {

/// One row of figures while it is being counted. Everything is exact until `write`.
class Tally {
public:
    explicit Tally(std::int64_t period_begin) : period_begin_(period_begin) {}

    void add(std::uint64_t position, const rows::v1::Fact& fact);
    void add_open(int change) { open_deals_ += change; }
    void add(const Tally& other);
    void write(v1::SellerRow& out) const;

private:
    struct Closing {
        std::uint64_t position;
        bool won;
        dealog::v1::Money value;
        std::int64_t cycle;
    };
    void add_action(const rows::v1::Fact& fact, int sign);
    void write_closings(v1::SellerRow& out) const;
    void write_actions(v1::SellerRow& out, std::uint64_t won) const;

    std::int64_t period_begin_;
    std::int64_t open_deals_ = 0;
    std::uint64_t deals_opened_ = 0;
    std::vector<Closing> closings_;
    std::map<std::string, std::int64_t> actions_;
    std::int64_t calls_made_ = 0;
    std::int64_t calls_reached_ = 0;
    std::vector<std::int64_t> talks_;
    std::uint64_t tasks_completed_ = 0;
    std::uint64_t tasks_on_time_ = 0;
    std::uint64_t reschedules_ = 0;
};

}  // namespace dealog::kpis
