#include "domain/company/company.hpp"

#include <fmt/format.h>

#include "domain/rules.hpp"

namespace dealog::company {

void evolve(Company& state, const v1::CompanyRegistered& event, const domain::Envelope& envelope) {
    state.exists = true;
    state.revision = envelope.revision;
    state.id = event.company_id();
    state.name = event.name();
    state.industry = event.industry();
    state.tax_id = event.tax_id();
    state.owner_id = event.owner_id();
    state.source = event.source();
}

void evolve(Company& state, const v1::CompanyUpdated& event, const domain::Envelope& envelope) {
    state.revision = envelope.revision;
    if (event.has_name()) state.name = event.name();
    if (event.has_industry()) state.industry = event.industry();
    if (event.has_tax_id()) state.tax_id = event.tax_id();
    if (event.has_owner_id()) state.owner_id = event.owner_id();
    if (event.has_source()) state.source = event.source();
}

StreamName stream_of(std::string_view id) { return StreamName{fmt::format("company-{}", id)}; }

domain::Decided decide(const v1::RegisterCompany& command, const domain::Given& given) {
    const std::string id = given.id_or_new(command.id());
    if (given.aggregates.company(id) != nullptr) {
        return domain::refused(Code::Problem_Code_ALREADY_EXISTS, "id", "There is a company with this id.");
    }
    const std::string owner = domain::owner_or_actor(given, command.owner_id());
    if (!owner.empty()) {
        if (const auto seller = domain::active_seller(given, owner, "ownerId"); !seller) return refuse(seller.error());
    }
    v1::CompanyRegistered event;
    event.set_company_id(id);
    event.set_external_id(command.external_id());
    event.set_name(command.name());
    event.set_industry(command.industry());
    event.set_tax_id(command.tax_id());
    event.set_owner_id(owner);
    event.set_source(command.source());
    domain::Decision decision{.id = id, .stream = stream_of(id), .created = true};
    domain::claim_external_id(decision, "company", id, command.external_id());
    domain::add(decision, decision.stream, std::move(event));
    return decision;
}

domain::Decided decide(const v1::UpdateCompany& command, const domain::Given& given) {
    const Company* company = given.aggregates.company(command.company());
    if (company == nullptr) return domain::not_found("company", command.company());
    v1::CompanyUpdated event;
    if (command.has_name() && command.name() != company->name) event.set_name(command.name());
    if (command.has_industry() && command.industry() != company->industry) event.set_industry(command.industry());
    if (command.has_tax_id() && command.tax_id() != company->tax_id) event.set_tax_id(command.tax_id());
    if (command.has_source() && command.source() != company->source) event.set_source(command.source());
    if (command.has_owner_id() && command.owner_id() != company->owner_id) {
        if (!command.owner_id().empty()) {
            const auto seller = domain::active_seller(given, command.owner_id(), "ownerId");
            if (!seller) return refuse(seller.error());
        }
        event.set_owner_id(command.owner_id());
    }
    domain::Decision decision{.id = company->id, .stream = stream_of(company->id)};
    if (event.ByteSizeLong() > 0) domain::add(decision, decision.stream, std::move(event));
    return decision;
}

}  // namespace dealog::company
