#pragma once

#include "domain/decision.hpp"
#include "domain/given.hpp"
#include "domain/task/book.hpp"
#include "domain/task/task.pb.h"

namespace dealog::task {

/// Tasks live in the stream of what they are about: exactly one of `deal`, `company` and `contact` is set.
[[nodiscard]] domain::Decided decide(const v1::PlanTask& command, const domain::Given& given);
[[nodiscard]] domain::Decided decide(const v1::CompleteTask& command, const domain::Given& given);
[[nodiscard]] domain::Decided decide(const v1::RescheduleTask& command, const domain::Given& given);
[[nodiscard]] domain::Decided decide(const v1::CancelTask& command, const domain::Given& given);
[[nodiscard]] domain::Decided decide(const v1::LogAction& command, const domain::Given& given);
[[nodiscard]] domain::Decided decide(const v1::CorrectAction& command, const domain::Given& given);

}  // namespace dealog::task
