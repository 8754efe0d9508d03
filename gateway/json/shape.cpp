#include "gateway/json/shape.hpp"

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <unordered_map>

#include "gateway/contract.hpp"

namespace dealog::gateway::json {

namespace pb = google::protobuf;
using pb::FieldDescriptor;

namespace {

using Shapes = std::unordered_map<const pb::Descriptor*, std::unique_ptr<Shape>>;

Kind kind_of_message(const pb::Descriptor& type) {
    if (type.full_name() == "google.protobuf.Timestamp") return Kind::timestamp;
    if (type.full_name() == "google.protobuf.Duration") return Kind::duration;
    if (type.full_name() == "google.protobuf.Any") return Kind::any;
    return Kind::message;
}

Kind kind_of(const FieldDescriptor& field) {
    switch (field.cpp_type()) {
        case FieldDescriptor::CPPTYPE_INT32:
            return Kind::int32;
        case FieldDescriptor::CPPTYPE_INT64:
            return Kind::int64;
        case FieldDescriptor::CPPTYPE_UINT32:
            return Kind::uint32;
        case FieldDescriptor::CPPTYPE_UINT64:
            return Kind::uint64;
        case FieldDescriptor::CPPTYPE_DOUBLE:
            return Kind::float64;
        case FieldDescriptor::CPPTYPE_FLOAT:
            return Kind::float32;
        case FieldDescriptor::CPPTYPE_BOOL:
            return Kind::boolean;
        case FieldDescriptor::CPPTYPE_ENUM:
            return Kind::enumeration;
        case FieldDescriptor::CPPTYPE_STRING:
            return field.type() == FieldDescriptor::TYPE_BYTES ? Kind::bytes : Kind::text;
        case FieldDescriptor::CPPTYPE_MESSAGE:
            return kind_of_message(*field.message_type());
    }
    throw std::logic_error("a field of no known type: " + field.full_name());
}

bool before(std::string_view a, std::string_view b) { return a.size() != b.size() ? a.size() < b.size() : a < b; }

const Shape* build(const pb::Descriptor& descriptor, Shapes& shapes);

Field build_field(const FieldDescriptor& descriptor, Shapes& shapes) {
    Field field{.descriptor = &descriptor,
                .name = descriptor.json_name(),
                .quoted = '"' + descriptor.json_name() + "\":",
                .kind = kind_of(descriptor),
                .repeated = descriptor.is_repeated(),
                .presence = descriptor.has_presence(),
                .index = static_cast<std::size_t>(descriptor.index()),
                .oneof = descriptor.real_containing_oneof(),
                .rule = &descriptor.options().GetExtension(v1::rule)};
    if (descriptor.is_map()) throw std::logic_error("the contract has no maps: " + descriptor.full_name());
    if (field.kind == Kind::message) field.shape = build(*descriptor.message_type(), shapes);
    return field;
}

const Shape* build(const pb::Descriptor& descriptor, Shapes& shapes) {
    if (const auto known = shapes.find(&descriptor); known != shapes.end()) return known->second.get();
    auto& shape = *shapes.emplace(&descriptor, std::make_unique<Shape>()).first->second;
    shape.descriptor = &descriptor;
    if (static_cast<std::size_t>(descriptor.field_count()) > shape_fields_max) {
        throw std::logic_error("too many fields: " + descriptor.full_name());
    }
    for (int i = 0; i < descriptor.field_count(); ++i)
        shape.fields.push_back(build_field(*descriptor.field(i), shapes));
    for (const Field& field : shape.fields) shape.by_name.push_back(static_cast<std::uint16_t>(field.index));
    std::sort(shape.by_name.begin(), shape.by_name.end(),
              [&](auto a, auto b) { return before(shape.fields[a].name, shape.fields[b].name); });
    return &shape;
}

Shapes build_all() {
    Shapes shapes;
    for (const pb::Descriptor* descriptor : contract_messages()) build(*descriptor, shapes);
    return shapes;
}

}  // namespace

const Field* Shape::find(std::string_view json_name) const {
    const auto found =
        std::lower_bound(by_name.begin(), by_name.end(), json_name,
                         [&](auto index, std::string_view name) { return before(fields[index].name, name); });
    return found != by_name.end() && fields[*found].name == json_name ? &fields[*found] : nullptr;
}

const Shape& shape_of(const pb::Descriptor& descriptor) {
    static const Shapes shapes = build_all();
    const auto found = shapes.find(&descriptor);
    if (found == shapes.end()) throw std::logic_error("not a message of the contract: " + descriptor.full_name());
    return *found->second;
}

}  // namespace dealog::gateway::json
