#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "base/zone.hpp"
#include "domain/settings/settings.hpp"
#include "domain/task/book.hpp"
#include "domain/task/task.pb.h"

namespace dealog::task {

/// What a rule looks at (R23).
struct Situation {
    std::string stage;
    v1::Outcome::Name outcome = v1::Outcome::OUTCOME_UNSPECIFIED;  // of the action before; none at opening
    std::string channel;                                           // task type of the action before
    std::uint32_t silence_days = 0;                                // since the client last answered
};

struct Proposal {
    std::string type;
    std::string title;
    Instant due_at;
    v1::RuleTrace trace;
};

/// The task that the first matching rule in force plans; absent when none matches. The same settings, moment, situation
/// and zone give the same task for ever.
[[nodiscard]] std::optional<Proposal> next_task(const settings::Settings& settings, Instant now,
                                                const Situation& situation, const Zone& zone);

/// The n-th working day after today, at a local minute moved into that day's working hours.
[[nodiscard]] Instant after_working_days(const settings::v1::WorkingHours& hours, const Zone& zone, Instant now,
                                         std::uint32_t days, std::optional<int> minute);
/// When that many minutes of working time have passed.
[[nodiscard]] Instant after_working_minutes(const settings::v1::WorkingHours& hours, const Zone& zone, Instant now,
                                            std::uint32_t minutes);

/// Whole days since the client last answered in any way, else since `since`.
[[nodiscard]] std::uint32_t silence_days(const TaskBook& book, Instant since, Instant now);

}  // namespace dealog::task
