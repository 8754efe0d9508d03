#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "commands/aggregates.hpp"
#include "commands/batch.pb.h"
#include "commands/batch_claims.hpp"
#include "commands/dispatcher.hpp"

namespace dealog::commands {

/// An event as it will be written, still as a message: personal values are gone from it.
struct DraftedEvent {
    StreamName stream;
    std::shared_ptr<const google::protobuf::Message> event;
    std::optional<Instant> occurred_at;
};

/// What a request leads to, given what was read: one append and what the answer needs beside its positions.
struct Draft {
    explicit Draft(const eventstore::EventLog& log) : claims(log) {}

    eventstore::Append append;  // without checks when there are no events
    std::vector<DraftedEvent> events;
    batch::v1::Receipt receipt;
    std::vector<std::string> secrets;  // one per command, mostly empty
    std::vector<std::string> erase_subjects;
    std::string actor_id;
    BatchClaims claims;
};

/// Who lends what to an attempt.
struct DraftNeeds {
    const Dispatcher::Lent& lent;
    const std::string& workspace;
    domain::Secrets& secrets;
};

/// Decides every command of the request, each on top of the earlier ones. Nothing is written.
[[nodiscard]] Result<Draft, Rejection> draft(const Request& request, Reading& reading, const DraftNeeds& needs);

/// Subjects that the request erases once it is written.
[[nodiscard]] std::vector<std::string> erased_by(const Request& request);

/// Names the command of a batch in the refusal's fields: `commands[17].body.stage`.
void name_command(Rejection& refusal, std::size_t index, const google::protobuf::Message& command);

}  // namespace dealog::commands
