#pragma once

#include <utility>
#include <vector>

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
}  // namespace google::protobuf

namespace dealog::eventstore {

/// What sealing needs to know of a kind of message; read from its descriptor once.
struct SealPlan {
    struct Personal {
        const google::protobuf::FieldDescriptor* field;
        const google::protobuf::FieldDescriptor* subject;
    };
    struct Nested {
        const google::protobuf::FieldDescriptor* field;
        const SealPlan* plan;
        bool holds_personal;
    };
    std::vector<Personal> personal;
    std::vector<Nested> nested;  // every field that is a message, the personal ones too
};

/// The plan of a kind of message, for as long as the process lives. Thread-safe. Throws std::logic_error when a
/// personal field is repeated, is not a message, is in a map or names no sibling string field.
[[nodiscard]] const SealPlan& seal_plan(const google::protobuf::Descriptor& type);

}  // namespace dealog::eventstore
