#pragma once

#include "projections/engine/projection.hpp"

namespace dealog::day_list {

/// Answers a ListTasks with a TaskList.
[[nodiscard]] projections::QueryResult list_tasks(const projections::Message& request, const projections::View& view,
                                                  const projections::QueryContext& context);

}  // namespace dealog::day_list
