#pragma once

#include "commands/draft.hpp"

namespace dealog::commands {

/// The answer of what was just written.
[[nodiscard]] Outcome written_answer(const Draft& draft, const eventstore::Appended& appended);
/// The answer of a request that changes nothing.
[[nodiscard]] Outcome unchanged_answer(const Draft& draft);
/// The answer of a dry run: what would be, without positions, created things and secrets.
[[nodiscard]] Outcome rehearsed_answer(const Draft& draft);
/// The first answer again, from the records at their original positions. A secret is not repeated.
[[nodiscard]] Outcome replayed_answer(const eventstore::EventLog& log, Position first, Position last,
                                      const std::string& receipt);

}  // namespace dealog::commands
