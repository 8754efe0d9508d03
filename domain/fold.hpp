#pragma once

#include <string_view>
#include <unordered_map>

#include <google/protobuf/message.h>

#include "domain/decision.hpp"

namespace dealog::domain {

/// The events of one aggregate. For each E there is `void evolve(State&, const E&, const Envelope&)`, found by ADL or
/// in the state's namespace; a missing one does not compile.
template <class State, class... E>
class Folder {
public:
    /// Applies one stored event; events of other aggregates are ignored. False when the payload does not parse.
    static bool apply(State& state, std::string_view type, std::string_view payload, const Envelope& envelope) {
        static const auto& table = by_name();
        const auto entry = table.find(type);
        return entry == table.end() || entry->second(state, payload, envelope);
    }
    static void apply(State& state, const google::protobuf::Message& event, const Envelope& envelope) {
        static_cast<void>((apply_if<E>(state, event, envelope) || ...));
    }
    static bool knows(std::string_view type) { return by_name().contains(type); }

private:
    using Step = bool (*)(State&, std::string_view, const Envelope&);

    template <class One>
    static bool apply_if(State& state, const google::protobuf::Message& event, const Envelope& envelope) {
        if (event.GetDescriptor() != One::descriptor()) return false;
        evolve(state, static_cast<const One&>(event), envelope);
        return true;
    }
    template <class One>
    static bool parse_and_apply(State& state, std::string_view payload, const Envelope& envelope) {
        One event;
        if (!event.ParseFromArray(payload.data(), static_cast<int>(payload.size()))) return false;
        evolve(state, event, envelope);
        return true;
    }
    static const std::unordered_map<std::string_view, Step>& by_name() {
        static const std::unordered_map<std::string_view, Step> table{
            {E::descriptor()->full_name(), &parse_and_apply<E>}...};
        return table;
    }
};

}  // namespace dealog::domain
