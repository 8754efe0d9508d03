#pragma once

#include <string>

namespace google::protobuf {
class Message;
}

namespace dealog::gateway::json {

/// Appends the message as JSON: lowerCamelCase, 64-bit integers as strings, names of enums, shortest round-trip floats.
/// Left out: what knows that it was not set, empty strings, zero enums. Kept: 0, false and []. A google.protobuf.Any is
/// its message's own JSON; {} when this binary does not know the type.
void write(const google::protobuf::Message& message, std::string& out);

[[nodiscard]] inline std::string write(const google::protobuf::Message& message) {
    std::string out;
    write(message, out);
    return out;
}

}  // namespace dealog::gateway::json
