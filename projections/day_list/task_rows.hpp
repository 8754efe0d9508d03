#pragma once

#include "domain/task/task.pb.h"
#include "projections/business_time.hpp"
#include "projections/day_list/day_list.pb.h"
#include "projections/day_list/rows.pb.h"
#include "projections/engine/projection.hpp"

namespace dealog::day_list {

// ---- The life of a task's row, the same in every read model that shows tasks ----

[[nodiscard]] rows::v1::TaskRow planned_row(const projections::Event& event, const task::v1::TaskPlanned& planned);
void reschedule(rows::v1::TaskRow& row, const task::v1::TaskRescheduled& rescheduled);
void complete(rows::v1::TaskRow& row, const projections::Event& event, const task::v1::TaskCompleted& completed);

/// OVERDUE is an open task whose due time has passed at `at`.
[[nodiscard]] v1::TaskStatus::Name status_of(const rows::v1::TaskRow& row, Instant at);
[[nodiscard]] v1::TaskView view_of(const rows::v1::TaskRow& row, const projections::WorkspaceCalendar& calendar,
                                   Instant at);

[[nodiscard]] inline std::int64_t nanos_of(Instant t) { return t.time_since_epoch().count(); }
[[nodiscard]] inline std::int64_t nanos_of(const google::protobuf::Timestamp& t) { return nanos_of(from_proto(t)); }
[[nodiscard]] inline Instant instant_of(std::int64_t nanos) { return Instant{Nanos{nanos}}; }

}  // namespace dealog::day_list
