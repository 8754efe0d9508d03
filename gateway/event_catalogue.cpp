#include "gateway/event_catalogue.hpp"

#include <nlohmann/json.hpp>

#include "base/options.pb.h"
#include "gateway/contract.hpp"
#include "gateway/json/shape.hpp"

namespace dealog::gateway {

namespace pb = google::protobuf;

namespace {

std::string type_of(const pb::FieldDescriptor& field) {
    switch (field.type()) {
        case pb::FieldDescriptor::TYPE_MESSAGE:
            return field.message_type()->full_name();
        case pb::FieldDescriptor::TYPE_ENUM:
            return field.enum_type()->full_name();
        default:
            return field.type_name();
    }
}

nlohmann::ordered_json describe_field(const json::Field& field) {
    nlohmann::ordered_json entry{{"name", field.name}, {"type", type_of(*field.descriptor)}};
    if (field.repeated) entry["repeated"] = true;
    const auto& options = field.descriptor->options();
    if (options.HasExtension(v1::personal))
        entry["personal"] = {{"subject", options.GetExtension(v1::personal).subject()}};
    return entry;
}

nlohmann::ordered_json describe(const pb::Descriptor& message) {
    const v1::Event& event = message.options().GetExtension(v1::event);
    auto fields = nlohmann::ordered_json::array();
    for (const json::Field& field : json::shape_of(message).fields) fields.push_back(describe_field(field));
    return {{"type", message.full_name()},
            {"category", event.category()},
            {"since", event.since()},
            {"summary", event.summary()},
            {"fields", std::move(fields)}};
}

}  // namespace

std::string event_catalogue() {
    auto events = nlohmann::ordered_json::array();
    for (const pb::Descriptor* message : contract_messages()) {
        if (message->options().HasExtension(v1::event)) events.push_back(describe(*message));
    }
    return nlohmann::ordered_json{{"events", std::move(events)}}.dump();
}

}  // namespace dealog::gateway
