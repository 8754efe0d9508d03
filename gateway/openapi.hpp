#pragma once

#include <string>

#include "gateway/routes.hpp"

namespace dealog::gateway {

/// The OpenAPI 3.1 document of the routes: parameters, bodies, answers, limits, security and problems, all from the
/// descriptors.
[[nodiscard]] std::string openapi_document(const Routes& routes);

}  // namespace dealog::gateway
