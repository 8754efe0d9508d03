#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

#include "domain/decision.hpp"
#include "domain/task/task.pb.h"

namespace dealog::task {

struct OpenTask {
    std::string id;
    std::string type;
    std::string title;
    std::string assignee_id;
    Instant due_at;
    Instant original_due_at;  // as planned first (R26)
};

struct Action {
    v1::ActionDone done;  // as corrected last
    Instant occurred_at;
    bool has_text = false;  // what was said is on record, sealed
};

/// The tasks and actions of one deal, company or contact.
struct TaskBook {
    std::vector<OpenTask> open;
    std::vector<std::string> closed;  // ids of done and cancelled tasks
    std::vector<Action> actions;

    [[nodiscard]] const OpenTask* find_open(std::string_view id) const;
    [[nodiscard]] bool was_closed(std::string_view id) const;
    [[nodiscard]] const Action* find_action(std::string_view id) const;
};

template <class E>
concept TaskEvent =
    std::same_as<E, v1::TaskPlanned> || std::same_as<E, v1::TaskCompleted> || std::same_as<E, v1::TaskRescheduled> ||
    std::same_as<E, v1::TaskCancelled> || std::same_as<E, v1::ActionLogged> || std::same_as<E, v1::ActionCorrected>;

void evolve(TaskBook& book, const v1::TaskPlanned& event, const domain::Envelope& envelope);
void evolve(TaskBook& book, const v1::TaskCompleted& event, const domain::Envelope& envelope);
void evolve(TaskBook& book, const v1::TaskRescheduled& event, const domain::Envelope& envelope);
void evolve(TaskBook& book, const v1::TaskCancelled& event, const domain::Envelope& envelope);
void evolve(TaskBook& book, const v1::ActionLogged& event, const domain::Envelope& envelope);
void evolve(TaskBook& book, const v1::ActionCorrected& event, const domain::Envelope& envelope);

}  // namespace dealog::task
