#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <google/protobuf/message.h>

#include "base/ids.hpp"
#include "base/principal.hpp"
#include "base/problem.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "base/time.hpp"

namespace dealog::domain {

/// Differences between clocks that a claim of time may show (design §6).
inline constexpr std::chrono::minutes occurred_ahead_max{5};

/// What a fold is told about an event beside its payload.
struct Envelope {
    Revision revision;
    Instant recorded_at;
    Instant occurred_at;
    std::string_view actor_id;
};

/// An event that a decision made. Personal values are still in it in clear.
struct NewEvent {
    StreamName stream{};
    std::shared_ptr<const google::protobuf::Message> event{};
    std::optional<Instant> occurred_at{};  // absent: now
    bool backdated = false;
};

/// `owner` shall hold exactly these values of `kind` (see eventstore::ClaimSet). `code` is the refusal when one of them
/// is another's.
struct Claim {
    std::string kind{};
    std::string owner{};
    std::vector<std::string> values{};
    Code taken = Code::Problem_Code_ALREADY_EXISTS;
};

/// What a command leads to. No events: nothing changes.
struct Decision {
    std::string id{};     // answered as `id`
    StreamName stream{};  // whose revision is answered
    bool created = false;
    std::string secret{};  // answered once, never stored
    std::vector<NewEvent> events{};
    std::vector<Claim> claims{};
    std::string erase_subject{};  // the subject's key is destroyed once the append is written
};

using Decided = Result<Decision, Rejection>;

template <class E>
void add(Decision& decision, StreamName stream, E event, std::optional<Instant> occurred_at = {},
         bool backdated = false) {
    decision.events.push_back(NewEvent{.stream = std::move(stream),
                                       .event = std::make_shared<const E>(std::move(event)),
                                       .occurred_at = occurred_at,
                                       .backdated = backdated});
}

}  // namespace dealog::domain
