#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/types.pb.h"
#include "domain/deal/deal.pb.h"
#include "domain/decision.hpp"
#include "domain/fold.hpp"
#include "domain/given.hpp"
#include "domain/task/book.hpp"

namespace dealog::deal {

enum class Status { open, won, lost };

/// One possible sale. An open one has an open task at the end of every append (R21).
struct Deal {
    bool exists = false;
    Revision revision;
    std::string id;
    Status status = Status::open;
    std::string title;
    std::string pipeline;
    std::uint64_t pipeline_version = 0;  // under which it entered its stage
    std::string stage;
    std::string owner_id;
    std::string company_id;
    std::string contact_id;
    std::optional<dealog::v1::Money> value;
    std::vector<std::pair<std::string, std::string>> fields;
    Instant opened_at;
    Instant moved_at;         // occurred_at of the last opening, stage move, closing or reopening
    std::string credited_to;  // of a closed deal: who it counts for
    task::TaskBook tasks;

    [[nodiscard]] bool is_open() const { return exists && status == Status::open; }
};

void evolve(Deal& state, const v1::DealOpened& event, const domain::Envelope& envelope);
void evolve(Deal& state, const v1::DealUpdated& event, const domain::Envelope& envelope);
void evolve(Deal& state, const v1::DealStageChanged& event, const domain::Envelope& envelope);
void evolve(Deal& state, const v1::StageCriteriaWaived& event, const domain::Envelope& envelope);
void evolve(Deal& state, const v1::DealWon& event, const domain::Envelope& envelope);
void evolve(Deal& state, const v1::DealLost& event, const domain::Envelope& envelope);
void evolve(Deal& state, const v1::DealReopened& event, const domain::Envelope& envelope);
void evolve(Deal& state, const v1::DealOwnerChanged& event, const domain::Envelope& envelope);
template <task::TaskEvent E>
void evolve(Deal& state, const E& event, const domain::Envelope& envelope) {
    state.revision = envelope.revision;
    task::evolve(state.tasks, event, envelope);
}

using Fold = domain::Folder<Deal, v1::DealOpened, v1::DealUpdated, v1::DealStageChanged, v1::StageCriteriaWaived,
                            v1::DealWon, v1::DealLost, v1::DealReopened, v1::DealOwnerChanged, task::v1::TaskPlanned,
                            task::v1::TaskCompleted, task::v1::TaskRescheduled, task::v1::TaskCancelled,
                            task::v1::ActionLogged, task::v1::ActionCorrected>;

[[nodiscard]] StreamName stream_of(std::string_view id);
/// Whose key seals free text about the deal: its contact's, else the deal's own.
[[nodiscard]] std::string subject_of(const Deal& deal);

[[nodiscard]] domain::Decided decide(const v1::OpenDeal& command, const domain::Given& given);
[[nodiscard]] domain::Decided decide(const v1::UpdateDeal& command, const domain::Given& given);
[[nodiscard]] domain::Decided decide(const v1::MoveStage& command, const domain::Given& given);
[[nodiscard]] domain::Decided decide(const v1::WinDeal& command, const domain::Given& given);
[[nodiscard]] domain::Decided decide(const v1::LoseDeal& command, const domain::Given& given);
[[nodiscard]] domain::Decided decide(const v1::ReopenDeal& command, const domain::Given& given);
[[nodiscard]] domain::Decided decide(const v1::ChangeOwner& command, const domain::Given& given);

}  // namespace dealog::deal
