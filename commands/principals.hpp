#pragma once

#include <optional>
#include <string_view>

#include "base/principal.hpp"
#include "base/time.hpp"

namespace dealog::domain {
class Aggregates;
}

namespace dealog::commands {

/// The same principal with its present rights. What stands behind it is read, so an append is checked against it.
[[nodiscard]] std::optional<Principal> present_principal(const Principal& shown, domain::Aggregates& aggregates,
                                                         Instant now);

/// The principal that shows this secret.
[[nodiscard]] std::optional<Principal> principal_of_secret(std::string_view secret, domain::Aggregates& aggregates,
                                                           Instant now);

}  // namespace dealog::commands
