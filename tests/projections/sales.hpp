#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/deal/deal.pb.h"
#include "domain/pipeline/pipeline.pb.h"
#include "domain/seller/seller.pb.h"
#include "domain/task/task.pb.h"
#include "domain/team/team.pb.h"
#include "projections/kpis/kpis.pb.h"
#include "tests/projections/history.hpp"

namespace dealog::projections::testing::sales {

[[nodiscard]] inline v1::Money usd(std::int64_t units, std::int32_t nanos = 0) {
    v1::Money money;
    money.set_currency_code("USD");
    money.set_units(units);
    money.set_nanos(nanos);
    return money;
}

struct StageAt {
    std::string key;
    double probability = 0;
};

/// An action as a test tells it.
struct Talk {
    std::string type = "CALL";
    task::v1::Outcome::Name outcome = task::v1::Outcome::REACHED;
    std::int64_t seconds = 0;
    [[nodiscard]] task::v1::ActionDone by(std::string_view seller, std::string_view action) const {
        task::v1::ActionDone done;
        done.set_action_id(id_of(action));
        done.set_type(type);
        done.set_outcome(outcome);
        done.set_seller_id(id_of(seller));
        if (seconds > 0) done.mutable_talk_time()->set_seconds(seconds);
        return done;
    }
};

// ---- What a sales department does, by the names a test gives to people and deals ----

[[nodiscard]] inline Told joins(std::string_view seller, std::string_view team = {}) {
    seller::v1::SellerJoined joined;
    joined.set_seller_id(id_of(seller));
    joined.set_name(std::string(seller));
    joined.add_roles(v1::Role::CLOSER);
    if (!team.empty()) joined.set_team_id(id_of(team));
    return told("seller-" + id_of(seller), joined);
}
[[nodiscard]] inline Told changes_team(std::string_view seller, std::string_view team) {
    seller::v1::SellerUpdated updated;
    updated.set_team_id(team.empty() ? std::string{} : id_of(team));
    return told("seller-" + id_of(seller), updated);
}
[[nodiscard]] inline Told defines(std::string_view pipeline, const std::vector<StageAt>& stages) {
    pipeline::v1::PipelineDefined defined;
    defined.set_key(std::string(pipeline));
    for (const auto& stage : stages) {
        auto& added = *defined.add_stages();
        added.set_key(stage.key);
        added.set_name("Stage " + stage.key);
        added.set_probability(stage.probability);
    }
    return told("pipeline-" + std::string(pipeline), defined);
}

struct Opening {
    std::string_view owner;
    std::string stage = "new";
    v1::Money value = {};
    std::string source = {};
};
[[nodiscard]] inline Told opens(std::string_view deal, const Opening& opening) {
    deal::v1::DealOpened opened;
    opened.set_deal_id(id_of(deal));
    opened.set_title(std::string(deal));
    opened.set_pipeline("sales");
    opened.set_pipeline_version(1);
    opened.set_stage(opening.stage);
    opened.set_owner_id(id_of(opening.owner));
    opened.set_source(opening.source);
    if (!opening.value.currency_code().empty()) *opened.mutable_value() = opening.value;
    return told("deal-" + id_of(deal), opened);
}
[[nodiscard]] inline Told moves(std::string_view deal, std::string_view from, std::string_view to,
                                std::string_view owner) {
    deal::v1::DealStageChanged moved;
    moved.set_from_stage(std::string(from));
    moved.set_to_stage(std::string(to));
    moved.set_owner_id(id_of(owner));
    return told("deal-" + id_of(deal), moved);
}
[[nodiscard]] inline Told revalues(std::string_view deal, const v1::Money& value) {
    deal::v1::DealUpdated updated;
    *updated.mutable_value() = value;
    return told("deal-" + id_of(deal), updated);
}
[[nodiscard]] inline Told wins(std::string_view deal, std::string_view owner, const v1::Money& value,
                               std::string stage = "new") {
    deal::v1::DealWon won;
    *won.mutable_value() = value;
    won.set_owner_id(id_of(owner));
    won.set_stage(std::move(stage));
    return told("deal-" + id_of(deal), won);
}
[[nodiscard]] inline Told loses(std::string_view deal, std::string_view owner, std::string stage = "new") {
    deal::v1::DealLost lost;
    lost.set_reason("price");
    lost.set_owner_id(id_of(owner));
    lost.set_stage(std::move(stage));
    lost.set_subject("deal-" + id_of(deal));
    return told("deal-" + id_of(deal), lost);
}
[[nodiscard]] inline Told reopens(std::string_view deal, std::string_view owner, std::string stage = "new") {
    deal::v1::DealReopened reopened;
    reopened.set_owner_id(id_of(owner));
    reopened.set_stage(std::move(stage));
    reopened.set_subject("deal-" + id_of(deal));
    return told("deal-" + id_of(deal), reopened);
}
[[nodiscard]] inline Told passes(std::string_view deal, std::string_view from, std::string_view to) {
    deal::v1::DealOwnerChanged changed;
    changed.set_from_owner_id(id_of(from));
    changed.set_to_owner_id(id_of(to));
    changed.set_subject("deal-" + id_of(deal));
    return told("deal-" + id_of(deal), changed);
}

[[nodiscard]] inline Told plans(std::string_view deal, std::string_view task, std::string_view assignee,
                                Instant due_at) {
    task::v1::TaskPlanned planned;
    planned.set_task_id(id_of(task));
    planned.set_type("CALL");
    planned.set_title("About the offer");
    to_proto(due_at, *planned.mutable_due_at());
    planned.set_assignee_id(id_of(assignee));
    return told("deal-" + id_of(deal), planned);
}
[[nodiscard]] inline Told completes(std::string_view deal, std::string_view task, const task::v1::ActionDone& action,
                                    Instant original_due_at, Instant due_at) {
    task::v1::TaskCompleted completed;
    completed.set_task_id(id_of(task));
    *completed.mutable_action() = action;
    to_proto(due_at, *completed.mutable_due_at());
    to_proto(original_due_at, *completed.mutable_original_due_at());
    completed.set_subject("deal-" + id_of(deal));
    return told("deal-" + id_of(deal), completed);
}
[[nodiscard]] inline Told reschedules(std::string_view deal, std::string_view task, Instant due_at) {
    task::v1::TaskRescheduled rescheduled;
    rescheduled.set_task_id(id_of(task));
    to_proto(due_at, *rescheduled.mutable_due_at());
    rescheduled.set_subject("deal-" + id_of(deal));
    return told("deal-" + id_of(deal), rescheduled);
}
[[nodiscard]] inline Told logs(std::string_view deal, const task::v1::ActionDone& action) {
    task::v1::ActionLogged logged;
    *logged.mutable_action() = action;
    logged.set_subject("deal-" + id_of(deal));
    return told("deal-" + id_of(deal), logged);
}
[[nodiscard]] inline Told corrects(std::string_view deal, const task::v1::ActionDone& before,
                                   const task::v1::ActionDone& after) {
    task::v1::ActionCorrected corrected;
    *corrected.mutable_before() = before;
    *corrected.mutable_after() = after;
    corrected.set_subject("deal-" + id_of(deal));
    return told("deal-" + id_of(deal), corrected);
}

// ---- Evidence ----

struct Number {
    std::string metric;
    std::string row = {};
    std::uint32_t page_size = 0;
};

/// One page of the events behind a number of a figure.
template <class Figure>
[[nodiscard]] kpis::v1::Evidence evidence_page(const Projection& projection, const View& view,
                                               const QueryContext& context, const Figure& figure,
                                               const kpis::v1::ShowEvidence& asked) {
    for (const auto& handler : projection.queries()) {
        if (handler.request != Figure::descriptor()) continue;
        auto answer = handler.evidence(figure, asked, view, context);
        if (!answer) throw std::runtime_error("refused: " + std::string(code_name(answer.error().code)));
        return static_cast<const kpis::v1::Evidence&>(**answer);
    }
    throw std::logic_error("no such figure");
}

/// All pages of it.
template <class Figure>
[[nodiscard]] std::vector<kpis::v1::EvidenceItem> evidence_of(const Projection& projection, ReadModel& model,
                                                              const History& history, const Figure& figure,
                                                              const Number& number, const Asking& asking = {}) {
    const Principal caller;
    const auto present = model.rows().view();
    const Visibility visible = asking.visible.value_or(Visibility{.everything = true, .sellers = {}});
    const QueryContext context{.caller = caller,
                               .visible = visible,
                               .at = asking.at.value_or(history.now()),
                               .vault = history.vault,
                               .workspace = workspace,
                               .present = asking.as_of ? present.get() : nullptr};
    const auto view = model.rows().view(asking.as_of);
    std::vector<kpis::v1::EvidenceItem> items;
    kpis::v1::ShowEvidence asked;
    asked.set_query("of the figure");
    asked.set_metric(number.metric);
    asked.set_row(number.row);
    asked.set_page_size(number.page_size);
    do {
        const auto page = evidence_page(projection, *view, context, figure, asked);
        items.insert(items.end(), page.items().begin(), page.items().end());
        if (page.next_page_token().empty() && items.size() != page.total())
            throw std::logic_error("total is not the items");
        asked.set_page_token(page.next_page_token());
    } while (!asked.page_token().empty());
    return items;
}

[[nodiscard]] inline std::int64_t count_of(const std::vector<kpis::v1::EvidenceItem>& items) {
    std::int64_t count = 0;
    for (const auto& item : items) count += item.count();
    return count;
}
[[nodiscard]] inline Nanos duration_of(const std::vector<kpis::v1::EvidenceItem>& items) {
    Nanos duration{0};
    for (const auto& item : items) duration += from_proto(item.duration());
    return duration;
}
/// In nano-units, of the one currency that tests use.
[[nodiscard]] inline std::int64_t value_of(const std::vector<kpis::v1::EvidenceItem>& items) {
    std::int64_t value = 0;
    for (const auto& item : items) value += item.value().units() * 1'000'000'000 + item.value().nanos();
    return value;
}
template <class Sums>
[[nodiscard]] std::int64_t nanos_of_sums(const Sums& sums) {
    std::int64_t value = 0;
    for (const auto& sum : sums) value += sum.units() * 1'000'000'000 + sum.nanos();
    return value;
}

}  // namespace dealog::projections::testing::sales
