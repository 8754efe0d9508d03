#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "projections/day_list/tables.hpp"
#include "projections/engine/table.hpp"

namespace dealog::day_list {

/// The tasks of many sellers as one list in order of due time, type and id. Reads each seller's lane in small portions,
/// so a page costs about its own length and a portion a seller.
class Lanes {
public:
    struct Task {
        std::string order;   // place in the list
        rows::v1::TaskRow row;
    };

    /// From the place `start` on; empty: from the first.
    Lanes(const projections::View& view, std::vector<std::string> seller_ids, Done done, const std::string& start);

    /// Null at the end.
    [[nodiscard]] const Task* front() const;
    void pop();

private:
    static constexpr std::size_t portion_tasks = 32;

    struct Lane {
        std::string prefix;
        std::string last;   // order of the last task that was read
        std::deque<Task> read;
    };

    void read_on(Lane& lane);
    /// Puts the lane in its place among the others, unless it is at its end.
    void enqueue(Lane& lane);

    const projections::View& view_;
    std::deque<Lane> lanes_;
    std::map<std::string, Lane*> by_front_;
};

}  // namespace dealog::day_list
