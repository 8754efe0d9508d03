#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/problem.hpp"
#include "base/result.hpp"

namespace google::protobuf {
class Descriptor;
class Message;
}  // namespace google::protobuf

namespace dealog::commands {

/// What stands in place of an id: `ext:<the id in another system>`.
inline constexpr std::string_view external_prefix = "ext:";

/// The id behind an external id of a kind; absent when unknown.
using FindExternal = std::function<std::optional<std::string>(std::string_view kind, const std::string& external_id)>;

/// A place in the body that names another object, after resolution.
struct Reference {
    std::string kind;
    std::string id;
    std::string field;  // as the client wrote it: firstTask.assigneeId
};

struct Resolved {
    std::shared_ptr<const google::protobuf::Message> message;
    std::vector<Reference> references;  // of the body; the path's target is authorised by itself
};

/// A copy of the command in which every id is a lower-case UUID. Unknown or malformed: not_found in the path;
/// unknown_reference or invalid_field in the body.
[[nodiscard]] Result<Resolved, Rejection> resolve_references(const std::shared_ptr<google::protobuf::Message>& command,
                                                             const FindExternal& find);

/// The refusal for a body field that names nothing the caller may see.
[[nodiscard]] Rejection unknown_reference(const std::string& field);

}  // namespace dealog::commands
