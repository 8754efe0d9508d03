#include "domain/deal/rules.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/money.hpp"
#include "domain/task/planning.hpp"
#include "domain/text.hpp"

namespace dealog::deal {

namespace {

bool has(const Deal& deal, const Fields& fields, const std::string& field) {
    if (field == "value") return deal.value && (deal.value->units() != 0 || deal.value->nanos() != 0);
    if (field == "company_id") return !deal.company_id.empty();
    if (field == "contact_id") return !deal.contact_id.empty();
    return std::ranges::any_of(
        fields, [&](const auto& known) { return known.first == field && !domain::squeezed(known.second).empty(); });
}

bool has_loss_reason(const Deal& deal, const std::string& reason, const domain::Given& given) {
    const pipeline::Pipeline* pipeline = given.aggregates.pipeline(deal.pipeline);
    const pipeline::Version* version = pipeline == nullptr ? nullptr : pipeline->at(deal.pipeline_version);
    return version != nullptr && version->has_loss_reason(reason);
}

}  // namespace

task::About about(const Deal& deal) {
    return task::About{.stream = stream_of(deal.id),
                       .book = &deal.tasks,
                       .owner_id = deal.owner_id,
                       .contact_id = deal.contact_id,
                       .deal = &deal};
}

void merge(Fields& fields, const google::protobuf::RepeatedPtrField<dealog::v1::NamedValue>& changes) {
    for (const auto& change : changes) {
        const auto known = std::ranges::find(fields, change.name(), &std::pair<std::string, std::string>::first);
        if (change.value().empty()) {
            if (known != fields.end()) fields.erase(known);
        } else if (known != fields.end()) {
            known->second = change.value();
        } else {
            fields.emplace_back(change.name(), change.value());
        }
    }
}

std::vector<std::string> missing_criteria(const pipeline::v1::Stage& stage, const Deal& deal, const Fields& fields) {
    std::vector<std::string> missing;
    for (const std::string& field : stage.required_fields()) {
        if (!has(deal, fields, field)) missing.push_back(field);
    }
    return missing;
}

Rejection criteria_not_met(const pipeline::v1::Stage& stage, const std::vector<std::string>& missing) {
    std::vector<Violation> violations;
    for (const std::string& field : missing) {
        violations.push_back(Violation{.rule = std::string{code_name(Code::Problem_Code_STAGE_CRITERIA_NOT_MET)},
                                       .field = field,
                                       .message = fmt::format("The stage {} requires {}.", stage.key(), field)});
    }
    return rejection(Code::Problem_Code_STAGE_CRITERIA_NOT_MET,
                     fmt::format("The stage {} requires {}.", stage.key(), fmt::join(missing, ", ")),
                     std::move(violations));
}

Result<domain::Occurrence, Rejection> occurrence_of_move(const Deal& deal, const domain::Given& given,
                                                         std::optional<Instant> claimed) {
    // The last one may have been claimed a little ahead of this clock.
    if (!claimed && deal.moved_at > given.now) claimed = deal.moved_at;
    auto when = domain::occurrence(given, claimed);
    if (when && when->at < deal.moved_at) {
        return domain::refused(Code::Problem_Code_OCCURRED_OUT_OF_ORDER, "occurredAt",
                               fmt::format("The deal's last move was at {}.", format_rfc3339(deal.moved_at)));
    }
    return when;
}

std::optional<Rejection> closed(const Deal& deal) {
    if (deal.is_open()) return {};
    return domain::broken(Code::Problem_Code_DEAL_CLOSED, "", "The deal is closed.");
}

Result<v1::DealWon, Rejection> won(const Deal& deal, const dealog::v1::Money* value, std::string_view field) {
    v1::DealWon event;
    if (value != nullptr && is_set(*value)) {
        DEALOG_REFUSE_IF(domain::bad_value(*value, field));
        *event.mutable_value() = *value;
    } else if (deal.value) {
        *event.mutable_value() = *deal.value;
    }
    event.set_owner_id(deal.owner_id);
    event.set_stage(deal.stage);
    return event;
}

Result<v1::DealLost, Rejection> lost(const Deal& deal, const std::string& reason, const std::string& comment,
                                     const domain::Given& given, std::string_view parent) {
    if (reason.empty() || !has_loss_reason(deal, reason, given)) {
        return domain::refused(
            Code::Problem_Code_LOSS_REASON_REQUIRED, task::path(parent, "reason"),
            reason.empty() ? "A lost deal has a reason." : fmt::format("The pipeline has no loss reason {}.", reason));
    }
    if (reason == "other" && domain::squeezed(comment).empty()) {
        return domain::refused(Code::Problem_Code_LOSS_REASON_REQUIRED, task::path(parent, "comment"),
                               "The reason other needs a comment.");
    }
    v1::DealLost event;
    event.set_reason(reason);
    event.set_owner_id(deal.owner_id);
    event.set_stage(deal.stage);
    if (deal.value) *event.mutable_value() = *deal.value;
    if (std::string subject; !comment.empty() && !(subject = task::text_subject(about(deal), given)).empty()) {
        event.set_subject(std::move(subject));
        event.mutable_comment()->set_text(comment);
    }
    return event;
}

void cancel_open_tasks(domain::Decision& decision, const Deal& deal, std::string_view except) {
    for (const task::OpenTask& task : deal.tasks.open) {
        if (task.id == except) continue;
        task::v1::TaskCancelled cancelled;
        cancelled.set_task_id(task.id);
        cancelled.set_cause(task::v1::CancelCause::CLOSED);
        domain::add(decision, stream_of(deal.id), std::move(cancelled));
    }
}

}  // namespace dealog::deal
