#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/problems.pb.h"
#include "base/result.hpp"

namespace dealog {

using Code = v1::Problem::Code;

/// One broken rule. `field` is the path in the request (`action.outcome`), empty when it is about the state.
struct Violation {
    std::string rule;
    std::string field;
    std::string message;
    friend bool operator==(const Violation&, const Violation&) = default;
};

/// A refusal: a stable code and the facts that broke the rule. Becomes problem+json in one place of the gateway.
struct Rejection {
    Code code = Code::Problem_Code_INTERNAL;
    std::string detail;
    std::vector<Violation> violations;
};

/// `deal_without_task` for DEAL_WITHOUT_TASK.
[[nodiscard]] std::string_view code_name(Code code);
/// Status, title and remedy from the catalogue (base/problems.proto).
[[nodiscard]] const v1::ProblemInfo& problem_info(Code code);

[[nodiscard]] Rejection rejection(Code code, std::string detail = {}, std::vector<Violation> violations = {});

}  // namespace dealog
