#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "domain/decision.hpp"
#include "domain/given.hpp"
#include "domain/rules.hpp"
#include "domain/task/about.hpp"
#include "domain/task/task.pb.h"

namespace dealog::task {

/// An action as it will be recorded, and when it took place.
struct Reported {
    v1::ActionDone action;
    domain::Occurrence occurrence;
};

inline constexpr std::chrono::hours talk_time_max{24};

/// The report as an action when type, outcome and times hold (R2). `occurred_at` wins over the times in the report;
/// without any it took place now. The action has neither id nor doer yet. `field` is where the report stood.
[[nodiscard]] Result<Reported, Rejection> reported(const v1::ActionReport& report, std::optional<Instant> occurred_at,
                                                   const domain::Given& given, std::string_view field);

/// What was said or written has to be there unless nobody was reached (R19). `text_known`: it is on record already.
enum class TextKnown { no, yes };
[[nodiscard]] std::optional<Rejection> result_missing(const v1::ActionDone& action, const std::string& text,
                                                      TextKnown known, std::string_view field);

/// Who gets the credit: the acting seller, else the one whose work it was.
[[nodiscard]] std::string doer(const domain::Given& given, const std::string& otherwise);

/// Puts a text and its subject into an event. Refused when the person was erased and there is a text.
template <class Event>
[[nodiscard]] std::optional<Rejection> set_text(Event& event, const std::string& text, const About& about,
                                                const domain::Given& given, std::string_view field) {
    if (text.empty()) return {};
    std::string subject = text_subject(about, given);
    if (subject.empty()) {
        return domain::broken(Code::Problem_Code_SUBJECT_ERASED, std::string{field}, "This person was erased.");
    }
    event.set_subject(std::move(subject));
    event.mutable_text()->set_text(text);
    return {};
}

/// Puts a reason and its subject into an event. An erased subject takes no more text, yet the step stays possible: then
/// the reason is left out.
template <class Event>
void set_reason(Event& event, const std::string& reason, const About& about, const domain::Given& given) {
    if (reason.empty()) return;
    std::string subject = text_subject(about, given);
    if (subject.empty()) return;
    event.set_subject(std::move(subject));
    event.mutable_reason()->set_text(reason);
}

}  // namespace dealog::task
