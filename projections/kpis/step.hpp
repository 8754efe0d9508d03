#pragma once

#include <string>

#include "domain/deal/deal.pb.h"
#include "domain/task/task.pb.h"
#include "projections/engine/projection.hpp"
#include "projections/kpis/rows.pb.h"

namespace dealog::kpis {

/// One event at work on the facts. Each fact it makes is numbered within the event.
class Step {
public:
    Step(const projections::Event& event, projections::Rows& rows) : event_(event), rows_(rows) {}

    void on(const deal::v1::DealOpened& opened);
    void on(const deal::v1::DealWon& won);
    void on(const deal::v1::DealLost& lost);
    void on(const deal::v1::DealReopened& reopened);
    void on(const deal::v1::DealOwnerChanged& changed);
    void on(const task::v1::TaskPlanned& planned);
    void on(const task::v1::TaskCompleted& completed);
    void on(const task::v1::TaskRescheduled& rescheduled);
    void on(const task::v1::ActionLogged& logged);
    void on(const task::v1::ActionCorrected& corrected);

private:
    void close(rows::v1::FactKind::Name kind, const std::string& owner_id, const dealog::v1::Money& value);
    void done(const task::v1::ActionDone& action, std::int64_t at);
    void add_fact(std::string_view seller_id, std::int64_t at, const rows::v1::Fact& fact);
    /// Stores the deal and writes down how the open deals of its owners changed, at every moment of business time.
    void store(const rows::v1::Deal& before, const rows::v1::Deal& after);
    [[nodiscard]] std::int64_t occurred_at() const { return event_.record.occurred_at(); }
    [[nodiscard]] std::string doer(const std::string& seller_id) const;

    const projections::Event& event_;
    projections::Rows& rows_;
    std::uint32_t made_ = 0;
};

}  // namespace dealog::kpis
