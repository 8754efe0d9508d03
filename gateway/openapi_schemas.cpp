#include "gateway/openapi_schemas.hpp"

#include <map>
#include <string>

#include <nlohmann/json.hpp>

namespace dealog::gateway {

namespace pb = google::protobuf;
using Json = nlohmann::ordered_json;
using json::Field;
using json::Kind;

namespace {

constexpr std::uint32_t length_default = 200;
constexpr std::uint32_t items_default = 100;

Json enum_schema(const Field& field) {
    Json names = Json::array();
    const auto* type = field.descriptor->enum_type();
    for (int i = 0; i < type->value_count(); ++i) {
        if (type->value(i)->number() != 0) names.push_back(type->value(i)->name());
    }
    return {{"type", "string"}, {"enum", std::move(names)}};
}

Json type_schema(const Field& field) {
    switch (field.kind) {
        case Kind::text:
            return {{"type", "string"}};
        case Kind::bytes:
            return {{"type", "string"}, {"contentEncoding", "base64"}};
        case Kind::boolean:
            return {{"type", "boolean"}};
        case Kind::int32:
            return {{"type", "integer"}, {"format", "int32"}};
        case Kind::uint32:
            return {{"type", "integer"}, {"minimum", 0}, {"maximum", 4294967295u}};
        case Kind::int64:
            return {{"type", "string"}, {"pattern", "^(0|-?[1-9][0-9]*)$"}};
        case Kind::uint64:
            return {{"type", "string"}, {"pattern", "^(0|[1-9][0-9]*)$"}};
        case Kind::float32:
        case Kind::float64:
            return {{"type", "number"}};
        case Kind::enumeration:
            return enum_schema(field);
        case Kind::timestamp:
            return {{"type", "string"}, {"format", "date-time"}};
        case Kind::duration:
            return {{"type", "string"}, {"pattern", "^-?[0-9]+(\\.[0-9]{1,9})?s$"}};
        case Kind::any:
        case Kind::message:
            return {{"type", "object"}};
    }
    __builtin_unreachable();
}

void add_format(Json& schema, v1::Rule::Format format) {
    switch (format) {
        case v1::Rule::UUID:
            schema["format"] = "uuid";
            break;
        case v1::Rule::KEY:
            schema["pattern"] = "^[a-z0-9][a-z0-9_-]*$";
            break;
        case v1::Rule::E164:
            schema["pattern"] = "^\\+[1-9][0-9]{6,14}$";
            break;
        case v1::Rule::EMAIL:
            schema["format"] = "email";
            break;
        case v1::Rule::ZONE:
            schema["description"] = "An IANA time zone.";
            break;
        case v1::Rule::CURRENCY:
            schema["pattern"] = "^[A-Z]{3}$";
            break;
        case v1::Rule::DATE:
            schema["format"] = "date";
            break;
        case v1::Rule::DATE_OR_TIME:
            schema["description"] = "A date, or an RFC 3339 time.";
            break;
        case v1::Rule::NAME_UPPER:
            schema["pattern"] = "^[A-Z][A-Z0-9_]*$";
            break;
        case v1::Rule::LINE:
            schema["description"] = "One line of text.";
            break;
        case v1::Rule::EXTERNAL_ID:
            schema["pattern"] = "^[!-~]+$";
            break;
        case v1::Rule::PAGE_TOKEN:
            schema["description"] = "A nextPageToken of the page before.";
            break;
        default:
            break;
    }
}

void add_text_limits(Json& schema, const Field& field) {
    const v1::Rule& rule = *field.rule;
    schema["maxLength"] = rule.max_length() != 0 ? rule.max_length() : length_default;
    if (rule.min_length() != 0) schema["minLength"] = rule.min_length();
    if (!rule.ref().empty()) {
        schema["description"] = "An id (" + rule.ref() + "), or ext:<externalId>.";
    } else {
        add_format(schema, rule.format());
    }
}

void add_limits(Json& schema, const Field& field) {
    const v1::Rule& rule = *field.rule;
    if (field.kind == Kind::text) add_text_limits(schema, field);
    const bool bounded = rule.minimum() != 0 || rule.maximum() != 0;
    const bool number = field.kind == Kind::int32 || field.kind == Kind::uint32 || field.kind == Kind::float64 ||
                        field.kind == Kind::float32;
    if (!bounded || !number) return;
    schema["minimum"] = rule.minimum();
    schema["maximum"] = rule.maximum();
}

std::string schema_name(const pb::Descriptor& message, Schemas::Use use) {
    return message.full_name() + (use == Schemas::Use::body ? ".Body" : "");
}

}  // namespace

struct Schemas::Made {
    std::map<std::string, Json> by_name;
};

Schemas::Schemas() : made_(std::make_unique<Made>()) {}
Schemas::~Schemas() = default;

Json Schemas::all() const {
    Json all = Json::object();
    for (const auto& [name, schema] : made_->by_name) all[name] = schema;
    return all;
}

Json Schemas::refer(const pb::Descriptor& message, Use use) {
    const std::string name = schema_name(message, use);
    if (made_->by_name.try_emplace(name, Json::object()).second) {  // before it is made: it may refer to itself
        Json made = make(message, use);
        made_->by_name[name] = std::move(made);
    }
    return {{"$ref", "#/components/schemas/" + name}};
}

Json Schemas::value(const Field& field, Use use) {
    if (field.kind == Kind::message) return refer(*field.shape->descriptor, use);
    Json schema = type_schema(field);
    if (use == Use::body) add_limits(schema, field);
    return schema;
}

Json Schemas::field(const Field& field, Use use) {
    Json schema = value(field, use);
    if (!field.repeated) return schema;
    Json array{{"type", "array"}, {"items", std::move(schema)}};
    if (use == Use::body) array["maxItems"] = field.rule->max_items() != 0 ? field.rule->max_items() : items_default;
    return array;
}

Json Schemas::make(const pb::Descriptor& message, Use use) {
    Json properties = Json::object();
    Json required = Json::array();
    for (const Field& field : json::shape_of(message).fields) {
        if (use == Use::body && field.rule->path()) continue;
        properties[field.name] = this->field(field, use);
        if (use == Use::body && field.rule->required()) required.push_back(field.name);
    }
    Json schema{{"type", "object"}, {"properties", std::move(properties)}};
    if (!required.empty()) schema["required"] = std::move(required);
    if (use == Use::body) schema["additionalProperties"] = false;
    return schema;
}

}  // namespace dealog::gateway
