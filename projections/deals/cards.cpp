#include "projections/deals/cards.hpp"

#include <algorithm>
#include <utility>

#include "projections/day_list/task_rows.hpp"
#include "projections/deals/tables.hpp"

namespace dealog::deals {

using day_list::instant_of;
using projections::QueryContext;
using projections::View;
using projections::WorkspaceCalendar;

namespace {

using TaskViews = std::vector<day_list::v1::TaskView>;

void sort(TaskViews& tasks) {
    const auto order = [](const day_list::v1::TaskView& task) {
        return std::tuple(from_proto(task.due_at()), std::string_view(task.type()), std::string_view(task.id()));
    };
    std::ranges::sort(tasks, std::ranges::less{}, order);
}

TaskViews tasks_about(About about, std::string_view id, const WorkspaceCalendar& calendar, const View& view,
                      Instant at) {
    TaskViews tasks;
    open_tasks.scan(view, about_key(about, id), {}, [&](std::string_view, day_list::rows::v1::TaskRow&& row, Position) {
        tasks.push_back(day_list::view_of(row, calendar, at));
        return true;
    });
    return tasks;
}

/// By who has the task now, or had it last.
bool sees_task(About about, std::string_view id, const day_list::v1::TaskView& task, const QueryContext& context) {
    if (context.visible.everything || context.present == nullptr) return context.visible.sees(task.assignee_id());
    const auto row = open_tasks.get(*context.present, about_key(about, id).id(task.id()));
    return context.visible.sees(row ? row->assignee_id() : task.assignee_id());
}

/// The open deals in a list that the caller may see, in order of their ids.
std::vector<std::string> open_deals_in(List list, std::string_view id, const View& view, const QueryContext& context) {
    std::vector<std::string> found;
    lists.scan(view, list_key(list, id), {}, [&](std::string_view key, rows::v1::ListedRow&&, Position) {
        auto deal_id = projections::KeyReader{key.substr(list_length + 8)}.id();
        const auto deal = visible_deal(deal_id, view, context);
        if (deal && deal->state() == rows::v1::DealRow::OPEN) found.push_back(std::move(deal_id));
        return true;
    });
    std::ranges::sort(found);
    return found;
}

}  // namespace

std::optional<rows::v1::DealRow> visible_deal(std::string_view deal_id, const View& view, const QueryContext& context) {
    auto deal = deals.get(view, Key{}.id(deal_id));
    if (!deal || !context.sees(deals, Key{}.id(deal_id), deal->owner_id())) return std::nullopt;
    return deal;
}

v1::DealView view_of(std::string_view deal_id, const rows::v1::DealRow& deal, const View& view) {
    v1::DealView out;
    out.set_id(std::string(deal_id));
    out.set_external_id(deal.external_id());
    out.set_title(deal.title());
    out.set_pipeline(deal.pipeline());
    out.set_pipeline_version(deal.pipeline_version());
    out.set_stage(deal.stage());
    out.set_state(rows::v1::DealRow::State_Name(deal.state()));
    out.set_owner_id(deal.owner_id());
    out.set_company_id(deal.company_id());
    out.set_contact_id(deal.contact_id());
    if (deal.has_value()) *out.mutable_value() = deal.value();
    out.set_source(deal.source());
    *out.mutable_fields() = deal.fields();
    to_proto(instant_of(deal.opened_at()), *out.mutable_opened_at());
    if (deal.has_closed_at()) to_proto(instant_of(deal.closed_at()), *out.mutable_closed_at());
    to_proto(instant_of(deal.entered_stage_at()), *out.mutable_entered_stage_at());
    out.set_loss_reason(deal.loss_reason());
    out.set_hand_off_to(deal.hand_off_to());
    if (const auto revision = revisions.get(view, Key{}.id(deal_id))) out.set_revision(revision->revision());
    out.set_reopened(deal.reopened());
    return out;
}

TaskViews open_tasks_of(std::string_view deal_id, const View& view, const QueryContext& context) {
    const WorkspaceCalendar calendar{settings_table, view};
    auto tasks = tasks_about(About::deal, deal_id, calendar, view, context.at);
    sort(tasks);
    return tasks;
}

TaskViews related_tasks_of(const rows::v1::DealRow& deal, const View& view, const QueryContext& context) {
    const WorkspaceCalendar calendar{settings_table, view};
    TaskViews tasks;
    const auto add = [&](About about, List list, const std::string& id) {
        if (id.empty()) return;
        auto of_party = tasks_about(about, id, calendar, view, context.at);
        std::erase_if(of_party, [&](const auto& task) { return !sees_task(about, id, task, context); });
        if (of_party.empty()) return;
        const auto related = open_deals_in(list, id, view, context);
        for (auto& task : of_party) {
            task.mutable_related_deal_ids()->Add(related.begin(), related.end());
            tasks.push_back(std::move(task));
        }
    };
    add(About::company, List::company, deal.company_id());
    add(About::contact, List::contact, deal.contact_id());
    sort(tasks);
    return tasks;
}

Nanos Stay::duration(Instant now) const { return std::max(left_at.value_or(now) - entered_at, Nanos{0}); }

double days(Nanos duration) { return std::chrono::duration<double, std::chrono::days::period>(duration).count(); }

Way way_of(std::string_view deal_id, const View& view) {
    Way way;
    milestones.scan(view, Key{}.id(deal_id), {}, [&](std::string_view, rows::v1::MilestoneRow&& milestone, Position) {
        const Instant at = instant_of(milestone.at());
        const bool leaves = milestone.closed() || !milestone.entered_stage().empty();
        if (leaves && !way.stays.empty() && !way.stays.back().left_at) way.stays.back().left_at = at;
        if (!milestone.entered_stage().empty()) {
            way.stays.push_back({.stage = milestone.entered_stage(), .entered_at = at, .left_at = std::nullopt});
        }
        const auto& owner = milestone.owner_id();
        if (!owner.empty() && (way.owners.empty() || way.owners.back() != owner)) way.owners.push_back(owner);
        return true;
    });
    return way;
}

void write_stays(const Way& way, Instant now, google::protobuf::RepeatedPtrField<v1::StageInterval>& out) {
    for (const auto& stay : way.stays) {
        auto& interval = *out.Add();
        interval.set_stage(stay.stage);
        to_proto(stay.entered_at, *interval.mutable_entered_at());
        if (stay.left_at) to_proto(*stay.left_at, *interval.mutable_left_at());
        interval.set_days(days(stay.duration(now)));
    }
}

}  // namespace dealog::deals
