#pragma once

#include <string_view>
#include <vector>

#include "base/problem.hpp"
#include "base/result.hpp"

namespace google::protobuf {
class Message;
}

namespace dealog::gateway {

inline constexpr std::size_t violations_max = 100;

/// Checks a filled message against its fields' rules and brings ids to lower case. INVALID_FIELD with every violation,
/// whether the message came as JSON or as protobuf; `prefix` is put before the fields' paths.
[[nodiscard]] Result<void, Rejection> check_limits(google::protobuf::Message& message, std::string_view prefix = {});

/// The same, collecting: for batches.
void check_limits(google::protobuf::Message& message, std::string_view prefix, std::vector<Violation>& violations);

/// MALFORMED_BODY when a protobuf body fills a field that the path gives, or carries fields or enum values unknown to
/// the contract: the JSON filler refuses the same.
[[nodiscard]] Result<void, Rejection> check_wire(const google::protobuf::Message& message,
                                                 std::string_view prefix = {});

}  // namespace dealog::gateway
