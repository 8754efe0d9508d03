#include "projections/day_list/day_list.hpp"

#include "domain/deal/deal.pb.h"
#include "domain/seller/seller.pb.h"
#include "domain/task/task.pb.h"
#include "projections/day_list/list_tasks.hpp"
#include "projections/day_list/tables.hpp"
#include "projections/day_list/task_rows.hpp"

namespace dealog::day_list {

using projections::AppendView;
using projections::Event;
using projections::Rows;

namespace {

// ---- Tasks ----

std::string key_of(const rows::v1::TaskRow& row) {
    const auto done = row.has_completed_at() ? Done::yes : Done::no;
    return task_key(row.assignee_id(), done, row.due_at(), row.type(), row.id()).bytes();
}

std::string key_of(const rows::v1::PlaceRow& place, Done done, std::string_view task_id) {
    return task_key(place.assignee_id(), done, place.due_at(), place.type(), task_id).bytes();
}

/// Takes an open task's row out, lets `change` change it and puts it where it belongs then.
template <class Change>
void change_open(Rows& rows, std::string_view task_id, Change&& change) {
    const auto place = places.get(rows, Key{}.id(task_id));
    if (!place) return;
    const auto before = key_of(*place, Done::no, task_id);
    auto row = tasks.get(rows, before);
    if (!row) return;
    change(*row);
    const auto after = key_of(*row);
    if (after != before) tasks.erase(rows, before);
    tasks.put(rows, after, *row);
    if (row->assignee_id() == place->assignee_id() && row->due_at() == place->due_at()) return;
    rows::v1::PlaceRow moved = *place;
    moved.set_assignee_id(row->assignee_id());
    moved.set_due_at(row->due_at());
    places.put(rows, Key{}.id(task_id), moved);
}

void count_action(const Event& event, const task::v1::ActionDone& action, Rows& rows) {
    if (event.record.backdated()) return;
    rows::v1::ActionRow row;
    row.set_type(action.type());
    actions.put(rows, Key{}.id(action.seller_id()).i64(nanos_of(event.occurred_at())).id(action.action_id()), row);
}

void apply(const Event& event, const task::v1::TaskPlanned& planned, Rows& rows) {
    const auto row = planned_row(event, planned);
    rows::v1::PlaceRow place;
    place.set_assignee_id(row.assignee_id());
    place.set_type(row.type());
    place.set_due_at(row.due_at());
    places.put(rows, Key{}.id(row.id()), place);
    tasks.put(rows, key_of(row), row);
}

void apply(const Event& event, const task::v1::TaskCompleted& completed, Rows& rows) {
    change_open(rows, completed.task_id(), [&](rows::v1::TaskRow& row) { complete(row, event, completed); });
    count_action(event, completed.action(), rows);
    rows::v1::CompletionRow completion;
    completion.set_task_id(completed.task_id());
    completions.put(rows, Key{}.id(completed.action().action_id()), completion);
}

void apply(const Event&, const task::v1::TaskRescheduled& rescheduled, Rows& rows) {
    change_open(rows, rescheduled.task_id(), [&](rows::v1::TaskRow& row) { reschedule(row, rescheduled); });
}

void apply(const Event&, const task::v1::TaskCancelled& cancelled, Rows& rows) {
    const Key id = Key{}.id(cancelled.task_id());
    const auto place = places.get(rows, id);
    if (!place) return;
    tasks.erase(rows, key_of(*place, Done::no, cancelled.task_id()));
    places.erase(rows, id);
}

void apply(const Event& event, const task::v1::ActionLogged& logged, Rows& rows) {
    count_action(event, logged.action(), rows);
}

/// A corrected outcome shows in the task that the action completed.
void apply(const Event&, const task::v1::ActionCorrected& corrected, Rows& rows) {
    const auto completion = completions.get(rows, Key{}.id(corrected.before().action_id()));
    if (!completion) return;
    const auto place = places.get(rows, Key{}.id(completion->task_id()));
    if (!place) return;
    const auto key = key_of(*place, Done::yes, completion->task_id());
    auto row = tasks.get(rows, key);
    if (!row) return;
    row->set_outcome(corrected.after().outcome());
    tasks.put(rows, key, *row);
}

// ---- Deals: whose they are, and which are open at a company or a contact (R15) ----

void unlink(const std::string& deal_id, const rows::v1::DealRow& deal, Rows& rows) {
    if (!deal.open()) return;
    if (!deal.company_id().empty()) open_deals.erase(rows, party_key(Party::company, deal.company_id()).id(deal_id));
    if (!deal.contact_id().empty()) open_deals.erase(rows, party_key(Party::contact, deal.contact_id()).id(deal_id));
}

void link(const std::string& deal_id, const rows::v1::DealRow& deal, Rows& rows) {
    if (!deal.open()) return;
    rows::v1::OpenDealRow row;
    row.set_owner_id(deal.owner_id());
    if (!deal.company_id().empty()) open_deals.put(rows, party_key(Party::company, deal.company_id()).id(deal_id), row);
    if (!deal.contact_id().empty()) open_deals.put(rows, party_key(Party::contact, deal.contact_id()).id(deal_id), row);
}

template <class Change>
void change_deal(const Event& event, Rows& rows, Change&& change) {
    const std::string deal_id{event.subject_id()};
    auto deal = deals.get_or_new(rows, Key{}.id(deal_id));
    unlink(deal_id, deal, rows);
    change(deal);
    link(deal_id, deal, rows);
    deals.put(rows, Key{}.id(deal_id), deal);
}

void apply(const Event& event, const deal::v1::DealOpened& opened, Rows& rows) {
    change_deal(event, rows, [&](rows::v1::DealRow& deal) {
        deal.set_owner_id(opened.owner_id());
        deal.set_company_id(opened.company_id());
        deal.set_contact_id(opened.contact_id());
        deal.set_open(true);
    });
}

void apply(const Event& event, const deal::v1::DealUpdated& updated, Rows& rows) {
    if (!updated.has_company_id() && !updated.has_contact_id()) return;
    change_deal(event, rows, [&](rows::v1::DealRow& deal) {
        if (updated.has_company_id()) deal.set_company_id(updated.company_id());
        if (updated.has_contact_id()) deal.set_contact_id(updated.contact_id());
    });
}

void apply(const Event& event, const deal::v1::DealWon&, Rows& rows) {
    change_deal(event, rows, [](rows::v1::DealRow& deal) { deal.set_open(false); });
}

void apply(const Event& event, const deal::v1::DealLost&, Rows& rows) {
    change_deal(event, rows, [](rows::v1::DealRow& deal) { deal.set_open(false); });
}

void apply(const Event& event, const deal::v1::DealReopened& reopened, Rows& rows) {
    change_deal(event, rows, [&](rows::v1::DealRow& deal) {
        deal.set_open(true);
        if (!reopened.owner_id().empty()) deal.set_owner_id(reopened.owner_id());
    });
}

void apply(const Event& event, const deal::v1::DealOwnerChanged& changed, Rows& rows) {
    change_deal(event, rows, [&](rows::v1::DealRow& deal) { deal.set_owner_id(changed.to_owner_id()); });
    for (const auto& task_id : changed.moved_tasks()) {
        change_open(rows, task_id, [&](rows::v1::TaskRow& row) { row.set_assignee_id(changed.to_owner_id()); });
    }
}

// ---- Sellers ----

void apply(const Event& event, const seller::v1::SellerJoined& joined, Rows& rows) {
    rows::v1::SellerRow row;
    row.set_time_zone(joined.time_zone());
    sellers.put(rows, Key{}.id(event.subject_id()), row);
}

void apply(const Event& event, const seller::v1::SellerUpdated& updated, Rows& rows) {
    if (!updated.has_time_zone()) return;
    auto row = sellers.get_or_new(rows, Key{}.id(event.subject_id()));
    row.set_time_zone(updated.time_zone());
    sellers.put(rows, Key{}.id(event.subject_id()), row);
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

}  // namespace

std::span<const TableSpec> DayList::tables() const {
    static const std::array specs{tasks.spec,   places.spec, actions.spec,    completions.spec,
                                  sellers.spec, deals.spec,  open_deals.spec, settings_table.spec()};
    return specs;
}

void DayList::apply(const AppendView& append, Rows& rows) const {
    for (const Event& event : append.events) {
        settings_table.apply(event, rows);
        apply_any<task::v1::TaskPlanned, task::v1::TaskCompleted, task::v1::TaskRescheduled, task::v1::TaskCancelled,
                  task::v1::ActionLogged, task::v1::ActionCorrected, deal::v1::DealOpened, deal::v1::DealUpdated,
                  deal::v1::DealWon, deal::v1::DealLost, deal::v1::DealReopened, deal::v1::DealOwnerChanged,
                  seller::v1::SellerJoined, seller::v1::SellerUpdated>(event, rows);
    }
}

std::vector<projections::QueryHandler> DayList::queries() const {
    return {{.request = v1::ListTasks::descriptor(), .answer = &list_tasks}};
}

std::unique_ptr<projections::Projection> make() { return std::make_unique<DayList>(); }

}  // namespace dealog::day_list
