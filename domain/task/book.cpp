#include "domain/task/book.hpp"

#include <algorithm>

namespace dealog::task {

namespace {

void close(TaskBook& book, const std::string& id) {
    std::erase_if(book.open, [&](const OpenTask& task) { return task.id == id; });
    if (!book.was_closed(id)) book.closed.push_back(id);
}

}  // namespace

const OpenTask* TaskBook::find_open(std::string_view id) const {
    const auto found = std::ranges::find(open, id, &OpenTask::id);
    return found == open.end() ? nullptr : &*found;
}

bool TaskBook::was_closed(std::string_view id) const { return std::ranges::find(closed, id) != closed.end(); }

const Action* TaskBook::find_action(std::string_view id) const {
    const auto found =
        std::ranges::find_if(actions, [&](const Action& action) { return action.done.action_id() == id; });
    return found == actions.end() ? nullptr : &*found;
}

void evolve(TaskBook& book, const v1::TaskPlanned& event, const domain::Envelope&) {
    const Instant due = from_proto(event.due_at());
    book.open.push_back(OpenTask{.id = event.task_id(),
                                 .type = event.type(),
                                 .title = event.title(),
                                 .assignee_id = event.assignee_id(),
                                 .due_at = due,
                                 .original_due_at = due});
}

void evolve(TaskBook& book, const v1::TaskCompleted& event, const domain::Envelope& envelope) {
    close(book, event.task_id());
    book.actions.push_back(
        Action{.done = event.action(), .occurred_at = envelope.occurred_at, .has_text = !event.subject().empty()});
}

void evolve(TaskBook& book, const v1::TaskRescheduled& event, const domain::Envelope&) {
    const auto task = std::ranges::find(book.open, event.task_id(), &OpenTask::id);
    if (task != book.open.end()) task->due_at = from_proto(event.due_at());
}

void evolve(TaskBook& book, const v1::TaskCancelled& event, const domain::Envelope&) { close(book, event.task_id()); }

void evolve(TaskBook& book, const v1::ActionLogged& event, const domain::Envelope& envelope) {
    book.actions.push_back(
        Action{.done = event.action(), .occurred_at = envelope.occurred_at, .has_text = !event.subject().empty()});
}

void evolve(TaskBook& book, const v1::ActionCorrected& event, const domain::Envelope&) {
    for (Action& action : book.actions) {
        if (action.done.action_id() != event.after().action_id()) continue;
        action.done = event.after();
        if (event.after().has_started_at()) action.occurred_at = from_proto(event.after().started_at());
        action.has_text = action.has_text || event.text_given();
    }
}

}  // namespace dealog::task
