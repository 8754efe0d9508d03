#include "gateway/json/write.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include <google/protobuf/any.pb.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include "base/time.hpp"
#include "gateway/contract.hpp"
#include "gateway/json/shape.hpp"
#include "gateway/json/text.hpp"

namespace dealog::gateway::json {

namespace pb = google::protobuf;

namespace {

void write_object(const pb::Message& message, const Shape& shape, std::string& out);

template <class Number>
void append_number(Number value, std::string& out) {
    std::array<char, 40> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    out.append(text.data(), end);
}

/// JSON has no infinities; a figure that is none is a bug of the query, shown as 0.
template <class Number>
void append_float(Number value, std::string& out) {
    append_number(std::isfinite(value) ? value : Number{}, out);
}

template <class Number>
void append_string_number(Number value, std::string& out) {
    out += '"';
    append_number(value, out);
    out += '"';
}

void append_enum(const Field& field, int number, std::string& out) {
    const auto* value = field.descriptor->enum_type()->FindValueByNumber(number);
    if (value != nullptr) {
        append_quoted(value->name(), out);
    } else {
        append_string_number(number, out);
    }
}

void append_any(const pb::Any& any, std::string& out) {
    const auto slash = any.type_url().rfind('/');
    const pb::Descriptor* type = slash == std::string::npos ? nullptr : find_message(any.type_url().substr(slash + 1));
    if (type != nullptr) {
        const auto inner = new_message(*type);
        if (inner->ParseFromString(any.value())) return write(*inner, out);
    }
    out += "{}";
}

void append_message(const Field& field, const pb::Message& value, std::string& out) {
    switch (field.kind) {
        case Kind::timestamp:
            return append_quoted(format_rfc3339(from_proto(static_cast<const pb::Timestamp&>(value))), out);
        case Kind::duration: {
            const auto& duration = static_cast<const pb::Duration&>(value);
            return append_quoted(format_duration(duration.seconds(), duration.nanos()), out);
        }
        case Kind::any:
            return append_any(static_cast<const pb::Any&>(value), out);
        default:
            return write_object(value, *field.shape, out);
    }
}

void append_text(const Field& field, const std::string& value, std::string& out) {
    if (field.kind == Kind::text) return append_quoted(value, out);
    out += '"';
    append_base64(value, out);
    out += '"';
}

void append_value(const Field& field, const pb::Message& message, std::string& out) {
    const auto* descriptor = field.descriptor;
    const auto* reflection = message.GetReflection();
    std::string scratch;
    switch (field.kind) {
        case Kind::text:
        case Kind::bytes:
            return append_text(field, reflection->GetStringReference(message, descriptor, &scratch), out);
        case Kind::boolean:
            out += reflection->GetBool(message, descriptor) ? "true" : "false";
            return;
        case Kind::int32:
            return append_number(reflection->GetInt32(message, descriptor), out);
        case Kind::uint32:
            return append_number(reflection->GetUInt32(message, descriptor), out);
        case Kind::int64:
            return append_string_number(reflection->GetInt64(message, descriptor), out);
        case Kind::uint64:
            return append_string_number(reflection->GetUInt64(message, descriptor), out);
        case Kind::float32:
            return append_float(reflection->GetFloat(message, descriptor), out);
        case Kind::float64:
            return append_float(reflection->GetDouble(message, descriptor), out);
        case Kind::enumeration:
            return append_enum(field, reflection->GetEnumValue(message, descriptor), out);
        case Kind::timestamp:
        case Kind::duration:
        case Kind::any:
        case Kind::message:
            return append_message(field, reflection->GetMessage(message, descriptor), out);
    }
}

void append_item(const Field& field, const pb::Message& message, int i, std::string& out) {
    const auto* descriptor = field.descriptor;
    const auto* reflection = message.GetReflection();
    std::string scratch;
    switch (field.kind) {
        case Kind::text:
        case Kind::bytes:
            return append_text(field, reflection->GetRepeatedStringReference(message, descriptor, i, &scratch), out);
        case Kind::boolean:
            out += reflection->GetRepeatedBool(message, descriptor, i) ? "true" : "false";
            return;
        case Kind::int32:
            return append_number(reflection->GetRepeatedInt32(message, descriptor, i), out);
        case Kind::uint32:
            return append_number(reflection->GetRepeatedUInt32(message, descriptor, i), out);
        case Kind::int64:
            return append_string_number(reflection->GetRepeatedInt64(message, descriptor, i), out);
        case Kind::uint64:
            return append_string_number(reflection->GetRepeatedUInt64(message, descriptor, i), out);
        case Kind::float32:
            return append_float(reflection->GetRepeatedFloat(message, descriptor, i), out);
        case Kind::float64:
            return append_float(reflection->GetRepeatedDouble(message, descriptor, i), out);
        case Kind::enumeration:
            return append_enum(field, reflection->GetRepeatedEnumValue(message, descriptor, i), out);
        case Kind::timestamp:
        case Kind::duration:
        case Kind::any:
        case Kind::message:
            return append_message(field, reflection->GetRepeatedMessage(message, descriptor, i), out);
    }
}

void append_items(const Field& field, const pb::Message& message, std::string& out) {
    const int size = message.GetReflection()->FieldSize(message, field.descriptor);
    out += '[';
    for (int i = 0; i < size; ++i) {
        if (i > 0) out += ',';
        append_item(field, message, i, out);
    }
    out += ']';
}

bool is_shown(const Field& field, const pb::Message& message) {
    if (field.repeated) return true;
    const bool may_be_hidden =
        field.presence || field.kind == Kind::text || field.kind == Kind::bytes || field.kind == Kind::enumeration;
    return !may_be_hidden || message.GetReflection()->HasField(message, field.descriptor);
}

void write_object(const pb::Message& message, const Shape& shape, std::string& out) {
    out += '{';
    bool first = true;
    for (const Field& field : shape.fields) {
        if (!is_shown(field, message)) continue;
        if (!first) out += ',';
        first = false;
        out += field.quoted;
        if (field.repeated) {
            append_items(field, message, out);
        } else {
            append_value(field, message, out);
        }
    }
    out += '}';
}

}  // namespace

void write(const pb::Message& message, std::string& out) {
    write_object(message, shape_of(*message.GetDescriptor()), out);
}

}  // namespace dealog::gateway::json
