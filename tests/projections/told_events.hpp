#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "domain/deal/deal.pb.h"
#include "domain/seller/seller.pb.h"
#include "domain/settings/settings.pb.h"
#include "domain/task/task.pb.h"
#include "tests/projections/history.hpp"

namespace dealog::projections::testing {

// ---- What a sales department's history is made of. Names become ids by id_of ----

[[nodiscard]] inline std::string deal_stream(std::string_view deal) { return "deal-" + id_of(deal); }
[[nodiscard]] inline std::string contact_stream(std::string_view contact) { return "contact-" + id_of(contact); }
[[nodiscard]] inline std::string company_stream(std::string_view company) { return "company-" + id_of(company); }

[[nodiscard]] inline Told joined(std::string_view seller, const std::string& time_zone = {}) {
    seller::v1::SellerJoined event;
    event.set_seller_id(id_of(seller));
    event.set_name(std::string(seller));
    event.set_time_zone(time_zone);
    return told("seller-" + id_of(seller), event);
}

[[nodiscard]] inline Told locale(const std::string& time_zone) {
    settings::v1::SettingChanged event;
    event.set_key("locale");
    event.mutable_value()->mutable_locale()->set_time_zone(time_zone);
    event.mutable_value()->mutable_locale()->set_currency_code("RUB");
    return told("settings", event);
}

[[nodiscard]] inline Told norms(std::uint32_t min, std::uint32_t max, std::uint32_t executed_min, Instant valid_from) {
    settings::v1::SettingChanged event;
    event.set_key("norms");
    auto& norms = *event.mutable_value()->mutable_norms();
    norms.set_min(min);
    norms.set_max(max);
    norms.set_executed_min(executed_min);
    to_proto(valid_from, *event.mutable_valid_from());
    return told("settings", event);
}

struct Opening {
    std::string deal;
    std::string owner;
    std::string company;
    std::string contact;
    std::string stage = "new";
    std::string external_id;
    std::string pipeline = "sales";
};

[[nodiscard]] inline Told opened(const Opening& opening) {
    deal::v1::DealOpened event;
    event.set_deal_id(id_of(opening.deal));
    event.set_external_id(opening.external_id);
    event.set_title(opening.deal);
    event.set_pipeline(opening.pipeline);
    event.set_pipeline_version(1);
    event.set_stage(opening.stage);
    event.set_owner_id(id_of(opening.owner));
    if (!opening.company.empty()) event.set_company_id(id_of(opening.company));
    if (!opening.contact.empty()) event.set_contact_id(id_of(opening.contact));
    return told(deal_stream(opening.deal), event);
}

[[nodiscard]] inline Told moved(std::string_view deal, const std::string& from, const std::string& to) {
    deal::v1::DealStageChanged event;
    event.set_from_stage(from);
    event.set_to_stage(to);
    event.set_pipeline_version(2);
    return told(deal_stream(deal), event);
}

[[nodiscard]] inline Told won(std::string_view deal, std::int64_t units = 0) {
    deal::v1::DealWon event;
    if (units != 0) {
        event.mutable_value()->set_currency_code("RUB");
        event.mutable_value()->set_units(units);
    }
    return told(deal_stream(deal), event);
}

[[nodiscard]] inline Told lost(std::string_view deal, const std::string& reason, const std::string& comment = {}) {
    deal::v1::DealLost event;
    event.set_reason(reason);
    event.set_subject(deal_stream(deal));
    if (!comment.empty()) event.mutable_comment()->set_text(comment);
    return told(deal_stream(deal), event);
}

[[nodiscard]] inline Told reopened(std::string_view deal, std::string_view owner, const std::string& stage) {
    deal::v1::DealReopened event;
    event.set_owner_id(id_of(owner));
    event.set_stage(stage);
    event.set_subject(deal_stream(deal));
    return told(deal_stream(deal), event);
}

[[nodiscard]] inline Told passed(std::string_view deal, std::string_view from, std::string_view to,
                                 const std::vector<std::string>& tasks = {}) {
    deal::v1::DealOwnerChanged event;
    event.set_from_owner_id(id_of(from));
    event.set_to_owner_id(id_of(to));
    for (const auto& task : tasks) event.add_moved_tasks(id_of(task));
    event.set_subject(deal_stream(deal));
    event.mutable_reason()->set_text("handed over");
    return told(deal_stream(deal), event);
}

[[nodiscard]] inline Told planned(std::string stream, std::string_view task, std::string_view assignee, Instant due_at,
                                  const std::string& type = "CALL") {
    task::v1::TaskPlanned event;
    event.set_task_id(id_of(task));
    event.set_type(type);
    event.set_title(std::string(task));
    to_proto(due_at, *event.mutable_due_at());
    event.set_assignee_id(id_of(assignee));
    return told(std::move(stream), event);
}

[[nodiscard]] inline task::v1::ActionDone action(std::string_view name, std::string_view seller,
                                                 const std::string& type, task::v1::Outcome::Name outcome) {
    task::v1::ActionDone done;
    done.set_action_id(id_of(name));
    done.set_type(type);
    done.set_outcome(outcome);
    done.set_seller_id(id_of(seller));
    return done;
}

/// The action that completes task `t` is called `t done`.
[[nodiscard]] inline Told completed(std::string stream, const std::string& task, std::string_view seller,
                                    const std::string& text = {}, const std::string& type = "CALL",
                                    task::v1::Outcome::Name outcome = task::v1::Outcome::REACHED) {
    task::v1::TaskCompleted event;
    event.set_task_id(id_of(task));
    *event.mutable_action() = action(task + " done", seller, type, outcome);
    event.set_subject(stream);
    if (!text.empty()) event.mutable_text()->set_text(text);
    return told(std::move(stream), event);
}

[[nodiscard]] inline Told rescheduled(std::string stream, std::string_view task, Instant from, Instant to,
                                      const std::string& reason = {}) {
    task::v1::TaskRescheduled event;
    event.set_task_id(id_of(task));
    to_proto(from, *event.mutable_from_due_at());
    to_proto(to, *event.mutable_due_at());
    event.set_subject(stream);
    if (!reason.empty()) event.mutable_reason()->set_text(reason);
    return told(std::move(stream), event);
}

[[nodiscard]] inline Told cancelled(std::string stream, std::string_view task) {
    task::v1::TaskCancelled event;
    event.set_task_id(id_of(task));
    event.set_cause(task::v1::CancelCause::CANCELLED);
    event.set_subject(stream);
    return told(std::move(stream), event);
}

[[nodiscard]] inline Told logged(std::string stream, std::string_view name, std::string_view seller,
                                 const std::string& text = {}, const std::string& type = "CALL",
                                 task::v1::Outcome::Name outcome = task::v1::Outcome::REACHED) {
    task::v1::ActionLogged event;
    *event.mutable_action() = action(name, seller, type, outcome);
    event.set_subject(stream);
    if (!text.empty()) event.mutable_text()->set_text(text);
    return told(std::move(stream), event);
}

/// The corrected action keeps its id.
[[nodiscard]] inline Told corrected(std::string stream, std::string_view name, std::string_view seller,
                                    task::v1::Outcome::Name outcome, const std::string& reason) {
    task::v1::ActionCorrected event;
    *event.mutable_before() = action(name, seller, "CALL", task::v1::Outcome::REACHED);
    *event.mutable_after() = action(name, seller, "CALL", outcome);
    event.set_subject(stream);
    event.mutable_reason()->set_text(reason);
    return told(std::move(stream), event);
}

}  // namespace dealog::projections::testing
