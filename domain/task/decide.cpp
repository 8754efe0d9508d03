#include "domain/deal/rules.hpp"
#include "domain/task/about.hpp"
#include "domain/task/planning.hpp"
#include "domain/task/report.hpp"
#include "domain/task/task.hpp"

namespace dealog::task {

domain::Decided decide(const v1::PlanTask& command, const domain::Given& given) {
    const auto subject = about(command, given);
    if (!subject) return refuse(subject.error());
    if (subject->deal != nullptr) DEALOG_REFUSE_IF(deal::closed(*subject->deal));
    v1::TaskPlan plan;
    plan.set_id(command.id());
    plan.set_type(command.type());
    plan.set_title(command.title());
    *plan.mutable_due_at() = command.due_at();
    plan.set_assignee_id(command.assignee_id());
    domain::Decision decision{.id = {}, .stream = subject->stream, .created = true};
    auto planned = planned_by_person(plan, subject->place(), given, "", decision);
    if (!planned) return refuse(std::move(planned).error());
    decision.id = planned->task_id();
    domain::add(decision, subject->stream, *std::move(planned));
    return decision;
}

domain::Decided decide(const v1::RescheduleTask& command, const domain::Given& given) {
    const auto subject = about(command, given);
    if (!subject) return refuse(subject.error());
    const auto task = open_task(*subject, command.task());
    if (!task) return refuse(task.error());
    domain::Decision decision{.id = (*task)->id, .stream = subject->stream};
    const Instant due = from_proto(command.due_at());
    if (due == (*task)->due_at) return decision;
    if (due <= given.now) {
        return domain::refused(Code::Problem_Code_DUE_IN_PAST, "dueAt", "A task is due in the future.");
    }
    v1::TaskRescheduled event;
    event.set_task_id((*task)->id);
    to_proto((*task)->due_at, *event.mutable_from_due_at());
    to_proto(due, *event.mutable_due_at());
    set_reason(event, command.reason(), *subject, given);
    domain::add(decision, subject->stream, std::move(event));
    return decision;
}

domain::Decided decide(const v1::CancelTask& command, const domain::Given& given) {
    const auto subject = about(command, given);
    if (!subject) return refuse(subject.error());
    const auto task = open_task(*subject, command.task());
    if (!task) return refuse(task.error());
    const bool last_of_open_deal =
        subject->deal != nullptr && subject->deal->is_open() && subject->book->open.size() == 1;
    if (last_of_open_deal && !command.has_next()) {
        return domain::refused(Code::Problem_Code_DEAL_WITHOUT_TASK, "next",
                               "This is the last open task of an open deal: plan the next one with it.");
    }
    domain::Decision decision{.id = (*task)->id, .stream = subject->stream};
    if (command.has_next()) {
        auto planned = planned_by_person(command.next(), subject->place(), given, "next", decision);
        if (!planned) return refuse(std::move(planned).error());
        domain::add(decision, subject->stream, *std::move(planned));
    }
    v1::TaskCancelled event;
    event.set_task_id((*task)->id);
    event.set_cause(v1::CancelCause::CANCELLED);
    set_reason(event, command.reason(), *subject, given);
    domain::add(decision, subject->stream, std::move(event));
    return decision;
}

namespace {

/// What both an unplanned action and a correction say about the action itself.
template <class Command>
v1::ActionReport report_of(const Command& command) {
    v1::ActionReport report;
    report.set_type(command.type());
    if (command.has_started_at()) *report.mutable_started_at() = command.started_at();
    if (command.has_ended_at()) *report.mutable_ended_at() = command.ended_at();
    if (command.has_talk_time()) *report.mutable_talk_time() = command.talk_time();
    report.set_direction(command.direction());
    report.set_outcome(command.outcome());
    report.set_content_id(command.content_id());
    return report;
}

/// The report with everything that it leaves out as it was recorded before.
v1::ActionReport completed_from(v1::ActionReport report, const v1::ActionDone& before) {
    if (report.type().empty()) report.set_type(before.type());
    if (!report.has_started_at() && before.has_started_at()) *report.mutable_started_at() = before.started_at();
    if (!report.has_ended_at() && before.has_ended_at()) *report.mutable_ended_at() = before.ended_at();
    if (!report.has_talk_time() && before.has_talk_time()) *report.mutable_talk_time() = before.talk_time();
    if (report.direction() == v1::Direction::DIRECTION_UNSPECIFIED) report.set_direction(before.direction());
    if (report.outcome() == v1::Outcome::OUTCOME_UNSPECIFIED) report.set_outcome(before.outcome());
    if (report.content_id().empty()) report.set_content_id(before.content_id());
    return report;
}

}  // namespace

domain::Decided decide(const v1::LogAction& command, const domain::Given& given) {
    const auto subject = about(command, given);
    if (!subject) return refuse(subject.error());
    auto report =
        reported(report_of(command), domain::instant_if(command.has_occurred_at(), command.occurred_at()), given, "");
    if (!report) return refuse(std::move(report).error());
    DEALOG_REFUSE_IF(result_missing(report->action, command.text(), TextKnown::no, ""));
    domain::Decision decision{.id = given.id_or_new(command.id()), .stream = subject->stream, .created = true};
    DEALOG_REFUSE_IF(claim_id(decision, "action", subject->place(), command.id(), "id"));
    v1::ActionLogged event;
    *event.mutable_action() = std::move(report->action);
    event.mutable_action()->set_action_id(decision.id);
    event.mutable_action()->set_seller_id(doer(given, subject->owner_id));
    DEALOG_REFUSE_IF(set_text(event, command.text(), *subject, given, "text"));
    domain::add(decision, subject->stream, std::move(event), report->occurrence.claimed, report->occurrence.backdated);
    return decision;
}

domain::Decided decide(const v1::CorrectAction& command, const domain::Given& given) {
    const auto subject = about(command, given);
    if (!subject) return refuse(subject.error());
    const Action* action = subject->book->find_action(command.action());
    if (action == nullptr) return domain::not_found("action", command.action());
    auto report = reported(completed_from(report_of(command), action->done), {}, given, "");
    if (!report) return refuse(std::move(report).error());
    DEALOG_REFUSE_IF(
        result_missing(report->action, command.text(), action->has_text ? TextKnown::yes : TextKnown::no, ""));
    report->action.set_action_id(action->done.action_id());
    report->action.set_seller_id(action->done.seller_id());
    domain::Decision decision{.id = command.action(), .stream = subject->stream};
    const bool same = report->action.SerializeAsString() == action->done.SerializeAsString();
    if (same && command.text().empty()) return decision;
    v1::ActionCorrected event;
    *event.mutable_before() = action->done;
    *event.mutable_after() = std::move(report->action);
    event.set_text_given(!command.text().empty());
    DEALOG_REFUSE_IF(set_text(event, command.text(), *subject, given, "text"));
    set_reason(event, command.reason(), *subject, given);
    domain::add(decision, subject->stream, std::move(event));
    return decision;
}

}  // namespace dealog::task
