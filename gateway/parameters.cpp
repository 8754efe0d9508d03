#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <bitset>
#include <limits>

#include "gateway/json/shape.hpp"
#include "gateway/json/text.hpp"
#include "gateway/routes.hpp"
#include "gateway/uri.hpp"

namespace dealog::gateway {

namespace pb = google::protobuf;
using json::Field;
using json::Kind;

namespace {

Rejection malformed(std::string rule, std::string_view name, std::string message) {
    const std::string shown(name.substr(0, 64));
    return rejection(Code::Problem_Code_MALFORMED_QUERY, shown + ": " + message,
                     {{std::move(rule), shown, std::move(message)}});
}

/// Where a space could be meant.
Plus plus_of(const Field& field) {
    const auto format = field.rule->format();
    const bool free = field.rule->ref().empty() && (format == v1::Rule::FORMAT_UNSPECIFIED || format == v1::Rule::LINE);
    return free && field.kind == Kind::text ? Plus::space : Plus::kept;
}

bool set_number(pb::Message& message, const Field& field, const std::string& text) {
    const auto* reflection = message.GetReflection();
    const auto number = json::parse_uint64(text);
    if (!number) return false;
    if (field.kind == Kind::uint64) {
        reflection->SetUInt64(&message, field.descriptor, *number);
        return true;
    }
    if (*number > std::numeric_limits<std::uint32_t>::max()) return false;
    reflection->SetUInt32(&message, field.descriptor, static_cast<std::uint32_t>(*number));
    return true;
}

bool set_enum(pb::Message& message, const Field& field, const std::string& text) {
    const auto* value = field.descriptor->enum_type()->FindValueByName(text);
    if (value == nullptr || value->number() == 0) return false;
    if (field.repeated) {
        message.GetReflection()->AddEnum(&message, field.descriptor, value);
    } else {
        message.GetReflection()->SetEnum(&message, field.descriptor, value);
    }
    return true;
}

bool set_text(pb::Message& message, const Field& field, std::string text) {
    if (field.repeated) {
        message.GetReflection()->AddString(&message, field.descriptor, std::move(text));
    } else {
        message.GetReflection()->SetString(&message, field.descriptor, std::move(text));
    }
    return true;
}

/// False when the text is not of the field's type.
bool set_parameter(pb::Message& message, const Field& field, std::string text) {
    switch (field.kind) {
        case Kind::text:
            return set_text(message, field, std::move(text));
        case Kind::enumeration:
            return set_enum(message, field, text);
        case Kind::uint32:
        case Kind::uint64:
            return !field.repeated && set_number(message, field, text);
        case Kind::boolean:
            if (field.repeated || (text != "true" && text != "false")) return false;
            message.GetReflection()->SetBool(&message, field.descriptor, text == "true");
            return true;
        default:
            return false;
    }
}

/// asOf and minPosition; true when `name` was one of them.
Result<bool, Rejection> take_common(std::string_view name, std::string_view raw, CommonParameters& common) {
    if (name != "asOf" && name != "minPosition") return false;
    std::string& place = name == "asOf" ? common.as_of : common.min_position;
    if (!place.empty()) return refuse(malformed("duplicate_parameter", name, "is given twice"));
    const auto text = percent_decode(raw, Plus::kept);
    if (!text || text->empty()) return refuse(malformed("malformed_parameter", name, "has no readable value"));
    place = *text;
    return true;
}

}  // namespace

Result<void, Rejection> fill_path(const Match& match, pb::Message& message) {
    for (std::size_t i = 0; i < match.values.size(); ++i) {
        const auto* field = match.route->placeholders[i];
        auto value = percent_decode(match.values[i], Plus::kept);
        if (!value) return refuse(malformed("malformed_parameter", field->json_name(), "is not percent-encoded UTF-8"));
        message.GetReflection()->SetString(&message, field, std::move(*value));
    }
    return {};
}

Result<CommonParameters, Rejection> fill_query(std::string_view query, pb::Message& message) {
    const json::Shape& shape = json::shape_of(*message.GetDescriptor());
    CommonParameters common;
    std::bitset<json::shape_fields_max> seen;
    for (const auto& [raw_name, raw_value] : split_query(query)) {
        const auto name = percent_decode(raw_name, Plus::kept);
        if (!name)
            return refuse(malformed("malformed_parameter", "", "a parameter's name is not percent-encoded UTF-8"));
        const auto taken = take_common(*name, raw_value, common);
        if (!taken) return refuse(taken.error());
        if (*taken) continue;
        const Field* field = shape.find(*name);
        if (field == nullptr || field->rule->path())
            return refuse(malformed("unknown_parameter", *name, "there is no such parameter"));
        if (seen.test(field->index) && !field->repeated)
            return refuse(malformed("duplicate_parameter", *name, "is given twice"));
        seen.set(field->index);
        auto value = percent_decode(raw_value, plus_of(*field));
        if (!value) return refuse(malformed("malformed_parameter", *name, "is not percent-encoded UTF-8"));
        if (!set_parameter(message, *field, std::move(*value)))
            return refuse(malformed("malformed_parameter", *name, "has not the form it must have"));
    }
    return common;
}

}  // namespace dealog::gateway
