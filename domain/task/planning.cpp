#include "domain/task/planning.hpp"

#include <fmt/format.h>

#include "domain/rules.hpp"
#include "domain/seller/seller.hpp"
#include "domain/settings/settings.hpp"
#include "domain/task/title.hpp"

namespace dealog::task {

namespace {

Zone zone_of(const std::string& seller_id, const domain::Given& given) {
    const seller::Seller* seller = seller_id.empty() ? nullptr : given.aggregates.seller(seller_id);
    if (seller != nullptr && !seller->time_zone.empty()) {
        if (const auto zone = Zone::find(seller->time_zone)) return *zone;
    }
    return given.aggregates.settings().zone(given.now);
}

std::optional<Rejection> badly_formed(const v1::TaskPlan& plan, const domain::Given& given, std::string_view field) {
    const settings::Settings& settings = given.aggregates.settings();
    if (!settings.knows_task_type(plan.type(), given.now)) {
        return domain::broken(Code::Problem_Code_UNKNOWN_TASK_TYPE, path(field, "type"),
                              fmt::format("There is no task type {}.", plan.type()));
    }
    if (!is_descriptive(plan.title(), settings.title_stop_list(given.now))) {
        return domain::broken(Code::Problem_Code_TITLE_NOT_DESCRIPTIVE, path(field, "title"),
                              "The title does not say what the task is about.");
    }
    if (from_proto(plan.due_at()) <= given.now) {
        return domain::broken(Code::Problem_Code_DUE_IN_PAST, path(field, "dueAt"), "A task is due in the future.");
    }
    return {};
}

}  // namespace

std::string path(std::string_view parent, std::string_view field) {
    return parent.empty() ? std::string{field} : fmt::format("{}.{}", parent, field);
}

std::optional<Rejection> claim_id(domain::Decision& decision, std::string_view kind, const Place& place,
                                  const std::string& id, std::string_view field) {
    if (id.empty()) return {};
    if (place.book.find_open(id) != nullptr || place.book.was_closed(id) || place.book.find_action(id) != nullptr) {
        return domain::broken(Code::Problem_Code_ALREADY_EXISTS, std::string{field},
                              fmt::format("There is a {} with this id.", kind));
    }
    decision.claims.push_back(domain::Claim{.kind = std::string{kind},
                                            .owner = fmt::format("{}/{}", place.stream.value(), id),
                                            .values = {id},
                                            .taken = Code::Problem_Code_ALREADY_EXISTS});
    return {};
}

Result<v1::TaskPlanned, Rejection> planned_by_person(const v1::TaskPlan& plan, const Place& place,
                                                     const domain::Given& given, std::string_view field,
                                                     domain::Decision& decision) {
    DEALOG_REFUSE_IF(badly_formed(plan, given, field));
    DEALOG_REFUSE_IF(claim_id(decision, "task", place, plan.id(), path(field, "id")));
    const std::string assignee =
        plan.assignee_id().empty() ? domain::owner_or_actor(given, place.owner_id) : plan.assignee_id();
    const auto seller = domain::active_seller(given, assignee, path(field, "assigneeId"));
    if (!seller) return refuse(seller.error());
    v1::TaskPlanned planned;
    planned.set_task_id(given.id_or_new(plan.id()));
    planned.set_type(plan.type());
    planned.set_title(plan.title());
    *planned.mutable_due_at() = plan.due_at();
    planned.set_assignee_id(assignee);
    return planned;
}

std::optional<v1::TaskPlanned> planned_by_rule(const Situation& situation, const std::string& owner_id,
                                               const domain::Given& given) {
    auto proposal = next_task(given.aggregates.settings(), given.now, situation, zone_of(owner_id, given));
    if (!proposal) return {};
    v1::TaskPlanned planned;
    planned.set_task_id(given.new_id());
    planned.set_type(std::move(proposal->type));
    planned.set_title(std::move(proposal->title));
    to_proto(proposal->due_at, *planned.mutable_due_at());
    planned.set_assignee_id(owner_id);
    *planned.mutable_planned_by() = std::move(proposal->trace);
    return planned;
}

}  // namespace dealog::task
