#include "domain/rules.hpp"

#include <fmt/format.h>

#include "domain/company/company.hpp"
#include "domain/contact/contact.hpp"
#include "domain/seller/seller.hpp"
#include "domain/settings/settings.hpp"
#include "domain/team/team.hpp"

namespace dealog::domain {

namespace {

template <class State>
std::optional<Rejection> missing(const State* found, const std::string& id, std::string_view kind,
                                 std::string_view field) {
    if (id.empty() || found != nullptr) return std::nullopt;
    return broken(Code::Problem_Code_UNKNOWN_REFERENCE, std::string{field},
                  fmt::format("There is no {} {}.", kind, id));
}

}  // namespace

Rejection broken(Code code, std::string field, std::string message) {
    Violation violation{.rule = std::string{code_name(code)}, .field = std::move(field), .message = message};
    return rejection(code, std::move(message), {std::move(violation)});
}

tl::unexpected<Rejection> refused(Code code, std::string field, std::string message) {
    return refuse(broken(code, std::move(field), std::move(message)));
}

tl::unexpected<Rejection> not_found(std::string_view kind, std::string_view id) {
    return refuse(rejection(Code::Problem_Code_NOT_FOUND, fmt::format("There is no {} {}.", kind, id)));
}

Result<Occurrence, Rejection> occurrence(const Given& given, std::optional<Instant> claimed, std::string_view field) {
    if (!claimed) return Occurrence{.claimed = {}, .at = given.now, .backdated = false};
    if (*claimed > given.now + occurred_ahead_max) {
        return refused(Code::Problem_Code_OCCURRED_IN_FUTURE, std::string{field},
                       fmt::format("{} is later than now.", format_rfc3339(*claimed)));
    }
    const auto& thresholds = given.aggregates.settings().thresholds(given.now);
    const bool late = *claimed < given.now - std::chrono::hours{thresholds.backdated_after_hours()};
    return Occurrence{.claimed = claimed, .at = *claimed, .backdated = late};
}

Result<const seller::Seller*, Rejection> active_seller(const Given& given, const std::string& id,
                                                       std::string_view field) {
    const seller::Seller* found = given.aggregates.seller(id);
    if (found == nullptr) {
        return refused(Code::Problem_Code_UNKNOWN_REFERENCE, std::string{field},
                       fmt::format("There is no seller {}.", id));
    }
    if (!found->active) {
        return refused(Code::Problem_Code_SELLER_INACTIVE, std::string{field},
                       fmt::format("The seller {} does not work here any more.", id));
    }
    return found;
}

std::optional<Rejection> missing_company(const Given& given, const std::string& id, std::string_view field) {
    return missing(id.empty() ? nullptr : given.aggregates.company(id), id, "company", field);
}

std::optional<Rejection> missing_contact(const Given& given, const std::string& id, std::string_view field) {
    return missing(id.empty() ? nullptr : given.aggregates.contact(id), id, "contact", field);
}

std::optional<Rejection> missing_team(const Given& given, const std::string& id, std::string_view field) {
    return missing(id.empty() ? nullptr : given.aggregates.team(id), id, "team", field);
}

std::optional<Rejection> missing_seller(const Given& given, const std::string& id, std::string_view field) {
    return missing(id.empty() ? nullptr : given.aggregates.seller(id), id, "seller", field);
}

std::string owner_or_actor(const Given& given, const std::string& wanted) {
    if (!wanted.empty()) return wanted;
    return given.actor.kind == Principal::Kind::seller ? given.actor.id : std::string{};
}

void claim_external_id(Decision& decision, std::string_view kind, const std::string& id,
                       const std::string& external_id) {
    if (external_id.empty()) return;
    decision.claims.push_back(Claim{.kind = fmt::format("external:{}", kind),
                                    .owner = id,
                                    .values = {external_id},
                                    .taken = Code::Problem_Code_EXTERNAL_ID_TAKEN});
}

std::string writable_subject(const Given& given, std::initializer_list<std::string> subjects) {
    for (const std::string& subject : subjects) {
        if (!subject.empty() && !given.aggregates.erased(subject)) return subject;
    }
    return {};
}

std::optional<Rejection> bad_value(const v1::Money& value, std::string_view field) {
    if (value.units() >= 0 && value.nanos() >= 0) return std::nullopt;
    return broken(Code::Problem_Code_INVALID_FIELD, std::string{field}, "A deal's value is not negative.");
}

}  // namespace dealog::domain
