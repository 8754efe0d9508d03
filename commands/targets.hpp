#pragma once

#include <string>
#include <vector>

#include "domain/access/access.hpp"
#include "domain/decision.hpp"
#include "domain/given.hpp"

namespace google::protobuf {
class Descriptor;
class Message;
}  // namespace google::protobuf

namespace dealog::commands {

/// What a command is about: whose right decides, and what If-Match speaks of.
struct Target {
    bool exists = true;
    access::Resource resource;
    StreamName stream;       // empty: the command makes something new
    bool reassigns = false;  // passes a thing to another owner: a head's privilege
};

/// One kind of command.
struct Row {
    const google::protobuf::Descriptor* command;
    domain::Decided (*decide)(const google::protobuf::Message& command, const domain::Given& given);
    Target (*target)(const google::protobuf::Message& command, domain::Aggregates& aggregates);
    /// Work registered without an owner belongs to the seller who registers it.
    bool owned_by_actor = false;
    /// The subject whose key the command destroys; null for every other command.
    const std::string& (*erases)(const google::protobuf::Message& command) = nullptr;
};

/// Null when there is no such command.
[[nodiscard]] const Row* row_of(const google::protobuf::Descriptor& command);

/// Full names of the messages of the contract that are posted and answered as a write, yet have no row. Empty, or a
/// bug.
[[nodiscard]] std::vector<std::string> unlisted_commands();

}  // namespace dealog::commands
