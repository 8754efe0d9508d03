#include "gateway/answers.hpp"

#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

namespace dealog::gateway {

namespace pb = google::protobuf;

namespace {

const pb::FieldDescriptor* number_field(const pb::Message& message, const char* name) {
    const auto* field = message.GetDescriptor()->FindFieldByName(name);
    const bool fits =
        field != nullptr && !field->is_repeated() && field->cpp_type() == pb::FieldDescriptor::CPPTYPE_UINT64;
    return fits ? field : nullptr;
}

}  // namespace

void stamp(pb::Message& answer, Position position, Instant at) {
    const auto* reflection = answer.GetReflection();
    if (const auto* field = number_field(answer, "position")) reflection->SetUInt64(&answer, field, position.value());
    const auto* field = answer.GetDescriptor()->FindFieldByName("at");
    const bool has_moment = field != nullptr && field->message_type() == pb::Timestamp::descriptor();
    // A query about another moment of business time has said so itself.
    if (has_moment && !reflection->HasField(answer, field)) {
        to_proto(at, static_cast<pb::Timestamp&>(*reflection->MutableMessage(&answer, field)));
    }
}

std::optional<std::uint64_t> revision_of(const pb::Message& answer) {
    const auto* reflection = answer.GetReflection();
    if (const auto* field = number_field(answer, "revision")) return reflection->GetUInt64(answer, field);
    std::optional<std::uint64_t> only;
    for (int i = 0; i < answer.GetDescriptor()->field_count(); ++i) {
        const auto* field = answer.GetDescriptor()->field(i);
        const bool inner = !field->is_repeated() && field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE &&
                           reflection->HasField(answer, field);
        if (!inner) continue;
        const pb::Message& message = reflection->GetMessage(answer, field);
        const auto* revision = number_field(message, "revision");
        if (revision == nullptr) continue;
        if (only) return std::nullopt;
        only = message.GetReflection()->GetUInt64(message, revision);
    }
    return only;
}

}  // namespace dealog::gateway
