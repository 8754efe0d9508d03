#include <algorithm>

#include "base/money.hpp"
#include "domain/access/access.hpp"
#include "domain/deal/rules.hpp"
#include "domain/seller/seller.hpp"
#include "domain/task/planning.hpp"
#include "domain/task/report.hpp"

namespace dealog::deal {

namespace {

/// The changes that change something.
google::protobuf::RepeatedPtrField<dealog::v1::NamedValue> real_changes(
    const Deal& deal, const google::protobuf::RepeatedPtrField<dealog::v1::NamedValue>& wanted) {
    auto after = deal.fields;
    merge(after, wanted);
    google::protobuf::RepeatedPtrField<dealog::v1::NamedValue> changes;
    const auto differs = [](const auto& fields, const auto& field) {
        return std::ranges::find(fields, field) == fields.end();
    };
    for (const auto& field : after) {
        if (!differs(deal.fields, field)) continue;
        auto& change = *changes.Add();
        change.set_name(field.first);
        change.set_value(field.second);
    }
    for (const auto& [name, value] : deal.fields) {
        if (std::ranges::find(after, name, &std::pair<std::string, std::string>::first) == after.end()) {
            changes.Add()->set_name(name);
        }
    }
    return changes;
}

bool same(const std::optional<dealog::v1::Money>& known, const dealog::v1::Money& wanted) {
    if (!known) return !is_set(wanted);
    return known->currency_code() == wanted.currency_code() && known->units() == wanted.units() &&
           known->nanos() == wanted.nanos();
}

/// What was not said: the version of the pipeline in force and its stage.
struct Entry {
    const pipeline::Version* version = nullptr;
    const pipeline::v1::Stage* stage = nullptr;
};

Result<Entry, Rejection> entry(const v1::OpenDeal& command, const std::string& key, const domain::Given& given) {
    const pipeline::Pipeline* pipeline = given.aggregates.pipeline(key);
    const pipeline::Version* version = pipeline == nullptr ? nullptr : pipeline->valid_at(given.now);
    if (version == nullptr || version->definition.stages().empty()) {
        return domain::refused(Code::Problem_Code_UNKNOWN_PIPELINE, "pipeline", "There is no such pipeline.");
    }
    const pipeline::v1::Stage* stage =
        command.stage().empty() ? &version->definition.stages(0) : version->stage(command.stage());
    if (stage == nullptr) {
        return domain::refused(Code::Problem_Code_UNKNOWN_STAGE, "stage", "The pipeline has no such stage.");
    }
    return Entry{.version = version, .stage = stage};
}

v1::DealOpened opened(const v1::OpenDeal& command, const std::string& id, const Entry& entry,
                      const seller::Seller& owner) {
    v1::DealOpened event;
    event.set_deal_id(id);
    event.set_external_id(command.external_id());
    event.set_title(command.title());
    event.set_pipeline(entry.version->definition.key());
    event.set_pipeline_version(entry.version->version);
    event.set_stage(entry.stage->key());
    event.set_owner_id(owner.id);
    event.set_company_id(command.company_id());
    event.set_contact_id(command.contact_id());
    if (is_set(command.value())) *event.mutable_value() = command.value();
    event.set_source(command.source());
    event.set_team_id(owner.team_id);
    Fields fields;
    merge(fields, command.fields());
    for (auto& [name, value] : fields) {
        auto& field = *event.add_fields();
        field.set_name(std::move(name));
        field.set_value(std::move(value));
    }
    return event;
}

/// The task that an opening or reopened deal starts with: the one asked for, else what the rule engine plans (R21).
Result<task::v1::TaskPlanned, Rejection> first_task(const task::v1::TaskPlan* asked, const Deal& deal,
                                                    const domain::Given& given, domain::Decision& decision) {
    if (asked != nullptr) {
        return task::planned_by_person(*asked, about(deal).place(), given, "firstTask", decision);
    }
    const task::Situation situation{.stage = deal.stage,
                                    .outcome = task::v1::Outcome::OUTCOME_UNSPECIFIED,
                                    .channel = {},
                                    .silence_days = task::silence_days(deal.tasks, deal.opened_at, given.now)};
    if (auto planned = task::planned_by_rule(situation, deal.owner_id, given)) return *std::move(planned);
    return domain::refused(Code::Problem_Code_DEAL_WITHOUT_TASK, "firstTask",
                           "An open deal has an open task, and no rule plans one here.");
}

}  // namespace

domain::Decided decide(const v1::OpenDeal& command, const domain::Given& given) {
    const std::string id = given.id_or_new(command.id());
    if (given.aggregates.deal(id) != nullptr) {
        return domain::refused(Code::Problem_Code_ALREADY_EXISTS, "id", "There is a deal with this id.");
    }
    const auto owner = domain::active_seller(given, domain::owner_or_actor(given, command.owner_id()), "ownerId");
    if (!owner) return refuse(owner.error());
    DEALOG_REFUSE_IF(domain::missing_company(given, command.company_id()));
    DEALOG_REFUSE_IF(domain::missing_contact(given, command.contact_id()));
    DEALOG_REFUSE_IF(domain::bad_value(command.value()));
    const auto start = entry(command, command.pipeline().empty() ? "sales" : command.pipeline(), given);
    if (!start) return refuse(start.error());
    const auto when = domain::occurrence(given, domain::instant_if(command.has_occurred_at(), command.occurred_at()));
    if (!when) return refuse(when.error());

    v1::DealOpened event = opened(command, id, *start, **owner);
    Deal deal;
    evolve(deal, event, domain::Envelope{Revision{1}, given.now, given.now, given.actor.id});
    if (const auto missing = missing_criteria(*start->stage, deal, deal.fields); !missing.empty()) {
        return refuse(criteria_not_met(*start->stage, missing));
    }
    domain::Decision decision{.id = id, .stream = stream_of(id), .created = true};
    auto planned = first_task(command.has_first_task() ? &command.first_task() : nullptr, deal, given, decision);
    if (!planned) return refuse(std::move(planned).error());
    domain::claim_external_id(decision, "deal", id, command.external_id());
    domain::add(decision, decision.stream, std::move(event), when->claimed, when->backdated);
    domain::add(decision, decision.stream, *std::move(planned));
    return decision;
}

domain::Decided decide(const v1::UpdateDeal& command, const domain::Given& given) {
    const Deal* deal = given.aggregates.deal(command.deal());
    if (deal == nullptr) return domain::not_found("deal", command.deal());
    v1::DealUpdated event;
    if (command.has_title() && command.title() != deal->title) event.set_title(command.title());
    if (command.has_value() && is_set(command.value()) && !same(deal->value, command.value())) {
        DEALOG_REFUSE_IF(domain::bad_value(command.value()));
        *event.mutable_value() = command.value();
    }
    *event.mutable_fields() = real_changes(*deal, command.fields());
    if (command.has_contact_id() && command.contact_id() != deal->contact_id) {
        DEALOG_REFUSE_IF(domain::missing_contact(given, command.contact_id()));
        event.set_contact_id(command.contact_id());
    }
    if (command.has_company_id() && command.company_id() != deal->company_id) {
        DEALOG_REFUSE_IF(domain::missing_company(given, command.company_id()));
        event.set_company_id(command.company_id());
    }
    domain::Decision decision{.id = deal->id, .stream = stream_of(deal->id)};
    if (event.ByteSizeLong() > 0) domain::add(decision, decision.stream, std::move(event));
    return decision;
}

namespace {

/// Without a move the fields of the command are still filled.
domain::Decided stays(const v1::MoveStage& command, const Deal& deal) {
    domain::Decision decision{.id = deal.id, .stream = stream_of(deal.id)};
    v1::DealUpdated event;
    *event.mutable_fields() = real_changes(deal, command.fields());
    if (event.ByteSizeLong() > 0) domain::add(decision, decision.stream, std::move(event));
    return decision;
}

}  // namespace

domain::Decided decide(const v1::MoveStage& command, const domain::Given& given) {
    const Deal* deal = given.aggregates.deal(command.deal());
    if (deal == nullptr) return domain::not_found("deal", command.deal());
    DEALOG_REFUSE_IF(closed(*deal));
    if (command.stage() == deal->stage) return stays(command, *deal);
    const pipeline::Pipeline* pipeline = given.aggregates.pipeline(deal->pipeline);
    const pipeline::Version* version = pipeline == nullptr ? nullptr : pipeline->valid_at(given.now);
    const pipeline::v1::Stage* stage = version == nullptr ? nullptr : version->stage(command.stage());
    if (stage == nullptr) {
        return domain::refused(Code::Problem_Code_UNKNOWN_STAGE, "stage", "The pipeline has no such stage.");
    }
    const auto when =
        occurrence_of_move(*deal, given, domain::instant_if(command.has_occurred_at(), command.occurred_at()));
    if (!when) return refuse(when.error());

    Fields fields = deal->fields;
    merge(fields, command.fields());
    const std::vector<std::string> missing = missing_criteria(*stage, *deal, fields);
    domain::Decision decision{.id = deal->id, .stream = stream_of(deal->id)};
    if (!missing.empty()) {
        if (!command.has_waiver()) return refuse(criteria_not_met(*stage, missing));
        if (!access::is_head(given.actor)) {
            return domain::refused(Code::Problem_Code_FORBIDDEN, "waiver", "Only a head waives criteria.");
        }
        v1::StageCriteriaWaived waived;
        waived.set_stage(stage->key());
        for (const std::string& field : missing) waived.add_missing(field);
        task::set_reason(waived, command.waiver().reason(), about(*deal), given);
        domain::add(decision, decision.stream, std::move(waived), when->claimed, when->backdated);
    }
    v1::DealStageChanged event;
    event.set_from_stage(deal->stage);
    event.set_to_stage(stage->key());
    event.set_pipeline_version(version->version);
    *event.mutable_fields() = real_changes(*deal, command.fields());
    event.set_owner_id(deal->owner_id);
    domain::add(decision, decision.stream, std::move(event), when->claimed, when->backdated);
    return decision;
}

domain::Decided decide(const v1::WinDeal& command, const domain::Given& given) {
    const Deal* deal = given.aggregates.deal(command.deal());
    if (deal == nullptr) return domain::not_found("deal", command.deal());
    DEALOG_REFUSE_IF(closed(*deal));
    if (!command.hand_off_to().empty()) {
        const auto successor = domain::active_seller(given, command.hand_off_to(), "handOffTo");
        if (!successor) return refuse(successor.error());
    }
    const auto when =
        occurrence_of_move(*deal, given, domain::instant_if(command.has_occurred_at(), command.occurred_at()));
    if (!when) return refuse(when.error());
    auto event = won(*deal, command.has_value() ? &command.value() : nullptr, "value");
    if (!event) return refuse(std::move(event).error());
    event->set_hand_off_to(command.hand_off_to());
    domain::Decision decision{.id = deal->id, .stream = stream_of(deal->id)};
    domain::add(decision, decision.stream, *std::move(event), when->claimed, when->backdated);
    cancel_open_tasks(decision, *deal);
    return decision;
}

domain::Decided decide(const v1::LoseDeal& command, const domain::Given& given) {
    const Deal* deal = given.aggregates.deal(command.deal());
    if (deal == nullptr) return domain::not_found("deal", command.deal());
    DEALOG_REFUSE_IF(closed(*deal));
    const auto when =
        occurrence_of_move(*deal, given, domain::instant_if(command.has_occurred_at(), command.occurred_at()));
    if (!when) return refuse(when.error());
    auto event = lost(*deal, command.reason(), command.comment(), given, "");
    if (!event) return refuse(std::move(event).error());
    domain::Decision decision{.id = deal->id, .stream = stream_of(deal->id)};
    domain::add(decision, decision.stream, *std::move(event), when->claimed, when->backdated);
    cancel_open_tasks(decision, *deal);
    return decision;
}

domain::Decided decide(const v1::ReopenDeal& command, const domain::Given& given) {
    const Deal* deal = given.aggregates.deal(command.deal());
    if (deal == nullptr) return domain::not_found("deal", command.deal());
    if (deal->is_open()) return domain::refused(Code::Problem_Code_DEAL_OPEN, "", "The deal is open.");
    if (const auto owner = domain::active_seller(given, deal->owner_id, "ownerId"); !owner) {
        return refuse(owner.error());
    }
    domain::Decision decision{.id = deal->id, .stream = stream_of(deal->id)};
    auto planned = first_task(command.has_first_task() ? &command.first_task() : nullptr, *deal, given, decision);
    if (!planned) return refuse(std::move(planned).error());
    const auto when = occurrence_of_move(*deal, given, {});
    if (!when) return refuse(when.error());
    v1::DealReopened event;
    event.set_owner_id(deal->owner_id);
    event.set_stage(deal->stage);
    event.set_credited_to(deal->credited_to);
    task::set_reason(event, command.reason(), about(*deal), given);
    domain::add(decision, decision.stream, *std::move(planned));
    domain::add(decision, decision.stream, std::move(event), when->claimed, when->backdated);
    return decision;
}

domain::Decided decide(const v1::ChangeOwner& command, const domain::Given& given) {
    const Deal* deal = given.aggregates.deal(command.deal());
    if (deal == nullptr) return domain::not_found("deal", command.deal());
    const auto owner = domain::active_seller(given, command.owner_id(), "ownerId");
    if (!owner) return refuse(owner.error());
    domain::Decision decision{.id = deal->id, .stream = stream_of(deal->id)};
    if (command.owner_id() == deal->owner_id) return decision;
    v1::DealOwnerChanged event;
    event.set_from_owner_id(deal->owner_id);
    event.set_to_owner_id(command.owner_id());
    event.set_to_team_id((*owner)->team_id);
    for (const task::OpenTask& task : deal->tasks.open) {
        if (task.assignee_id == deal->owner_id) event.add_moved_tasks(task.id);
    }
    task::set_reason(event, command.reason(), about(*deal), given);
    domain::add(decision, decision.stream, std::move(event));
    return decision;
}

}  // namespace dealog::deal
