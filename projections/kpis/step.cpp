#include "projections/kpis/step.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "projections/kpis/tables.hpp"

namespace dealog::kpis {
namespace {

using OpenChanges = std::map<std::pair<std::string, std::int64_t>, int>;  // owner and moment → change

const std::string& owner_at(const rows::v1::Deal& deal, std::int64_t t) {
    int last = 0;
    while (last + 1 < deal.owners_size() && deal.owners(last + 1).since() <= t) ++last;
    return deal.owners(last).owner_id();
}

/// How a deal changes its owners' numbers of open deals: opening and closing, and each handing over between.
OpenChanges changes_of(const rows::v1::Deal& deal) {
    OpenChanges changes;
    for (const auto& span : deal.spans()) {
        const std::string* owner = &owner_at(deal, span.from());
        ++changes[{*owner, span.from()}];
        for (const auto& change : deal.owners()) {
            if (change.since() <= span.from() || (span.has_to() && change.since() >= span.to())) continue;
            --changes[{*owner, change.since()}];
            owner = &change.owner_id();
            ++changes[{*owner, change.since()}];
        }
        if (span.has_to()) --changes[{*owner, span.to()}];
    }
    return changes;
}

void add_owner(rows::v1::Deal& deal, std::int64_t since, const std::string& owner_id) {
    auto& added = *deal.add_owners();
    added.set_since(since);
    added.set_owner_id(owner_id);
    for (int place = deal.owners_size() - 1; place > 0 && deal.owners(place - 1).since() > since; --place) {
        deal.mutable_owners()->SwapElements(place, place - 1);
    }
}

std::int64_t nanos_of(const google::protobuf::Timestamp& t) { return kpis::nanos_of(from_proto(t)); }

rows::v1::Fact fact_of(const task::v1::ActionDone& action) {
    rows::v1::Fact fact;
    fact.set_kind(rows::v1::FactKind::ACTION);
    fact.set_type(action.type());
    fact.set_outcome(action.outcome());
    if (action.has_talk_time()) fact.set_talk_time(from_proto(action.talk_time()).count());
    return fact;
}

}  // namespace

void Step::on(const deal::v1::DealOpened& opened) {
    rows::v1::Deal deal;
    deal.set_opened_at(occurred_at());
    deal.set_last_moved_at(occurred_at());
    add_owner(deal, occurred_at(), opened.owner_id());
    deal.add_spans()->set_from(occurred_at());
    rows::v1::Fact fact;
    fact.set_kind(rows::v1::FactKind::OPENED);
    add_fact(opened.owner_id(), occurred_at(), fact);
    store({}, deal);
}

void Step::on(const deal::v1::DealWon& won) { close(rows::v1::FactKind::WON, won.owner_id(), won.value()); }

void Step::on(const deal::v1::DealLost& lost) { close(rows::v1::FactKind::LOST, lost.owner_id(), lost.value()); }

void Step::close(rows::v1::FactKind::Name kind, const std::string& owner_id, const dealog::v1::Money& value) {
    const auto before = deals.get(rows_, Key{}.id(event_.subject_id()));
    if (!before || before->has_closing()) return;
    auto after = *before;
    const auto at = std::max(occurred_at(), before->last_moved_at());
    after.set_last_moved_at(at);
    after.mutable_spans()->rbegin()->set_to(at);
    rows::v1::Fact fact;
    fact.set_kind(kind);
    *fact.mutable_value() = value;
    fact.set_cycle(at - before->opened_at());
    const std::string credited_to = owner_id.empty() ? owner_at(*before, at) : owner_id;
    add_fact(credited_to, at, fact);
    fact.set_closed_at(at);
    fact.set_closing_position(event_.record.position());
    *after.mutable_closing() = fact;
    after.set_credited_to(credited_to);
    store(*before, after);
}

void Step::on(const deal::v1::DealReopened& reopened) {
    const auto before = deals.get(rows_, Key{}.id(event_.subject_id()));
    if (!before || !before->has_closing()) return;
    auto after = *before;
    const auto at = std::max(occurred_at(), before->last_moved_at());
    rows::v1::Fact fact = before->closing();
    fact.set_kind(fact.kind() == rows::v1::FactKind::WON ? rows::v1::FactKind::WIN_TAKEN_BACK
                                                         : rows::v1::FactKind::LOSS_TAKEN_BACK);
    add_fact(before->credited_to(), at, fact);
    after.clear_closing();
    after.clear_credited_to();
    after.set_last_moved_at(at);
    after.add_spans()->set_from(at);
    if (owner_at(after, at) != reopened.owner_id()) add_owner(after, at, reopened.owner_id());
    store(*before, after);
}

void Step::on(const deal::v1::DealOwnerChanged& changed) {
    for (const auto& moved : changed.moved_tasks()) {
        rows::v1::Task task;
        task.set_assignee_id(changed.to_owner_id());
        tasks.put(rows_, Key{}.id(moved), task);
    }
    const auto before = deals.get(rows_, Key{}.id(event_.subject_id()));
    if (!before) return;
    auto after = *before;
    add_owner(after, std::max(occurred_at(), before->opened_at()), changed.to_owner_id());
    store(*before, after);
}

void Step::on(const task::v1::TaskPlanned& planned) {
    rows::v1::Task task;
    task.set_assignee_id(planned.assignee_id());
    tasks.put(rows_, Key{}.id(planned.task_id()), task);
}

void Step::on(const task::v1::TaskCompleted& completed) {
    rows::v1::Fact fact;
    fact.set_kind(rows::v1::FactKind::TASK_COMPLETED);
    fact.set_type(completed.action().type());
    fact.set_on_time(occurred_at() <= nanos_of(completed.original_due_at()));
    add_fact(doer(completed.action().seller_id()), occurred_at(), fact);
    done(completed.action(), occurred_at());
}

void Step::on(const task::v1::TaskRescheduled& rescheduled) {
    rows::v1::Fact fact;
    fact.set_kind(rows::v1::FactKind::RESCHEDULED);
    const auto task = tasks.get(rows_, Key{}.id(rescheduled.task_id()));
    add_fact(doer(task ? task->assignee_id() : std::string{}), occurred_at(), fact);
}

void Step::on(const task::v1::ActionLogged& logged) { done(logged.action(), occurred_at()); }

void Step::done(const task::v1::ActionDone& action, std::int64_t at) {
    rows::v1::Action row;
    row.set_seller_id(doer(action.seller_id()));
    row.set_occurred_at(at);
    if (action.has_started_at()) row.set_started_at(nanos_of(action.started_at()));
    *row.mutable_fact() = fact_of(action);
    add_fact(row.seller_id(), at, row.fact());
    actions.put(rows_, Key{}.id(action.action_id()), row);
}

/// The record before is taken back where it counted; the corrected one counts when the action took place.
void Step::on(const task::v1::ActionCorrected& corrected) {
    const auto& after = corrected.after();
    const auto known = actions.get(rows_, Key{}.id(corrected.before().action_id()));
    if (!known) return;
    rows::v1::Fact retraction = known->fact();
    retraction.set_retracts(true);
    add_fact(known->seller_id(), known->occurred_at(), retraction);
    auto corrected_action = after;
    if (corrected_action.seller_id().empty()) corrected_action.set_seller_id(known->seller_id());
    corrected_action.set_action_id(corrected.before().action_id());
    const bool moved = after.has_started_at() && nanos_of(after.started_at()) != known->started_at();
    done(corrected_action, moved ? nanos_of(after.started_at()) : known->occurred_at());
}

std::string Step::doer(const std::string& seller_id) const {
    return seller_id.empty() ? event_.record.actor().id() : seller_id;
}

void Step::add_fact(std::string_view seller_id, std::int64_t at, const rows::v1::Fact& fact) {
    if (made_ == 0) sources.remember(event_, rows_);
    facts.put(rows_, fact_key(seller_id, at, event_.record.position(), made_++), fact);
}

void Step::store(const rows::v1::Deal& before, const rows::v1::Deal& after) {
    auto changes = changes_of(after);
    for (const auto& [where, change] : changes_of(before)) changes[where] -= change;
    for (const auto& [where, change] : changes) {
        if (change == 0) continue;
        rows::v1::OpenChange row;
        row.set_change(change);
        if (made_ == 0) sources.remember(event_, rows_);
        open_changes.put(rows_, fact_key(where.first, where.second, event_.record.position(), made_++), row);
    }
    deals.put(rows_, Key{}.id(event_.subject_id()), after);
}

}  // namespace dealog::kpis
