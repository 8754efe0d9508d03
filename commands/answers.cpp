#include "commands/answers.hpp"

#include <functional>

namespace dealog::commands {

namespace {

using TypeOf = std::function<std::string(std::size_t index)>;

/// Results as the receipt says, events counted from `first`. Created: any of them made something.
Outcome outcome_of(const batch::v1::Receipt& receipt, Position first, Position last, const TypeOf& type_of) {
    Outcome outcome{.results = {}, .position = last};
    outcome.results.reserve(static_cast<std::size_t>(receipt.results_size()));
    for (const auto& one : receipt.results()) {
        auto& written = outcome.results.emplace_back();
        written.set_id(one.id());
        written.set_position(last.value());
        written.set_revision(one.revision());
        for (std::uint32_t i = one.first_event(); i < one.first_event() + one.events(); ++i) {
            auto& event = *written.add_events();
            event.set_type(type_of(i));
            event.set_position(first.value() + i);
        }
        outcome.created = outcome.created || one.created();
    }
    return outcome;
}

std::vector<std::string> types_at(const eventstore::EventLog& log, Position first, Position last) {
    std::vector<std::string> types;
    types.reserve(last.value() - first.value() + 1);
    for (auto position = first; position <= last; position = next(position)) {
        const auto encoded = log.record_at(position);
        log::v1::Record record;
        if (!encoded || !record.ParseFromString(*encoded))
            throw eventstore::StoreBroken{"a record of an earlier answer cannot be read"};
        types.push_back(std::move(*record.mutable_type()));
    }
    return types;
}

}  // namespace

Outcome written_answer(const Draft& draft, const eventstore::Appended& appended) {
    auto outcome = outcome_of(draft.receipt, appended.first, appended.last,
                              [&](std::size_t i) { return draft.events[i].event->GetDescriptor()->full_name(); });
    for (std::size_t i = 0; i < outcome.results.size(); ++i) {
        if (!draft.secrets[i].empty()) outcome.results[i].set_secret(draft.secrets[i]);
    }
    return outcome;
}

Outcome rehearsed_answer(const Draft& draft) {
    auto outcome = outcome_of(draft.receipt, Position{}, Position{},
                              [&](std::size_t i) { return draft.events[i].event->GetDescriptor()->full_name(); });
    outcome.created = false;
    for (auto& result : outcome.results) {
        for (auto& event : *result.mutable_events()) event.clear_position();
    }
    return outcome;
}

Outcome unchanged_answer(const Draft& draft) {
    return outcome_of(draft.receipt, Position{}, Position{}, [](std::size_t) { return std::string{}; });
}

Outcome replayed_answer(const eventstore::EventLog& log, Position first, Position last, const std::string& receipt) {
    batch::v1::Receipt stored;
    if (!stored.ParseFromString(receipt)) throw eventstore::StoreBroken{"a receipt does not parse"};
    const auto types = types_at(log, first, last);
    auto outcome = outcome_of(stored, first, last, [&](std::size_t i) { return types.at(i); });
    outcome.replayed = true;
    return outcome;
}

}  // namespace dealog::commands
