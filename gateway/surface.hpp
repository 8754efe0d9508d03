#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gateway/routes.hpp"

namespace dealog::gateway {

/// What the build checks of the published surface, one sentence each: a route that nothing answers, a command that the
/// dispatcher does not know, a message without an area or that no role may use, a query without its answer, a code in
/// `problems` that is none. Empty when all is well. `answers` tells whether a projection or the gateway answers a
/// query.
[[nodiscard]] std::vector<std::string> unlisted(
    const Routes& routes, const std::function<bool(const google::protobuf::Descriptor&)>& answers);

}  // namespace dealog::gateway
