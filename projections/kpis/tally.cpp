#include "projections/kpis/tally.hpp"

#include <algorithm>
#include <numeric>

#include "base/time.hpp"
#include "projections/kpis/evidence.hpp"
#include "projections/kpis/fact.hpp"

namespace dealog::kpis {
namespace {

double ratio(std::uint64_t part, std::uint64_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

__int128 sum_of(const std::vector<std::int64_t>& values) {
    return std::accumulate(values.begin(), values.end(), __int128{0});
}

/// Twice the median, so that it stays exact.
__int128 median_doubled(std::vector<std::int64_t> values) {
    std::ranges::sort(values);
    const auto middle = values.size() / 2;
    return values.size() % 2 == 1 ? __int128{2} * values[middle] : __int128{values[middle - 1]} + values[middle];
}

}  // namespace

void Tally::add(std::uint64_t position, const rows::v1::Fact& fact) {
    switch (fact.kind()) {
        case rows::v1::FactKind::OPENED:
            ++deals_opened_;
            break;
        case rows::v1::FactKind::WON:
        case rows::v1::FactKind::LOST:
            closings_.push_back(
                {.position = position, .won = is_win(fact), .value = fact.value(), .cycle = fact.cycle()});
            break;
        case rows::v1::FactKind::WIN_TAKEN_BACK:
        case rows::v1::FactKind::LOSS_TAKEN_BACK:
            std::erase_if(closings_,
                          [&](const Closing& closing) { return closing.position == fact.closing_position(); });
            break;
        case rows::v1::FactKind::ACTION:
            add_action(fact, sign_of(fact, period_begin_));
            break;
        case rows::v1::FactKind::TASK_COMPLETED:
            ++tasks_completed_;
            if (fact.on_time()) ++tasks_on_time_;
            break;
        case rows::v1::FactKind::RESCHEDULED:
            ++reschedules_;
            break;
        default:
            break;  // of a later version of this table: none in this one
    }
}

void Tally::add_action(const rows::v1::Fact& fact, int sign) {
    actions_[fact.type()] += sign;
    if (is_call(fact)) calls_made_ += sign;
    if (is_reached_call(fact)) calls_reached_ += sign;
    if (!is_talk(fact)) return;
    if (sign > 0) {
        talks_.push_back(fact.talk_time());
    } else if (const auto retracted = std::ranges::find(talks_, fact.talk_time()); retracted != talks_.end()) {
        talks_.erase(retracted);
    }
}

void Tally::add(const Tally& other) {
    open_deals_ += other.open_deals_;
    deals_opened_ += other.deals_opened_;
    closings_.insert(closings_.end(), other.closings_.begin(), other.closings_.end());
    for (const auto& [type, count] : other.actions_) actions_[type] += count;
    calls_made_ += other.calls_made_;
    calls_reached_ += other.calls_reached_;
    talks_.insert(talks_.end(), other.talks_.begin(), other.talks_.end());
    tasks_completed_ += other.tasks_completed_;
    tasks_on_time_ += other.tasks_on_time_;
    reschedules_ += other.reschedules_;
}

void Tally::write(v1::SellerRow& out) const {
    out.set_open_deals(static_cast<std::uint64_t>(std::max<std::int64_t>(0, open_deals_)));
    out.set_deals_opened(deals_opened_);
    write_closings(out);
    write_actions(out, out.won());
    out.set_tasks_completed(tasks_completed_);
    out.set_tasks_on_time(tasks_on_time_);
    if (tasks_completed_ > 0) out.set_on_time_rate(ratio(tasks_on_time_, tasks_completed_));
    out.set_reschedules(reschedules_);
}

void Tally::write_closings(v1::SellerRow& out) const {
    MoneySums value;
    std::vector<std::int64_t> cycles;
    for (const auto& closing : closings_) {
        if (!closing.won) continue;
        value.add(closing.value);
        cycles.push_back(closing.cycle);
    }
    out.set_won(cycles.size());
    out.set_lost(closings_.size() - cycles.size());
    if (!closings_.empty()) out.set_win_rate(ratio(cycles.size(), closings_.size()));
    value.write(out.mutable_won_value());
    if (cycles.empty()) return;
    out.set_average_cycle_days(in_days(sum_of(cycles), cycles.size()));
    out.set_median_cycle_days(in_days(median_doubled(cycles), 2));
}

void Tally::write_actions(v1::SellerRow& out, std::uint64_t won) const {
    std::int64_t total = 0;
    for (const auto& [type, count] : actions_) {
        if (count <= 0) continue;
        auto& by_type = *out.add_actions();
        by_type.set_type(type);
        by_type.set_count(static_cast<std::uint64_t>(count));
        total += count;
    }
    out.set_actions_total(static_cast<std::uint64_t>(total));
    out.set_calls_made(static_cast<std::uint64_t>(calls_made_));
    out.set_calls_reached(static_cast<std::uint64_t>(calls_reached_));
    to_proto(Nanos{static_cast<std::int64_t>(sum_of(talks_))}, *out.mutable_talk_time());
    if (calls_made_ > 0) out.set_call_to_win_rate(ratio(won, static_cast<std::uint64_t>(calls_made_)));
    if (!talks_.empty()) out.set_median_talk_seconds(static_cast<double>(median_doubled(talks_)) / 2e9);
}

}  // namespace dealog::kpis
