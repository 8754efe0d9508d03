#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/problem.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "base/types.pb.h"
#include "domain/decision.hpp"
#include "domain/given.hpp"

namespace dealog::domain {

/// A refusal for one broken rule. `field` is the path in the request as JSON names it, empty when the state forbids.
[[nodiscard]] Rejection broken(Code code, std::string field, std::string message);
[[nodiscard]] tl::unexpected<Rejection> refused(Code code, std::string field, std::string message);
[[nodiscard]] tl::unexpected<Rejection> not_found(std::string_view kind, std::string_view id);

/// When a thing took place as claimed by the client, and whether the claim came late (R6).
struct Occurrence {
    std::optional<Instant> claimed;  // absent: now
    Instant at;
    bool backdated = false;
};
/// Refuses a moment more than occurred_ahead_max after now.
[[nodiscard]] Result<Occurrence, Rejection> occurrence(const Given& given, std::optional<Instant> claimed,
                                                       std::string_view field = "occurredAt");

/// The message's timestamp as an instant; absent when the field is not set.
template <class Message>
[[nodiscard]] std::optional<Instant> instant_if(bool present, const Message& timestamp) {
    return present ? std::optional<Instant>{from_proto(timestamp)} : std::nullopt;
}

/// Null with a refusal when the seller does not exist or may not own work.
[[nodiscard]] Result<const seller::Seller*, Rejection> active_seller(const Given& given, const std::string& id,
                                                                     std::string_view field);
/// An absent reference is fine.
[[nodiscard]] std::optional<Rejection> missing_company(const Given& given, const std::string& id,
                                                       std::string_view field = "companyId");
[[nodiscard]] std::optional<Rejection> missing_contact(const Given& given, const std::string& id,
                                                       std::string_view field = "contactId");
[[nodiscard]] std::optional<Rejection> missing_team(const Given& given, const std::string& id,
                                                    std::string_view field = "teamId");
[[nodiscard]] std::optional<Rejection> missing_seller(const Given& given, const std::string& id,
                                                      std::string_view field);

/// Who owns what a command creates: the seller it names, else the acting seller, else nobody.
[[nodiscard]] std::string owner_or_actor(const Given& given, const std::string& wanted);

/// The id in another system belongs to one object of its kind.
void claim_external_id(Decision& decision, std::string_view kind, const std::string& id,
                       const std::string& external_id);

/// The first of these subjects that still takes personal values; empty when each was erased.
[[nodiscard]] std::string writable_subject(const Given& given, std::initializer_list<std::string> subjects);

/// Negative or contradictory amounts are no value of a deal.
[[nodiscard]] std::optional<Rejection> bad_value(const v1::Money& value, std::string_view field = "value");

/// The refusal of the first check that has one.
#define DEALOG_REFUSE_IF(check)                                           \
    do {                                                                  \
        if (auto refusal_ = (check)) return refuse(*std::move(refusal_)); \
    } while (false)

}  // namespace dealog::domain
