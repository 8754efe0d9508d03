#include "tools/golden/sample.hpp"

#include <string>

#include <google/protobuf/descriptor.h>

namespace dealog::golden {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

namespace {

constexpr int depth_max = 6;

std::string text_of(const FieldDescriptor& field, int n) {
    return field.name() + "-" + std::to_string(field.number()) + (n != 0 ? "-" + std::to_string(n) : "");
}

int enum_of(const FieldDescriptor& field) {
    return field.enum_type()->value(field.enum_type()->value_count() > 1 ? 1 : 0)->number();
}

void set_one(Message& message, const Reflection& reflection, const FieldDescriptor& field, int depth) {
    switch (field.cpp_type()) {
        case FieldDescriptor::CPPTYPE_INT32:
            return reflection.SetInt32(&message, &field, field.number());
        case FieldDescriptor::CPPTYPE_INT64:
            return reflection.SetInt64(&message, &field, 1'000'000'000LL + field.number());
        case FieldDescriptor::CPPTYPE_UINT32:
            return reflection.SetUInt32(&message, &field, static_cast<unsigned>(field.number()));
        case FieldDescriptor::CPPTYPE_UINT64:
            return reflection.SetUInt64(&message, &field, 2'000'000'000ULL + static_cast<unsigned>(field.number()));
        case FieldDescriptor::CPPTYPE_DOUBLE:
            return reflection.SetDouble(&message, &field, 0.25);
        case FieldDescriptor::CPPTYPE_FLOAT:
            return reflection.SetFloat(&message, &field, 0.5F);
        case FieldDescriptor::CPPTYPE_BOOL:
            return reflection.SetBool(&message, &field, true);
        case FieldDescriptor::CPPTYPE_ENUM:
            return reflection.SetEnumValue(&message, &field, enum_of(field));
        case FieldDescriptor::CPPTYPE_STRING:
            return reflection.SetString(&message, &field, text_of(field, 0));
        case FieldDescriptor::CPPTYPE_MESSAGE:
            return fill_sample(*reflection.MutableMessage(&message, &field), depth + 1);
    }
}

void add_one(Message& message, const Reflection& reflection, const FieldDescriptor& field, int n, int depth) {
    switch (field.cpp_type()) {
        case FieldDescriptor::CPPTYPE_ENUM:
            return reflection.AddEnumValue(&message, &field, enum_of(field));
        case FieldDescriptor::CPPTYPE_STRING:
            return reflection.AddString(&message, &field, text_of(field, n));
        case FieldDescriptor::CPPTYPE_MESSAGE:
            return fill_sample(*reflection.AddMessage(&message, &field), depth + 1);
        case FieldDescriptor::CPPTYPE_INT32:
            return reflection.AddInt32(&message, &field, n);
        case FieldDescriptor::CPPTYPE_INT64:
            return reflection.AddInt64(&message, &field, n);
        case FieldDescriptor::CPPTYPE_UINT32:
            return reflection.AddUInt32(&message, &field, static_cast<unsigned>(n));
        case FieldDescriptor::CPPTYPE_UINT64:
            return reflection.AddUInt64(&message, &field, static_cast<unsigned>(n));
        case FieldDescriptor::CPPTYPE_DOUBLE:
            return reflection.AddDouble(&message, &field, n);
        case FieldDescriptor::CPPTYPE_FLOAT:
            return reflection.AddFloat(&message, &field, static_cast<float>(n));
        case FieldDescriptor::CPPTYPE_BOOL:
            return reflection.AddBool(&message, &field, true);
    }
}

}  // namespace

void fill_sample(Message& message, int depth) {
    if (depth > depth_max) return;
    const auto& reflection = *message.GetReflection();
    const auto& descriptor = *message.GetDescriptor();
    for (int i = 0; i < descriptor.field_count(); ++i) {
        const auto& field = *descriptor.field(i);
        // Of a oneof the last member stays; every member is tried where it is a field of its own.
        if (field.is_repeated()) {
            for (int n = 1; n <= 2; ++n) add_one(message, reflection, field, n, depth);
        } else {
            set_one(message, reflection, field, depth);
        }
    }
}

}  // namespace dealog::golden
