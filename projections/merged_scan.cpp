#include "projections/merged_scan.hpp"

#include <utility>

namespace dealog::projections {

MergedScan::MergedScan(const View& view, const TableSpec& table, const std::vector<std::string>& prefixes,
                       std::string_view start)
    : view_(view), table_(table) {
    for (const auto& prefix : prefixes) {
        auto& lane = lanes_.emplace_back();
        lane.prefix = prefix;
        read_on(lane, start);
        enqueue(lane);
    }
}

const MergedScan::Found* MergedScan::front() const {
    return by_front_.empty() ? nullptr : &by_front_.begin()->second->read.front();
}

void MergedScan::pop() {
    Lane& lane = *by_front_.begin()->second;
    by_front_.erase(by_front_.begin());
    lane.read.pop_front();
    if (lane.read.empty()) read_on(lane, lane.last);
    enqueue(lane);
}

void MergedScan::read_on(Lane& lane, std::string_view from) {
    view_.scan(table_, lane.prefix, lane.prefix + std::string(from),
               [&](std::string_view key, std::string_view row, Position) {
                   std::string rest{key.substr(lane.prefix.size())};
                   if (rest == lane.last) return true;  // read before
                   lane.read.push_back({.rest = std::move(rest), .row = std::string(row)});
                   return lane.read.size() < portion_rows;
               });
    if (!lane.read.empty()) lane.last = lane.read.back().rest;
}

void MergedScan::enqueue(Lane& lane) {
    if (!lane.read.empty()) by_front_.emplace(lane.read.front().rest, &lane);
}

}  // namespace dealog::projections
