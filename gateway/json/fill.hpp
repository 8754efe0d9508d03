#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/problem.hpp"
#include "base/result.hpp"

namespace google::protobuf {
class Message;
}

namespace dealog::gateway::json {

inline constexpr int depth_max = 32;

/// A google.protobuf.Any met while filling: its object as it stands in the text, to be filled by whoever knows its
/// type. Views into the text that was filled from.
struct Raw {
    google::protobuf::Message* parent = nullptr;
    std::string path;  // of the field: commands[3].body
    std::string_view json;
};

struct FillOptions {
    std::string_view prefix = {};     // put before every field's path
    std::vector<Raw>* raw = nullptr;  // where objects of type Any go; absent: they are refused
};

/// One JSON object straight into an empty message. MALFORMED_BODY with the field's path for everything that is not the
/// contract: stricter than proto3 JSON on purpose (docs). 64-bit integers may be strings or JSON integers; a field
/// whose rule says `path` is refused, as are null, numbers of enums, snake_case names, duplicate keys and more than 32
/// levels. On a refusal the message is in an unspecified state.
[[nodiscard]] Result<void, Rejection> fill(std::string_view text, google::protobuf::Message& message,
                                           const FillOptions& options = {});

}  // namespace dealog::gateway::json
