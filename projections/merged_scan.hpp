#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "projections/engine/table.hpp"

namespace dealog::projections {

/// The rows under several prefixes of one length as one list, ordered by the rest of their keys, which is unique among
/// them. Reads each prefix in small portions, so a page costs about its own length and a portion a prefix.
class MergedScan {
public:
    struct Found {
        std::string rest;  // of the key, after the prefix
        std::string row;
    };

    /// From the rest of a key `start` on; empty: from the first.
    MergedScan(const View& view, const TableSpec& table, const std::vector<std::string>& prefixes,
               std::string_view start);

    /// Null at the end.
    [[nodiscard]] const Found* front() const;
    void pop();

private:
    static constexpr std::size_t portion_rows = 32;

    struct Lane {
        std::string prefix;
        std::string last;  // rest of the last key that was read
        std::deque<Found> read;
    };

    void read_on(Lane& lane, std::string_view from);
    /// Puts the lane in its place among the others, unless it is at its end.
    void enqueue(Lane& lane);

    const View& view_;
    TableSpec table_;
    std::deque<Lane> lanes_;
    std::map<std::string, Lane*> by_front_;
};

}  // namespace dealog::projections
