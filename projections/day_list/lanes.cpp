#include "projections/day_list/lanes.hpp"

#include <utility>

namespace dealog::day_list {

Lanes::Lanes(const projections::View& view, std::vector<std::string> seller_ids, Done done, const std::string& start)
    : view_(view) {
    for (const auto& seller_id : seller_ids) {
        auto& lane = lanes_.emplace_back();
        lane.prefix = lane_key(seller_id, done).bytes();
        tasks.scan(view_, lane.prefix, lane.prefix + start, [&](std::string_view key, rows::v1::TaskRow&& row, Position) {
            lane.read.push_back({.order = std::string(key.substr(lane_length)), .row = std::move(row)});
            return lane.read.size() < portion_tasks;
        });
        if (!lane.read.empty()) lane.last = lane.read.back().order;
        enqueue(lane);
    }
}

const Lanes::Task* Lanes::front() const {
    return by_front_.empty() ? nullptr : &by_front_.begin()->second->read.front();
}

void Lanes::pop() {
    Lane& lane = *by_front_.begin()->second;
    by_front_.erase(by_front_.begin());
    lane.read.pop_front();
    if (lane.read.empty()) read_on(lane);
    enqueue(lane);
}

void Lanes::read_on(Lane& lane) {
    tasks.scan(view_, lane.prefix, lane.prefix + lane.last, [&](std::string_view key, rows::v1::TaskRow&& row, Position) {
        std::string order{key.substr(lane_length)};
        if (order == lane.last) return true;   // read before
        lane.read.push_back({.order = std::move(order), .row = std::move(row)});
        return lane.read.size() < portion_tasks;
    });
    if (!lane.read.empty()) lane.last = lane.read.back().order;
}

void Lanes::enqueue(Lane& lane) {
    if (!lane.read.empty()) by_front_.emplace(lane.read.front().order, &lane);
}

}  // namespace dealog::day_list
