#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/decision.hpp"
#include "domain/given.hpp"
#include "domain/task/book.hpp"
#include "domain/task/next_task.hpp"
#include "domain/task/task.pb.h"

namespace dealog::task {

/// Where a task is planned: its stream, what is planned there already, and who does it unless said otherwise.
struct Place {
    StreamName stream;
    const TaskBook& book;
    std::string owner_id;
};

/// A person's plan, when its type, title, due time and assignee hold (R14, R16, R19). `field` is where it stood in the
/// request, e.g. `next`; empty: at the top. A client-made id is claimed in the decision.
[[nodiscard]] Result<v1::TaskPlanned, Rejection> planned_by_person(const v1::TaskPlan& plan, const Place& place,
                                                                   const domain::Given& given, std::string_view field,
                                                                   domain::Decision& decision);

/// What the rule engine plans for the owner in the owner's zone; absent when no rule matches (R23).
[[nodiscard]] std::optional<v1::TaskPlanned> planned_by_rule(const Situation& situation, const std::string& owner_id,
                                                             const domain::Given& given);

/// `next.title` for `title` under `next`.
[[nodiscard]] std::string path(std::string_view parent, std::string_view field);

/// A client-made id of a task or an action belongs to one stream for ever. Nothing when the client made none.
[[nodiscard]] std::optional<Rejection> claim_id(domain::Decision& decision, std::string_view kind, const Place& place,
                                                const std::string& id, std::string_view field);

}  // namespace dealog::task
