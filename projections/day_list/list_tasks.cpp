#include "projections/day_list/list_tasks.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/zone.hpp"
#include "projections/day_list/tables.hpp"
#include "projections/day_list/task_rows.hpp"
#include "projections/merged_scan.hpp"

namespace dealog::day_list {

using projections::Message;
using projections::QueryContext;
using projections::QueryResult;
using projections::View;
using projections::WorkspaceCalendar;

namespace {

struct Asked {
    const v1::ListTasks& request;
    const View& view;
    const QueryContext& context;
    const WorkspaceCalendar& calendar;
};

// ---- One task ----

/// The open deals of a company's or a contact's task that the caller may see (R15).
void relate(v1::TaskView& task, const Asked& asked) {
    if (task.company_id().empty() && task.contact_id().empty()) return;
    const Key prefix = task.company_id().empty() ? party_key(Party::contact, task.contact_id())
                                                 : party_key(Party::company, task.company_id());
    open_deals.scan(asked.view, prefix, {}, [&](std::string_view key, rows::v1::OpenDealRow&& deal, Position) {
        const auto deal_key = key.substr(lane_length);
        if (asked.context.sees(deals, deal_key, deal.owner_id())) {
            task.add_related_deal_ids(projections::KeyReader{deal_key}.id());
        }
        return true;
    });
}

void add_task(const rows::v1::TaskRow& row, const Asked& asked, v1::TaskList& answer) {
    auto& task = *answer.add_tasks();
    task = view_of(row, asked.calendar, asked.context.at);
    relate(task, asked);
}

/// Who has the task now. One that was cancelled since stays with who had it last, and goes with its deal.
std::string assignee_now(const rows::v1::TaskRow& row, const View& view, const View& present) {
    if (const auto place = places.get(present, Key{}.id(row.id()))) return place->assignee_id();
    if (row.deal_id().empty()) return row.assignee_id();
    const auto then = deals.get(view, Key{}.id(row.deal_id()));
    const auto now = deals.get(present, Key{}.id(row.deal_id()));
    const bool passed_on = then && now && then->owner_id() != now->owner_id();
    return passed_on ? now->owner_id() : row.assignee_id();
}

bool sees(const rows::v1::TaskRow& row, const Asked& asked) {
    const auto& context = asked.context;
    if (context.visible.everything || context.present == nullptr) return context.visible.sees(row.assignee_id());
    return context.visible.sees(assignee_now(row, asked.view, *context.present));
}

bool wanted(const rows::v1::TaskRow& row, const Asked& asked) {
    const auto& request = asked.request;
    if (!sees(row, asked)) return false;
    if (!request.type().empty() && row.type() != request.type()) return false;
    return request.status() == v1::TaskStatus::TASK_STATUS_UNSPECIFIED ||
           status_of(row, asked.context.at) == request.status();
}

// ---- One day ----

struct Day {
    std::string seller_id;
    std::chrono::year_month_day date;
    Zone zone;
    Instant begin;
    Instant end;
};

Day day_of(const Asked& asked, std::string seller_id, std::chrono::year_month_day date) {
    const auto seller = sellers.get(asked.view, Key{}.id(seller_id));
    const auto own = seller ? Zone::find(seller->time_zone()) : std::nullopt;
    return {.seller_id = std::move(seller_id),
            .date = date,
            .zone = own.value_or(asked.calendar.zone(date)),
            .begin = own ? own->day_begin(date) : asked.calendar.day_begin(date),
            .end = own ? own->day_begin(next_day(date)) : asked.calendar.day_end(date)};
}

/// Tasks due on the day, by their place in the list.
std::map<std::string, rows::v1::TaskRow> tasks_of(const Day& day, const View& view) {
    std::map<std::string, rows::v1::TaskRow> found;
    for (const auto done : {Done::no, Done::yes}) {
        const Key lane = lane_key(day.seller_id, done);
        const Key from = lane_key(day.seller_id, done).i64(nanos_of(day.begin));
        const Key until = lane_key(day.seller_id, done).i64(nanos_of(day.end));
        tasks.scan_until(view, lane, from, until, [&](std::string_view key, rows::v1::TaskRow&& row, Position) {
            found.emplace(std::string(key.substr(lane_length)), std::move(row));
            return true;
        });
    }
    return found;
}

std::uint32_t actions_done(const Day& day, const View& view) {
    std::uint32_t count = 0;
    const Key seller = Key{}.id(day.seller_id);
    const Key from = Key{}.id(day.seller_id).i64(nanos_of(day.begin));
    const Key until = Key{}.id(day.seller_id).i64(nanos_of(day.end));
    actions.scan_until(view, seller, from, until, [&](std::string_view, rows::v1::ActionRow&&, Position) {
        ++count;
        return true;
    });
    return count;
}

/// Done before the day ended, and not entered so late that nobody could see it that day.
bool done_in_time(const rows::v1::TaskRow& row, const Day& day) {
    return row.has_completed_at() && row.completed_at() < nanos_of(day.end) && !row.completed_late();
}

v1::DayPlan::Name plan_of(const std::map<std::string, rows::v1::TaskRow>& all, const Day& day, Instant at) {
    const bool over = at >= day.end;
    if (all.empty()) return over ? v1::DayPlan::COMPLETED : v1::DayPlan::OPEN;
    const auto done = [&](const auto& task) {
        return over ? done_in_time(task.second, day) : task.second.has_completed_at();
    };
    if (std::ranges::all_of(all, done)) return v1::DayPlan::COMPLETED;
    return over ? v1::DayPlan::MISSED : v1::DayPlan::OPEN;
}

void judge(const std::map<std::string, rows::v1::TaskRow>& all, const Day& day, const Asked& asked,
           v1::TaskList& answer) {
    const auto& norms = asked.calendar.settings().norms(day.end - Nanos{1});
    const auto planned = static_cast<std::uint32_t>(all.size());
    answer.mutable_norm()->set_min(norms.min());
    answer.mutable_norm()->set_max(norms.max());
    answer.mutable_norm()->set_verdict(planned < norms.min() ? "under" : planned > norms.max() ? "over" : "ok");
    answer.set_planned(planned);
    answer.set_done(static_cast<std::uint32_t>(
        std::ranges::count_if(all, [](const auto& task) { return task.second.has_completed_at(); })));
    answer.set_shortfall(planned < norms.min() ? norms.min() - planned : 0);
    answer.set_day_plan(plan_of(all, day, asked.context.at));
    answer.set_actions_done(actions_done(day, asked.view));
    answer.set_actions_norm(norms.executed_min());
}

void list_day(const Day& day, const std::string& start, const Asked& asked, v1::TaskList& answer) {
    answer.set_seller_id(day.seller_id);
    answer.set_date(format_date(day.date));
    answer.set_time_zone(std::string(day.zone.name()));
    const auto all = tasks_of(day, asked.view);
    judge(all, day, asked, answer);
    // A day is read whole unless the caller asks for pages.
    const auto page = asked.request.page_size() == 0 ? projections::page_size_max : asked.request.page_size();
    for (auto task = all.lower_bound(start); task != all.end(); ++task) {
        if (!wanted(task->second, asked)) continue;
        if (static_cast<std::uint32_t>(answer.tasks_size()) == page) {
            answer.set_next_page_token(projections::make_page_token(asked.view.position(), asked.request, task->first));
            return;
        }
        add_task(task->second, asked, answer);
    }
}

// ---- Many sellers ----

/// Who may have tasks that the caller sees: in the past that is anybody. A task may be nobody's.
std::vector<std::string> sellers_of(const Asked& asked) {
    if (!asked.request.seller().empty()) return {asked.request.seller()};
    const auto& visible = asked.context.visible;
    if (!visible.everything && asked.context.present == nullptr)
        return {visible.sellers.begin(), visible.sellers.end()};
    std::vector<std::string> all{std::string{}};
    sellers.scan(asked.view, {}, {}, [&](std::string_view key, rows::v1::SellerRow&&, Position) {
        all.push_back(projections::KeyReader{key}.id());
        return true;
    });
    return all;
}

void list_open(const std::string& start, const Asked& asked, v1::TaskList& answer) {
    const auto done = asked.request.status() == v1::TaskStatus::DONE ? Done::yes : Done::no;
    const auto page = asked.request.page_size() == 0 ? projections::page_size_default : asked.request.page_size();
    const std::string first = asked.request.status() == v1::TaskStatus::OPEN
                                  ? std::max(start, Key{}.i64(nanos_of(asked.context.at)).bytes())
                                  : start;
    std::vector<std::string> lanes;
    for (const auto& seller_id : sellers_of(asked)) lanes.push_back(lane_key(seller_id, done).bytes());
    projections::MergedScan list{asked.view, tasks.spec, lanes, first};
    for (; const auto* next = list.front(); list.pop()) {
        rows::v1::TaskRow row;
        DEALOG_ASSERT(row.ParseFromString(next->row), "a row does not parse");
        if (asked.request.status() == v1::TaskStatus::OVERDUE && row.due_at() >= nanos_of(asked.context.at)) return;
        if (!wanted(row, asked)) continue;
        if (static_cast<std::uint32_t>(answer.tasks_size()) == page) {
            answer.set_next_page_token(projections::make_page_token(asked.view.position(), asked.request, next->rest));
            return;
        }
        add_task(row, asked, answer);
    }
}

Rejection malformed(std::string_view rule, std::string_view field, std::string_view message) {
    return rejection(
        Code::Problem_Code_MALFORMED_QUERY, std::string(message),
        {Violation{.rule = std::string(rule), .field = std::string(field), .message = std::string(message)}});
}

}  // namespace

QueryResult list_tasks(const Message& message, const View& view, const QueryContext& context) {
    const auto& request = static_cast<const v1::ListTasks&>(message);
    const auto start = projections::page_start(request);
    if (!start) return refuse(start.error());
    const bool whole = start->empty() || start->size() == order_length;
    if (!whole) return refuse(rejection(Code::Problem_Code_BAD_CURSOR));

    auto answer = std::make_unique<v1::TaskList>();
    answer->set_position(view.position().value());
    to_proto(context.at, *answer->mutable_at());
    const WorkspaceCalendar calendar{settings_table, view};
    const Asked asked{.request = request, .view = view, .context = context, .calendar = calendar};

    std::string seller_id = request.seller();
    if (seller_id.empty() && !request.date().empty() && context.caller.kind == Principal::Kind::seller) {
        seller_id = context.caller.id;
    }
    const bool missing = !seller_id.empty() && !sellers.get(view, Key{}.id(seller_id));
    if (!seller_id.empty() && (missing || !context.visible.sees(seller_id))) {
        return refuse(rejection(Code::Problem_Code_NOT_FOUND));
    }
    if (request.date().empty()) {
        list_open(*start, asked, *answer);
        return answer;
    }
    if (seller_id.empty()) return refuse(malformed("required", "seller", "a day is a seller's day"));
    const auto date = parse_date(request.date());
    if (!date) return refuse(malformed("format", "date", "not a date"));
    list_day(day_of(asked, std::move(seller_id), *date), *start, asked, *answer);
    return answer;
}

}  // namespace dealog::day_list
