#pragma once

#include <string>

#include "eventstore/rocks/database.hpp"
#include "eventstore/verify.hpp"

namespace dealog::eventstore::rocks {

/// See VerifyReport; everything as of `at`, or the latest.
[[nodiscard]] VerifyReport verify_database(const Database& database, const Snapshot& at, const std::string& workspace,
                                           const VerifyProgress& progress);

}  // namespace dealog::eventstore::rocks
