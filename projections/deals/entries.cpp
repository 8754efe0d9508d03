#include "projections/deals/entries.hpp"

#include "domain/deal/deal.pb.h"
#include "domain/task/task.pb.h"

namespace dealog::deals {

using projections::Event;

namespace {

struct Writing {
    const Event& event;
    std::string_view task_title;
    rows::v1::EntryRow& row;
    v1::TimelineEntry& entry;

    void seal_text(std::string_view field, const std::string& subject) const {
        row.set_subject(subject);
        if (auto sealed = event.sealed(field)) *row.mutable_text() = std::move(*sealed);
    }
};

std::string text_of(const google::protobuf::Timestamp& t) { return format_rfc3339(from_proto(t)); }

void write_action(const task::v1::ActionDone& action, v1::TimelineEntry& entry) {
    entry.set_action_id(action.action_id());
    entry.set_action_type(action.type());
    if (action.has_started_at()) *entry.mutable_started_at() = action.started_at();
    if (action.has_talk_time()) *entry.mutable_talk_time() = action.talk_time();
    entry.set_direction(action.direction());
    entry.set_outcome(action.outcome());
    entry.set_content_id(action.content_id());
}

void write(const Writing& to, const deal::v1::DealOpened& opened) {
    to.entry.set_title(opened.title());
    to.entry.set_to(opened.stage());
    if (opened.has_value()) *to.entry.mutable_value() = opened.value();
}

void write(const Writing& to, const deal::v1::DealUpdated& updated) {
    to.entry.set_title(updated.title());
    if (updated.has_value()) *to.entry.mutable_value() = updated.value();
}

void write(const Writing& to, const deal::v1::DealStageChanged& moved) {
    to.entry.set_from(moved.from_stage());
    to.entry.set_to(moved.to_stage());
}

void write(const Writing& to, const deal::v1::StageCriteriaWaived& waived) {
    to.entry.set_to(waived.stage());
    *to.entry.mutable_missing() = waived.missing();
    to.seal_text("reason", waived.subject());
}

void write(const Writing& to, const deal::v1::DealWon& won) {
    to.entry.set_from(won.stage());
    to.entry.set_to(won.hand_off_to());
    if (won.has_value()) *to.entry.mutable_value() = won.value();
}

void write(const Writing& to, const deal::v1::DealLost& lost) {
    to.entry.set_from(lost.stage());
    to.entry.set_reason(lost.reason());
    if (lost.has_value()) *to.entry.mutable_value() = lost.value();
    to.seal_text("comment", lost.subject());
}

void write(const Writing& to, const deal::v1::DealReopened& reopened) {
    to.entry.set_to(reopened.stage());
    to.seal_text("reason", reopened.subject());
}

void write(const Writing& to, const deal::v1::DealOwnerChanged& changed) {
    to.entry.set_from(changed.from_owner_id());
    to.entry.set_to(changed.to_owner_id());
    to.seal_text("reason", changed.subject());
}

void write(const Writing& to, const task::v1::TaskPlanned& planned) {
    to.entry.set_task_id(planned.task_id());
    to.entry.set_action_type(planned.type());
    to.entry.set_title(planned.title());
    *to.entry.mutable_due_at() = planned.due_at();
    *to.entry.mutable_original_due_at() = planned.due_at();
}

void write(const Writing& to, const task::v1::TaskCompleted& completed) {
    to.entry.set_task_id(completed.task_id());
    to.entry.set_title(std::string(to.task_title));
    write_action(completed.action(), to.entry);
    *to.entry.mutable_due_at() = completed.due_at();
    *to.entry.mutable_original_due_at() = completed.original_due_at();
    to.seal_text("text", completed.subject());
}

void write(const Writing& to, const task::v1::TaskRescheduled& rescheduled) {
    to.entry.set_task_id(rescheduled.task_id());
    to.entry.set_title(std::string(to.task_title));
    to.entry.set_from(text_of(rescheduled.from_due_at()));
    to.entry.set_to(text_of(rescheduled.due_at()));
    *to.entry.mutable_due_at() = rescheduled.due_at();
    to.seal_text("reason", rescheduled.subject());
}

void write(const Writing& to, const task::v1::TaskCancelled& cancelled) {
    to.entry.set_task_id(cancelled.task_id());
    to.entry.set_title(std::string(to.task_title));
    to.seal_text("reason", cancelled.subject());
}

void write(const Writing& to, const task::v1::ActionLogged& logged) {
    write_action(logged.action(), to.entry);
    to.seal_text("text", logged.subject());
}

void write(const Writing& to, const task::v1::ActionCorrected& corrected) {
    write_action(corrected.after(), to.entry);
    to.entry.set_corrects(corrected.before().action_id());
    to.seal_text("text", corrected.subject());
    if (auto sealed = to.event.sealed("reason")) *to.row.mutable_reason() = std::move(*sealed);
}

template <class... E>
bool write_any(const Writing& to) {
    const auto write_if = [&](const auto* payload) {
        if (payload == nullptr) return false;
        write(to, *payload);
        return true;
    };
    return (write_if(to.event.as<E>()) || ...);
}

void write_envelope(const Event& event, v1::TimelineEntry& entry) {
    const auto& record = event.record;
    entry.set_position(record.position());
    entry.set_type(record.type());
    to_proto(event.recorded_at(), *entry.mutable_recorded_at());
    to_proto(event.occurred_at(), *entry.mutable_occurred_at());
    entry.set_backdated(record.backdated());
    entry.set_actor(record.actor().id());
    entry.set_actor_kind(record.actor().kind());
    entry.set_source(record.source());
}

}  // namespace

std::optional<rows::v1::EntryRow> entry_of(const Event& event, std::string_view task_title) {
    rows::v1::EntryRow row;
    auto& entry = *row.mutable_entry();
    write_envelope(event, entry);
    const Writing to{.event = event, .task_title = task_title, .row = row, .entry = entry};
    const bool known =
        write_any<deal::v1::DealOpened, deal::v1::DealUpdated, deal::v1::DealStageChanged,
                  deal::v1::StageCriteriaWaived, deal::v1::DealWon, deal::v1::DealLost, deal::v1::DealReopened,
                  deal::v1::DealOwnerChanged, task::v1::TaskPlanned, task::v1::TaskCompleted, task::v1::TaskRescheduled,
                  task::v1::TaskCancelled, task::v1::ActionLogged, task::v1::ActionCorrected>(to);
    return known ? std::optional(std::move(row)) : std::nullopt;
}

}  // namespace dealog::deals
