#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "domain/decision.hpp"
#include "eventstore/event_log.hpp"
#include "eventstore/vault.hpp"

namespace dealog::commands {

/// What an event needs to become one that can be written.
struct StageNeeds {
    eventstore::Vault& vault;
    IdSource& ids;
    const std::string& workspace;
    Instant now;
};

/// Seals the event's personal values and adds it to the append. Answers the event without them, as it can be folded.
std::shared_ptr<const google::protobuf::Message> stage_event(const domain::NewEvent& event, const StageNeeds& needs,
                                                             eventstore::Append& append);

}  // namespace dealog::commands
