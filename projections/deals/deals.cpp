#include "projections/deals/deals.hpp"

#include <algorithm>
#include <array>

#include "domain/deal/deal.pb.h"
#include "domain/pipeline/pipeline.pb.h"
#include "domain/task/task.pb.h"
#include "projections/day_list/task_rows.hpp"
#include "projections/deals/entries.hpp"
#include "projections/deals/queries.hpp"
#include "projections/deals/tables.hpp"

namespace dealog::deals {

using day_list::nanos_of;
using projections::AppendView;
using projections::Event;
using projections::Rows;

namespace {

// ---- The deal ----

Key event_key(const Event& event) { return Key{}.id(event.subject_id()).u64(event.record.position()); }

void list(const rows::v1::DealRow& deal, std::string_view deal_id, Rows& rows) {
    lists.put(rows, place_key(List::all, {}, deal, deal_id), {});
    lists.put(rows, place_key(List::owner, deal.owner_id(), deal, deal_id), {});
    if (!deal.company_id().empty()) lists.put(rows, place_key(List::company, deal.company_id(), deal, deal_id), {});
    if (!deal.contact_id().empty()) lists.put(rows, place_key(List::contact, deal.contact_id(), deal, deal_id), {});
}

/// Moves a deal from one seller's, company's or contact's list to another's.
void relist(List in, const std::string& before, const std::string& after, const rows::v1::DealRow& deal,
            std::string_view deal_id, Rows& rows) {
    if (before == after) return;
    if (!before.empty()) lists.erase(rows, place_key(in, before, deal, deal_id));
    if (!after.empty()) lists.put(rows, place_key(in, after, deal, deal_id), {});
}

template <class Change>
void change_deal(const Event& event, Rows& rows, Change&& change) {
    const Key key = Key{}.id(event.subject_id());
    auto deal = deals.get(rows, key);
    if (!deal) return;
    const auto before = *deal;
    change(*deal);
    relist(List::owner, before.owner_id(), deal->owner_id(), *deal, event.subject_id(), rows);
    relist(List::company, before.company_id(), deal->company_id(), *deal, event.subject_id(), rows);
    relist(List::contact, before.contact_id(), deal->contact_id(), *deal, event.subject_id(), rows);
    deals.put(rows, key, *deal);
}

void mark(const Event& event, rows::v1::MilestoneRow milestone, Rows& rows) {
    milestone.set_at(nanos_of(event.occurred_at()));
    milestones.put(rows, event_key(event), milestone);
}

void set_fields(const google::protobuf::RepeatedPtrField<dealog::v1::NamedValue>& changes, rows::v1::DealRow& deal) {
    auto& fields = *deal.mutable_fields();
    for (const auto& change : changes) {
        const auto found =
            std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return f.name() == change.name(); });
        if (change.value().empty()) {
            if (found != fields.end()) fields.erase(found);
        } else if (found != fields.end()) {
            found->set_value(change.value());
        } else {
            *fields.Add() = change;
        }
    }
}

void enter_stage(const Event& event, const std::string& stage, const std::string& owner_id, rows::v1::DealRow& deal,
                 Rows& rows) {
    deal.set_stage(stage);
    deal.set_entered_stage_at(nanos_of(event.occurred_at()));
    rows::v1::MilestoneRow milestone;
    milestone.set_entered_stage(stage);
    milestone.set_owner_id(owner_id);
    mark(event, milestone, rows);
}

void close(const Event& event, rows::v1::DealRow::State state, rows::v1::DealRow& deal, Rows& rows) {
    deal.set_state(state);
    deal.set_closed_at(nanos_of(event.occurred_at()));
    rows::v1::MilestoneRow milestone;
    milestone.set_closed(true);
    mark(event, milestone, rows);
}

void apply(const Event& event, const deal::v1::DealOpened& opened, Rows& rows) {
    rows::v1::DealRow deal;
    deal.set_external_id(opened.external_id());
    deal.set_title(opened.title());
    deal.set_pipeline(opened.pipeline());
    deal.set_pipeline_version(opened.pipeline_version());
    deal.set_owner_id(opened.owner_id());
    deal.set_company_id(opened.company_id());
    deal.set_contact_id(opened.contact_id());
    if (opened.has_value()) *deal.mutable_value() = opened.value();
    deal.set_source(opened.source());
    set_fields(opened.fields(), deal);
    deal.set_opened_at(nanos_of(event.occurred_at()));
    deal.set_opened_position(event.record.position());
    enter_stage(event, opened.stage(), opened.owner_id(), deal, rows);
    deals.put(rows, Key{}.id(event.subject_id()), deal);
    list(deal, event.subject_id(), rows);
    if (opened.external_id().empty()) return;
    rows::v1::ExternalIdRow named;
    named.set_deal_id(std::string(event.subject_id()));
    external_ids.put(rows, Key{}.text(opened.external_id(), external_id_length), named);
}

void apply(const Event& event, const deal::v1::DealUpdated& updated, Rows& rows) {
    change_deal(event, rows, [&](rows::v1::DealRow& deal) {
        if (updated.has_title()) deal.set_title(updated.title());
        if (updated.has_value()) *deal.mutable_value() = updated.value();
        if (updated.has_company_id()) deal.set_company_id(updated.company_id());
        if (updated.has_contact_id()) deal.set_contact_id(updated.contact_id());
        set_fields(updated.fields(), deal);
    });
}

void apply(const Event& event, const deal::v1::DealStageChanged& moved, Rows& rows) {
    change_deal(event, rows, [&](rows::v1::DealRow& deal) {
        deal.set_pipeline_version(moved.pipeline_version());
        set_fields(moved.fields(), deal);
        enter_stage(event, moved.to_stage(), {}, deal, rows);
    });
}

void apply(const Event& event, const deal::v1::DealWon& won, Rows& rows) {
    change_deal(event, rows, [&](rows::v1::DealRow& deal) {
        if (won.has_value()) *deal.mutable_value() = won.value();
        deal.set_hand_off_to(won.hand_off_to());
        close(event, rows::v1::DealRow::WON, deal, rows);
    });
}

void apply(const Event& event, const deal::v1::DealLost& lost, Rows& rows) {
    change_deal(event, rows, [&](rows::v1::DealRow& deal) {
        if (lost.has_value()) *deal.mutable_value() = lost.value();
        deal.set_loss_reason(lost.reason());
        close(event, rows::v1::DealRow::LOST, deal, rows);
    });
}

void apply(const Event& event, const deal::v1::DealReopened& reopened, Rows& rows) {
    change_deal(event, rows, [&](rows::v1::DealRow& deal) {
        deal.set_state(rows::v1::DealRow::OPEN);
        deal.clear_closed_at();
        deal.clear_loss_reason();
        deal.clear_hand_off_to();
        deal.set_reopened(deal.reopened() + 1);
        if (!reopened.owner_id().empty()) deal.set_owner_id(reopened.owner_id());
        const std::string stage = reopened.stage().empty() ? deal.stage() : reopened.stage();
        enter_stage(event, stage, deal.owner_id(), deal, rows);
    });
}

void apply(const Event& event, const deal::v1::DealOwnerChanged& changed, Rows& rows) {
    change_deal(event, rows, [&](rows::v1::DealRow& deal) { deal.set_owner_id(changed.to_owner_id()); });
    rows::v1::MilestoneRow milestone;
    milestone.set_owner_id(changed.to_owner_id());
    mark(event, milestone, rows);
    for (const auto& task_id : changed.moved_tasks()) {
        const Key key = about_key(About::deal, event.subject_id()).id(task_id);
        auto task = open_tasks.get(rows, key);
        if (!task) continue;
        task->set_assignee_id(changed.to_owner_id());
        open_tasks.put(rows, key, *task);
    }
}

// ---- Open tasks, of deals and of their companies and contacts ----

std::optional<About> about(const Event& event) {
    const auto category = event.category();
    if (category == "deal") return About::deal;
    if (category == "company") return About::company;
    if (category == "contact") return About::contact;
    return std::nullopt;
}

Key task_key(const Event& event, const std::string& task_id) {
    return about_key(about(event).value_or(About::deal), event.subject_id()).id(task_id);
}

/// The title of the open task that an event is about.
std::string task_title(const Event& event, Rows& rows) {
    const auto title = [&](const auto* payload) {
        if (payload == nullptr) return std::string{};
        const auto task = open_tasks.get(rows, task_key(event, payload->task_id()));
        return task ? task->title() : std::string{};
    };
    return title(event.as<task::v1::TaskCompleted>()) + title(event.as<task::v1::TaskRescheduled>()) +
           title(event.as<task::v1::TaskCancelled>());
}

void apply(const Event& event, const task::v1::TaskPlanned& planned, Rows& rows) {
    open_tasks.put(rows, task_key(event, planned.task_id()), day_list::planned_row(event, planned));
}

void apply(const Event& event, const task::v1::TaskCompleted& completed, Rows& rows) {
    open_tasks.erase(rows, task_key(event, completed.task_id()));
}

void apply(const Event& event, const task::v1::TaskRescheduled& rescheduled, Rows& rows) {
    const Key key = task_key(event, rescheduled.task_id());
    auto task = open_tasks.get(rows, key);
    if (!task) return;
    day_list::reschedule(*task, rescheduled);
    open_tasks.put(rows, key, *task);
}

void apply(const Event& event, const task::v1::TaskCancelled& cancelled, Rows& rows) {
    open_tasks.erase(rows, task_key(event, cancelled.task_id()));
}

void apply(const Event& event, const task::v1::ActionCorrected& corrected, Rows& rows) {
    if (about(event) != About::deal) return;
    corrections.put(rows, Key{}.id(event.subject_id()).id(corrected.before().action_id()).u64(event.record.position()),
                    {});
}

// ---- What stages ask for ----

void apply(const Event& event, const pipeline::v1::PipelineDefined& defined, Rows& rows) {
    rows::v1::CriteriaRow row;
    for (const auto& stage : defined.stages()) {
        auto& asks = *row.add_stages();
        asks.set_key(stage.key());
        *asks.mutable_required_fields() = stage.required_fields();
    }
    const Instant valid_from = defined.has_valid_from() ? from_proto(defined.valid_from()) : event.recorded_at();
    criteria.put(
        rows, Key{}.text(defined.key(), pipeline_length).i64(nanos_of(valid_from)).u64(event.record.position()), row);
}

template <class... E>
void apply_any(const Event& event, Rows& rows) {
    const auto apply_if = [&](const auto* payload) {
        if (payload == nullptr) return false;
        apply(event, *payload, rows);
        return true;
    };
    static_cast<void>((apply_if(event.as<E>()) || ...));
}

void note(const Event& event, Rows& rows) {
    if (const auto entry = entry_of(event, task_title(event, rows))) entries.put(rows, event_key(event), *entry);
    rows::v1::RevisionRow row;
    row.set_revision(event.record.revision());
    revisions.put(rows, Key{}.id(event.subject_id()), row);
}

}  // namespace

std::span<const TableSpec> Deals::tables() const {
    static const std::array specs{deals.spec,        revisions.spec,       milestones.spec, lists.spec,
                                  external_ids.spec, open_tasks.spec,      entries.spec,    corrections.spec,
                                  criteria.spec,     settings_table.spec()};
    return specs;
}

void Deals::apply(const AppendView& append, Rows& rows) const {
    for (const Event& event : append.events) {
        settings_table.apply(event, rows);
        if (about(event) == About::deal) note(event, rows);
        apply_any<task::v1::TaskPlanned, task::v1::TaskCompleted, task::v1::TaskRescheduled, task::v1::TaskCancelled,
                  task::v1::ActionCorrected, deal::v1::DealOpened, deal::v1::DealUpdated, deal::v1::DealStageChanged,
                  deal::v1::DealWon, deal::v1::DealLost, deal::v1::DealReopened, deal::v1::DealOwnerChanged,
                  pipeline::v1::PipelineDefined>(event, rows);
    }
}

std::vector<projections::QueryHandler> Deals::queries() const {
    return {{.request = v1::GetDeal::descriptor(), .answer = &get_deal},
            {.request = v1::ListDeals::descriptor(), .answer = &list_deals},
            {.request = v1::ShowTimeline::descriptor(), .answer = &show_timeline},
            {.request = v1::ShowBrief::descriptor(), .answer = &show_brief}};
}

std::unique_ptr<projections::Projection> make() { return std::make_unique<Deals>(); }

}  // namespace dealog::deals
