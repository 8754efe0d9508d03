#pragma once

#include <string>
#include <string_view>

#include "base/problem.hpp"
#include "gateway/http.hpp"

namespace dealog::gateway {

/// The one place where a refusal becomes RFC 9457 problem+json. `instance` is the request's path.
[[nodiscard]] Response problem(const Rejection& rejection, std::string_view instance, std::string_view request_id);

/// The catalogue of codes, as answered at /problems.
[[nodiscard]] std::string problem_catalogue();

}  // namespace dealog::gateway
