#pragma once

#include <string>

#include "domain/decision.hpp"
#include "domain/given.hpp"
#include "domain/task/planning.hpp"

namespace dealog::task {

/// What a task or an action is about: one deal, company or contact.
struct About {
    StreamName stream;
    const TaskBook* book = nullptr;
    std::string owner_id;
    std::string contact_id;            // of the person it is about, when there is one
    const deal::Deal* deal = nullptr;  // null: a company or a contact

    [[nodiscard]] Place place() const { return Place{.stream = stream, .book = *book, .owner_id = owner_id}; }
};

/// Exactly one of a command's `deal`, `company` and `contact` names it.
template <class Command>
[[nodiscard]] Result<About, Rejection> about(const Command& command, const domain::Given& given);

[[nodiscard]] Result<About, Rejection> about(const std::string& deal, const std::string& company,
                                             const std::string& contact, const domain::Given& given);

template <class Command>
Result<About, Rejection> about(const Command& command, const domain::Given& given) {
    return about(command.deal(), command.company(), command.contact(), given);
}

/// Whose key seals free text about it; empty when nobody's takes any more.
[[nodiscard]] std::string text_subject(const About& about, const domain::Given& given);

/// The open task of this id, or why there is none.
[[nodiscard]] Result<const OpenTask*, Rejection> open_task(const About& about, const std::string& id);

}  // namespace dealog::task
