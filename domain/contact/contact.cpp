#include "domain/contact/contact.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "domain/rules.hpp"
#include "domain/text.hpp"

namespace dealog::contact {

namespace {

std::string lowered(std::string_view email) { return domain::lower(domain::squeezed(email)); }

void push_once(std::vector<std::string>& values, std::string value) {
    if (!value.empty() && std::ranges::find(values, value) == values.end()) values.push_back(std::move(value));
}

/// Everything the person can be reached by is held by this contact alone.
void claim_reach(domain::Decision& decision, const std::string& id, const v1::Person& person) {
    domain::Claim phones{.kind = "phone", .owner = id, .values = {}, .taken = Code::Problem_Code_DUPLICATE_CONTACT};
    domain::Claim emails{.kind = "email", .owner = id, .values = {}, .taken = Code::Problem_Code_DUPLICATE_CONTACT};
    for (const auto& phone : person.phones()) push_once(phones.values, domain::squeezed(phone));
    for (const auto& email : person.emails()) push_once(emails.values, lowered(email));
    decision.claims.push_back(std::move(phones));
    decision.claims.push_back(std::move(emails));
}

/// Spelled as given, without stray white space and repetitions.
v1::Person tidied(const v1::Person& told) {
    v1::Person person;
    person.set_full_name(domain::squeezed(told.full_name()));
    std::vector<std::string> phones;
    for (const auto& phone : told.phones()) push_once(phones, domain::squeezed(phone));
    std::vector<std::string> emails;
    for (const auto& email : told.emails()) {
        const auto same = [&](const auto& known) { return lowered(known) == lowered(email); };
        if (std::ranges::none_of(emails, same)) push_once(emails, domain::squeezed(email));
    }
    for (auto& phone : phones) person.add_phones(std::move(phone));
    for (auto& email : emails) person.add_emails(std::move(email));
    return person;
}

}  // namespace

void evolve(Contact& state, const v1::ContactRegistered& event, const domain::Envelope& envelope) {
    state.exists = true;
    state.revision = envelope.revision;
    state.id = event.contact_id();
    state.company_id = event.company_id();
    state.owner_id = event.owner_id();
    state.source = event.source();
}

void evolve(Contact& state, const v1::ContactUpdated& event, const domain::Envelope& envelope) {
    state.revision = envelope.revision;
    if (event.has_company_id()) state.company_id = event.company_id();
    if (event.has_owner_id()) state.owner_id = event.owner_id();
    if (event.has_source()) state.source = event.source();
}

StreamName stream_of(std::string_view id) { return StreamName{fmt::format("contact-{}", id)}; }
std::string subject_of(std::string_view id) { return fmt::format("contact-{}", id); }

domain::Decided decide(const v1::RegisterContact& command, const domain::Given& given) {
    const std::string id = given.id_or_new(command.id());
    if (given.aggregates.contact(id) != nullptr) {
        return domain::refused(Code::Problem_Code_ALREADY_EXISTS, "id", "There is a contact with this id.");
    }
    DEALOG_REFUSE_IF(domain::missing_company(given, command.company_id()));
    const std::string owner = domain::owner_or_actor(given, command.owner_id());
    if (!owner.empty()) {
        if (const auto seller = domain::active_seller(given, owner, "ownerId"); !seller) return refuse(seller.error());
    }
    domain::Decision decision{.id = id, .stream = stream_of(id), .created = true};
    v1::ContactRegistered event;
    event.set_contact_id(id);
    event.set_external_id(command.external_id());
    event.set_company_id(command.company_id());
    event.set_owner_id(owner);
    event.set_source(command.source());
    event.set_subject(subject_of(id));
    if (command.has_personal()) {
        *event.mutable_personal() = tidied(command.personal());
        claim_reach(decision, id, command.personal());
    }
    domain::claim_external_id(decision, "contact", id, command.external_id());
    domain::add(decision, decision.stream, std::move(event));
    return decision;
}

domain::Decided decide(const v1::UpdateContact& command, const domain::Given& given) {
    const Contact* contact = given.aggregates.contact(command.contact());
    if (contact == nullptr) return domain::not_found("contact", command.contact());
    domain::Decision decision{.id = contact->id, .stream = stream_of(contact->id)};
    v1::ContactUpdated event;
    if (command.has_company_id() && command.company_id() != contact->company_id) {
        DEALOG_REFUSE_IF(domain::missing_company(given, command.company_id()));
        event.set_company_id(command.company_id());
    }
    if (command.has_owner_id() && command.owner_id() != contact->owner_id) {
        if (!command.owner_id().empty()) {
            const auto seller = domain::active_seller(given, command.owner_id(), "ownerId");
            if (!seller) return refuse(seller.error());
        }
        event.set_owner_id(command.owner_id());
    }
    if (command.has_source() && command.source() != contact->source) event.set_source(command.source());
    if (command.has_personal()) {
        if (given.aggregates.erased(subject_of(contact->id))) {
            return domain::refused(Code::Problem_Code_SUBJECT_ERASED, "personal", "This person was erased.");
        }
        event.set_subject(subject_of(contact->id));
        *event.mutable_personal() = tidied(command.personal());
        claim_reach(decision, contact->id, command.personal());
    }
    if (event.ByteSizeLong() > 0) domain::add(decision, decision.stream, std::move(event));
    return decision;
}

}  // namespace dealog::contact
