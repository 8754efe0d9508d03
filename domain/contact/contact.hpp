#pragma once

#include <string>
#include <string_view>

#include "domain/contact/contact.pb.h"
#include "domain/decision.hpp"
#include "domain/fold.hpp"
#include "domain/given.hpp"
#include "domain/task/book.hpp"

namespace dealog::contact {

/// A person at a client. What identifies the person is sealed and never here.
struct Contact {
    bool exists = false;
    Revision revision;
    std::string id;
    std::string company_id;
    std::string owner_id;  // empty = nobody's
    std::string source;
    task::TaskBook tasks;
};

void evolve(Contact& state, const v1::ContactRegistered& event, const domain::Envelope& envelope);
void evolve(Contact& state, const v1::ContactUpdated& event, const domain::Envelope& envelope);
template <task::TaskEvent E>
void evolve(Contact& state, const E& event, const domain::Envelope& envelope) {
    state.revision = envelope.revision;
    task::evolve(state.tasks, event, envelope);
}

using Fold = domain::Folder<Contact, v1::ContactRegistered, v1::ContactUpdated, task::v1::TaskPlanned,
                            task::v1::TaskCompleted, task::v1::TaskRescheduled, task::v1::TaskCancelled,
                            task::v1::ActionLogged, task::v1::ActionCorrected>;

[[nodiscard]] StreamName stream_of(std::string_view id);
/// Whose key seals what is known about the person: `contact-<id>`.
[[nodiscard]] std::string subject_of(std::string_view id);

[[nodiscard]] domain::Decided decide(const v1::RegisterContact& command, const domain::Given& given);
[[nodiscard]] domain::Decided decide(const v1::UpdateContact& command, const domain::Given& given);

}  // namespace dealog::contact
