#pragma once

#include "projections/kpis/rows.pb.h"

namespace dealog::kpis {

// What counts as what; the figures and their evidence go by the same words.

[[nodiscard]] inline bool is_action(const rows::v1::Fact& fact) { return fact.kind() == rows::v1::FactKind::ACTION; }
[[nodiscard]] inline bool is_call(const rows::v1::Fact& fact) { return is_action(fact) && fact.type() == "CALL"; }
[[nodiscard]] inline bool is_reached_call(const rows::v1::Fact& fact) {
    return is_call(fact) && fact.outcome() != task::v1::Outcome::NOT_REACHED;
}
/// Unanswered calls have no talk time, whatever was reported (R30).
[[nodiscard]] inline bool is_talk(const rows::v1::Fact& fact) { return is_reached_call(fact) && fact.has_talk_time(); }
[[nodiscard]] inline bool is_win(const rows::v1::Fact& fact) {
    return fact.kind() == rows::v1::FactKind::WON || fact.kind() == rows::v1::FactKind::WIN_TAKEN_BACK;
}
[[nodiscard]] inline bool is_loss(const rows::v1::Fact& fact) {
    return fact.kind() == rows::v1::FactKind::LOST || fact.kind() == rows::v1::FactKind::LOSS_TAKEN_BACK;
}
[[nodiscard]] inline bool is_completion(const rows::v1::Fact& fact) {
    return fact.kind() == rows::v1::FactKind::TASK_COMPLETED;
}
[[nodiscard]] inline bool takes_back_closing(const rows::v1::Fact& fact) {
    return fact.kind() == rows::v1::FactKind::WIN_TAKEN_BACK || fact.kind() == rows::v1::FactKind::LOSS_TAKEN_BACK;
}
/// −1 for what takes back, else 1. A reopening takes back only a closing of the same period: 0 otherwise.
[[nodiscard]] inline int sign_of(const rows::v1::Fact& fact, std::int64_t period_begin) {
    if (takes_back_closing(fact)) return fact.closed_at() >= period_begin ? -1 : 0;
    return fact.retracts() ? -1 : 1;
}

}  // namespace dealog::kpis
