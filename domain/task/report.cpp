#include "domain/task/report.hpp"

#include <fmt/format.h>

#include "domain/settings/settings.hpp"
#include "domain/text.hpp"

namespace dealog::task {

namespace {

std::optional<Rejection> bad_kind(const v1::ActionReport& report, const domain::Given& given, std::string_view field) {
    if (report.outcome() == v1::Outcome::OUTCOME_UNSPECIFIED || !v1::Outcome::Name_IsValid(report.outcome())) {
        return domain::broken(Code::Problem_Code_UNKNOWN_OUTCOME, path(field, "outcome"),
                              "An action has an outcome: NOT_REACHED, REACHED, CONTINUE, REFUSED or WON.");
    }
    if (!given.aggregates.settings().knows_task_type(report.type(), given.now)) {
        return domain::broken(Code::Problem_Code_UNKNOWN_TASK_TYPE, path(field, "type"),
                              fmt::format("There is no task type {}.", report.type()));
    }
    return {};
}

std::optional<Rejection> bad_times(const v1::ActionReport& report, const domain::Given& given, std::string_view field) {
    const auto started = domain::instant_if(report.has_started_at(), report.started_at());
    const auto ended = domain::instant_if(report.has_ended_at(), report.ended_at());
    if (started && ended && *ended < *started) {
        return domain::broken(Code::Problem_Code_ENDED_BEFORE_STARTED, path(field, "endedAt"),
                              "An action ends after it starts.");
    }
    for (const auto& [instant, name] : {std::pair{started, "startedAt"}, std::pair{ended, "endedAt"}}) {
        if (const auto when = domain::occurrence(given, instant, path(field, name)); !when) return when.error();
    }
    const auto talk = report.has_talk_time() ? from_proto(report.talk_time()) : Nanos{0};
    if (talk < Nanos{0} || talk > talk_time_max) {
        return domain::broken(Code::Problem_Code_INVALID_FIELD, path(field, "talkTime"),
                              "Talking takes between no time and 24 hours.");
    }
    return {};
}

}  // namespace

Result<Reported, Rejection> reported(const v1::ActionReport& report, std::optional<Instant> occurred_at,
                                     const domain::Given& given, std::string_view field) {
    DEALOG_REFUSE_IF(bad_kind(report, given, field));
    DEALOG_REFUSE_IF(bad_times(report, given, field));
    if (!occurred_at) occurred_at = domain::instant_if(report.has_started_at(), report.started_at());
    if (!occurred_at) occurred_at = domain::instant_if(report.has_ended_at(), report.ended_at());
    const auto when = domain::occurrence(given, occurred_at, path(field, "occurredAt"));
    if (!when) return refuse(when.error());
    Reported result{.action = {}, .occurrence = *when};
    v1::ActionDone& action = result.action;
    action.set_type(report.type());
    if (report.has_started_at()) *action.mutable_started_at() = report.started_at();
    if (report.has_ended_at()) *action.mutable_ended_at() = report.ended_at();
    if (report.has_talk_time()) *action.mutable_talk_time() = report.talk_time();
    action.set_direction(report.direction());
    action.set_outcome(report.outcome());
    action.set_content_id(report.content_id());
    return result;
}

std::optional<Rejection> result_missing(const v1::ActionDone& action, const std::string& text, TextKnown known,
                                        std::string_view field) {
    if (action.outcome() == v1::Outcome::NOT_REACHED || !action.content_id().empty()) return {};
    if (known == TextKnown::yes || !domain::squeezed(text).empty()) return {};
    return domain::broken(Code::Problem_Code_RESULT_MISSING, path(field, "text"),
                          "What was said or written is missing: send text or contentId.");
}

std::string doer(const domain::Given& given, const std::string& otherwise) {
    return given.actor.kind == Principal::Kind::seller ? given.actor.id : otherwise;
}

}  // namespace dealog::task
