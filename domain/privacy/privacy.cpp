#include "domain/privacy/privacy.hpp"

#include <fmt/format.h>

#include "domain/rules.hpp"

namespace dealog::privacy {

namespace {

/// The part after `<kind>-`, when the subject is of that kind.
std::optional<std::string> id_in(std::string_view subject, std::string_view kind) {
    if (!subject.starts_with(kind) || subject.size() <= kind.size() + 1 || subject[kind.size()] != '-') return {};
    return std::string{subject.substr(kind.size() + 1)};
}

bool is_known(const std::string& subject, const domain::Given& given) {
    if (const auto id = id_in(subject, "contact")) return given.aggregates.contact(*id) != nullptr;
    if (const auto id = id_in(subject, "company")) return given.aggregates.company(*id) != nullptr;
    if (const auto id = id_in(subject, "deal")) return given.aggregates.deal(*id) != nullptr;
    return false;
}

}  // namespace

void evolve(Subject& state, const v1::SubjectErased&, const domain::Envelope& envelope) {
    state.exists = true;
    state.revision = envelope.revision;
    state.erased = true;
}

StreamName stream_of(std::string_view subject) { return StreamName{fmt::format("{}{}", stream_prefix, subject)}; }

domain::Decided decide(const v1::EraseSubject& command, const domain::Given& given) {
    const std::string& subject = command.subject();
    if (!is_known(subject, given)) return domain::not_found("subject", subject);
    domain::Decision decision{.id = subject, .stream = stream_of(subject)};
    if (given.aggregates.erased(subject)) return decision;
    v1::SubjectErased event;
    event.set_subject(subject);
    event.set_legal_ground(command.legal_ground());
    domain::add(decision, decision.stream, std::move(event));
    if (const auto contact = id_in(subject, "contact")) {
        decision.claims.push_back(domain::Claim{.kind = "phone", .owner = *contact, .values = {}});
        decision.claims.push_back(domain::Claim{.kind = "email", .owner = *contact, .values = {}});
    }
    decision.erase_subject = subject;
    return decision;
}

}  // namespace dealog::privacy
