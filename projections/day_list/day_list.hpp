#pragma once

#include <memory>

#include "projections/engine/projection.hpp"

namespace dealog::day_list {

/// A seller's day: the tasks due on a local day, the norm and whether the day's plan is done (R9–R12).
///
/// * A task belongs to the local day of its due time, in the zone of the seller who has it, else the workspace's. It
/// moves
///   with its assignee. Cancelled tasks are not listed.
/// * `status` filters by what the task shows: OPEN is not yet due, OVERDUE is open and due before `at`. Without date
/// and
///   status: both.
/// * Who may see a task is decided by who has it now, also when the list is asked for as of a past moment.
/// * `planned`, `done`, the norm and the plan are those of the whole day, whatever the filters leave of the list.
/// * The norm of a day is the one in force at its last instant.
/// * The day's plan is COMPLETED once every task of the day is done; MISSED when the day ended before that, also if the
///   tasks were done or entered later. A day without tasks is OPEN while it lasts and COMPLETED after.
/// * `actionsDone` counts the actions that occurred on the day and were not entered late (R6). A correction does not
/// move
///   an action to another day.
class DayList final : public projections::Projection {
public:
    [[nodiscard]] std::string_view name() const override { return "day_list"; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] std::span<const projections::TableSpec> tables() const override;
    void apply(const projections::AppendView& append, projections::Rows& rows) const override;
    [[nodiscard]] std::vector<projections::QueryHandler> queries() const override;
};

[[nodiscard]] std::unique_ptr<projections::Projection> make();

}  // namespace dealog::day_list
