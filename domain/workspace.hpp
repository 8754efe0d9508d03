#pragma once

#include "domain/decision.hpp"
#include "domain/given.hpp"

namespace dealog::domain {

/// All events of a new workspace: settings, the pipeline `sales`, and a key with the roles ADMIN and HEAD of the whole
/// workspace. `id` and `secret` are the key's. Needs given.secrets; looks at no aggregate.
[[nodiscard]] Decision found_workspace(const Given& given);

}  // namespace dealog::domain
