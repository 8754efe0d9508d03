#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "domain/deal/rules.hpp"
#include "projections/day_list/task_rows.hpp"
#include "projections/deals/cards.hpp"
#include "projections/deals/queries.hpp"
#include "projections/deals/tables.hpp"
#include "projections/deals/timeline.hpp"

namespace dealog::deals {

namespace {

/// An action as corrected last.
struct Action {
    std::string id;
    std::string type;
    task::v1::Outcome::Name outcome = task::v1::Outcome::OUTCOME_UNSPECIFIED;
    Instant at;
};

void take(const v1::TimelineEntry& entry, std::vector<Action>& actions) {
    if (entry.action_id().empty()) return;
    const auto& id = entry.corrects().empty() ? entry.action_id() : entry.corrects();
    auto action = std::ranges::find(actions, id, &Action::id);
    if (action == actions.end()) {
        action = actions.insert(actions.end(), Action{.id = {}, .type = {}, .at = from_proto(entry.occurred_at())});
    }
    action->id = entry.action_id();
    action->type = entry.action_type();
    action->outcome = entry.outcome();
    if (entry.has_started_at()) action->at = from_proto(entry.started_at());
}

bool reached(const Action& action) {
    return action.outcome != task::v1::Outcome::OUTCOME_UNSPECIFIED && action.outcome != task::v1::Outcome::NOT_REACHED;
}

/// The channel on which the client answered last: what a successor should use (R8).
void write_channel(const std::vector<Action>& actions, const View& view, v1::Brief& brief) {
    const projections::WorkspaceCalendar calendar{settings_table, view};
    const Action* last = nullptr;
    for (const auto& action : actions) {
        if (!reached(action) || !calendar.communication(action.type, action.at)) continue;
        if (last == nullptr || last->at <= action.at) last = &action;
    }
    if (last == nullptr) return;
    brief.set_last_answered_channel(last->type);
    to_proto(last->at, *brief.mutable_last_answered_at());
}

/// The version of the deal's pipeline in force at `at`, else the earliest: what the next move is judged by.
std::optional<rows::v1::CriteriaRow> criteria_at(const std::string& pipeline, Instant at, const View& view) {
    std::optional<rows::v1::CriteriaRow> valid;
    criteria.scan(view, Key{}.text(pipeline, pipeline_length), {},
                  [&](std::string_view key, rows::v1::CriteriaRow&& row, Position) {
                      projections::KeyReader reader{key.substr(pipeline_length)};
                      if (valid && reader.i64() > day_list::nanos_of(at)) return false;
                      valid = std::move(row);
                      return true;
                  });
    return valid;
}

/// By the rule that the next move will be judged by.
void write_criteria(const rows::v1::DealRow& row, const View& view, Instant at, v1::Brief& brief) {
    if (row.state() != rows::v1::DealRow::OPEN) return;
    const auto defined = criteria_at(row.pipeline(), at, view);
    if (!defined) return;
    const auto& stages = defined->stages();
    const auto present = std::ranges::find(stages, row.stage(), [](const auto& stage) { return stage.key(); });
    if (present == stages.end() || std::next(present) == stages.end()) return;

    pipeline::v1::Stage stage;
    *stage.mutable_required_fields() = std::next(present)->required_fields();
    deal::Deal known;
    if (row.has_value()) known.value = row.value();
    known.company_id = row.company_id();
    known.contact_id = row.contact_id();
    deal::Fields fields;
    for (const auto& field : row.fields()) fields.emplace_back(field.name(), field.value());
    const auto missing = deal::missing_criteria(stage, known, fields);
    brief.mutable_criteria_missing()->Add(missing.begin(), missing.end());
    for (const auto& field : stage.required_fields()) {
        if (std::ranges::find(missing, field) == missing.end()) brief.add_criteria_met(field);
    }
}

}  // namespace

QueryResult show_brief(const Message& message, const View& view, const QueryContext& context) {
    const auto& request = static_cast<const v1::ShowBrief&>(message);
    const auto deal = visible_deal(request.deal(), view, context);
    if (!deal) return refuse(rejection(Code::Problem_Code_NOT_FOUND));

    auto brief = std::make_unique<v1::Brief>();
    brief->set_position(view.position().value());
    to_proto(context.at, *brief->mutable_at());
    *brief->mutable_deal() = view_of(request.deal(), *deal, view);
    for (auto& task : open_tasks_of(request.deal(), view, context)) *brief->add_open_tasks() = std::move(task);
    if (brief->open_tasks_size() > 0) *brief->mutable_next_task() = brief->open_tasks(0);

    const Way way = way_of(request.deal(), view);
    write_stays(way, context.at, *brief->mutable_stage_intervals());
    for (const auto& owner : way.owners) brief->add_owners(owner);
    write_criteria(*deal, view, context.at, *brief);

    std::vector<Action> actions;
    read_timeline(request.deal(), Position{0}, view, context, [&](v1::TimelineEntry&& entry) {
        take(entry, actions);
        *brief->add_timeline() = std::move(entry);
        return true;
    });
    brief->set_actions(static_cast<std::uint32_t>(actions.size()));
    write_channel(actions, view, *brief);
    return brief;
}

}  // namespace dealog::deals
