#include "domain/deal/deal.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/money.hpp"
#include "domain/contact/contact.hpp"
#include "domain/deal/rules.hpp"

namespace dealog::deal {

namespace {

void moved(Deal& state, const domain::Envelope& envelope) {
    state.revision = envelope.revision;
    state.moved_at = std::max(state.moved_at, envelope.occurred_at);
}

void set_value(Deal& state, const dealog::v1::Money& value) {
    if (is_set(value)) state.value = value;
}

}  // namespace

void evolve(Deal& state, const v1::DealOpened& event, const domain::Envelope& envelope) {
    state.exists = true;
    state.id = event.deal_id();
    state.status = Status::open;
    state.title = event.title();
    state.pipeline = event.pipeline();
    state.pipeline_version = event.pipeline_version();
    state.stage = event.stage();
    state.owner_id = event.owner_id();
    state.company_id = event.company_id();
    state.contact_id = event.contact_id();
    set_value(state, event.value());
    merge(state.fields, event.fields());
    state.opened_at = envelope.occurred_at;
    moved(state, envelope);
}

void evolve(Deal& state, const v1::DealUpdated& event, const domain::Envelope& envelope) {
    state.revision = envelope.revision;
    if (event.has_title()) state.title = event.title();
    if (event.has_value()) set_value(state, event.value());
    merge(state.fields, event.fields());
    if (event.has_contact_id()) state.contact_id = event.contact_id();
    if (event.has_company_id()) state.company_id = event.company_id();
}

void evolve(Deal& state, const v1::DealStageChanged& event, const domain::Envelope& envelope) {
    state.stage = event.to_stage();
    state.pipeline_version = event.pipeline_version();
    merge(state.fields, event.fields());
    moved(state, envelope);
}

void evolve(Deal& state, const v1::StageCriteriaWaived&, const domain::Envelope& envelope) {
    state.revision = envelope.revision;
}

void evolve(Deal& state, const v1::DealWon& event, const domain::Envelope& envelope) {
    state.status = Status::won;
    state.credited_to = event.owner_id();
    set_value(state, event.value());
    moved(state, envelope);
}

void evolve(Deal& state, const v1::DealLost& event, const domain::Envelope& envelope) {
    state.status = Status::lost;
    state.credited_to = event.owner_id();
    moved(state, envelope);
}

void evolve(Deal& state, const v1::DealReopened&, const domain::Envelope& envelope) {
    state.status = Status::open;
    state.credited_to.clear();
    moved(state, envelope);
}

void evolve(Deal& state, const v1::DealOwnerChanged& event, const domain::Envelope& envelope) {
    state.revision = envelope.revision;
    state.owner_id = event.to_owner_id();
    for (task::OpenTask& task : state.tasks.open) {
        const auto& ids = event.moved_tasks();
        if (std::ranges::find(ids, task.id) != ids.end()) task.assignee_id = event.to_owner_id();
    }
}

StreamName stream_of(std::string_view id) { return StreamName{fmt::format("deal-{}", id)}; }

std::string subject_of(const Deal& deal) {
    return deal.contact_id.empty() ? stream_of(deal.id).value() : contact::subject_of(deal.contact_id);
}

}  // namespace dealog::deal
