#pragma once

#include <cstdint>
#include <optional>

#include "base/strong.hpp"
#include "base/time.hpp"

namespace google::protobuf {
class Message;
}

namespace dealog::gateway {

/// Sets `position` and `at` of an answer, where it has them.
void stamp(google::protobuf::Message& answer, Position position, Instant at);

/// The revision of the one thing that an answer is about: its own `revision`, else that of its only message with one.
[[nodiscard]] std::optional<std::uint64_t> revision_of(const google::protobuf::Message& answer);

}  // namespace dealog::gateway
