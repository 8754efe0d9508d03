#include "projections/day_list/task_rows.hpp"

namespace dealog::day_list {

rows::v1::TaskRow planned_row(const projections::Event& event, const task::v1::TaskPlanned& planned) {
    rows::v1::TaskRow row;
    row.set_id(planned.task_id());
    row.set_type(planned.type());
    row.set_title(planned.title());
    row.set_assignee_id(planned.assignee_id());
    row.set_due_at(nanos_of(planned.due_at()));
    row.set_original_due_at(row.due_at());
    row.set_planned_at(nanos_of(event.occurred_at()));
    row.set_rule_id(planned.planned_by().rule_id());
    const std::string subject{event.subject_id()};
    if (event.category() == "deal") row.set_deal_id(subject);
    if (event.category() == "company") row.set_company_id(subject);
    if (event.category() == "contact") row.set_contact_id(subject);
    return row;
}

void reschedule(rows::v1::TaskRow& row, const task::v1::TaskRescheduled& rescheduled) {
    row.set_due_at(nanos_of(rescheduled.due_at()));
    row.set_reschedules(row.reschedules() + 1);
}

void complete(rows::v1::TaskRow& row, const projections::Event& event, const task::v1::TaskCompleted& completed) {
    row.set_completed_at(nanos_of(event.occurred_at()));
    row.set_completed_late(event.record.backdated());
    row.set_outcome(completed.action().outcome());
}

v1::TaskStatus::Name status_of(const rows::v1::TaskRow& row, Instant at) {
    if (row.has_completed_at()) return v1::TaskStatus::DONE;
    return row.due_at() < nanos_of(at) ? v1::TaskStatus::OVERDUE : v1::TaskStatus::OPEN;
}

v1::TaskView view_of(const rows::v1::TaskRow& row, const projections::WorkspaceCalendar& calendar, Instant at) {
    v1::TaskView view;
    view.set_id(row.id());
    view.set_type(row.type());
    view.set_title(row.title());
    to_proto(instant_of(row.due_at()), *view.mutable_due_at());
    to_proto(instant_of(row.original_due_at()), *view.mutable_original_due_at());
    view.set_reschedules(row.reschedules());
    view.set_status(v1::TaskStatus::Name_Name(status_of(row, at)));
    view.set_assignee_id(row.assignee_id());
    view.set_deal_id(row.deal_id());
    view.set_company_id(row.company_id());
    view.set_contact_id(row.contact_id());
    to_proto(instant_of(row.planned_at()), *view.mutable_planned_at());
    if (row.has_completed_at()) to_proto(instant_of(row.completed_at()), *view.mutable_completed_at());
    view.set_outcome(row.outcome());
    view.set_communication(calendar.communication(row.type(), instant_of(row.planned_at())));
    view.set_planned_by_rule(row.rule_id());
    return view;
}

}  // namespace dealog::day_list
