#pragma once

#include <string>
#include <string_view>

#include "domain/company/company.pb.h"
#include "domain/decision.hpp"
#include "domain/fold.hpp"
#include "domain/given.hpp"
#include "domain/task/book.hpp"

namespace dealog::company {

/// A client or a possible one, with the tasks that are about it.
struct Company {
    bool exists = false;
    Revision revision;
    std::string id;
    std::string name;
    std::string industry;
    std::string tax_id;
    std::string owner_id;  // empty = nobody's
    std::string source;
    task::TaskBook tasks;
};

void evolve(Company& state, const v1::CompanyRegistered& event, const domain::Envelope& envelope);
void evolve(Company& state, const v1::CompanyUpdated& event, const domain::Envelope& envelope);
template <task::TaskEvent E>
void evolve(Company& state, const E& event, const domain::Envelope& envelope) {
    state.revision = envelope.revision;
    task::evolve(state.tasks, event, envelope);
}

using Fold = domain::Folder<Company, v1::CompanyRegistered, v1::CompanyUpdated, task::v1::TaskPlanned,
                            task::v1::TaskCompleted, task::v1::TaskRescheduled, task::v1::TaskCancelled,
                            task::v1::ActionLogged, task::v1::ActionCorrected>;

[[nodiscard]] StreamName stream_of(std::string_view id);

[[nodiscard]] domain::Decided decide(const v1::RegisterCompany& command, const domain::Given& given);
[[nodiscard]] domain::Decided decide(const v1::UpdateCompany& command, const domain::Given& given);

}  // namespace dealog::company
