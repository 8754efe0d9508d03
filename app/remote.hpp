#pragma once

#include <string>

#include "app/client.hpp"
#include "app/verbs.hpp"

namespace dealog::app {

/// A client for the server that `remote` names; the key is looked up as its documentation says. Throws
/// std::runtime_error when there is none.
[[nodiscard]] Client connect(const Remote& remote);
/// Prints what went wrong and answers exit_failed.
int complain(const Client::Answer& answer);

}  // namespace dealog::app
