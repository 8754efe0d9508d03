#include "gateway/json/filler.hpp"

#include <cmath>
#include <limits>

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include "base/time.hpp"
#include "gateway/json/text.hpp"

namespace dealog::gateway::json {

namespace pb = google::protobuf;

namespace {

/// What a value of this kind looks like, for messages.
std::string_view expected(const Field& field) {
    switch (field.kind) {
        case Kind::text:
            return "a string";
        case Kind::bytes:
            return "a string of standard base64";
        case Kind::boolean:
            return "true or false";
        case Kind::int32:
        case Kind::uint32:
            return "an integer";
        case Kind::int64:
        case Kind::uint64:
            return "an integer, best written as a string";
        case Kind::float32:
        case Kind::float64:
            return "a number";
        case Kind::enumeration:
            return "one of the listed names";
        case Kind::timestamp:
            return "an RFC 3339 time";
        case Kind::duration:
            return "a duration such as \"187s\"";
        case Kind::any:
        case Kind::message:
            return "an object";
    }
    __builtin_unreachable();
}

pb::Message* new_element(const Field& field, pb::Message& parent) {
    const auto* reflection = parent.GetReflection();
    return field.repeated ? reflection->AddMessage(&parent, field.descriptor)
                          : reflection->MutableMessage(&parent, field.descriptor);
}

/// `set` or `add` of the reflection, by whether the field is repeated.
template <class Value, class Set, class Add>
bool store(const Field& field, pb::Message& message, Value value, Set set, Add add) {
    const auto* reflection = message.GetReflection();
    if (field.repeated) {
        (reflection->*add)(&message, field.descriptor, std::move(value));
    } else {
        (reflection->*set)(&message, field.descriptor, std::move(value));
    }
    return true;
}

using R = pb::Reflection;

}  // namespace

Filler::Filler(pb::Message& message, const FillOptions& options, const char* const& seen)
    : options_(options), seen_(seen), root_(message) {}

std::optional<Rejection> Filler::refusal() const {
    if (!refusal_) return std::nullopt;
    return rejection(Code::Problem_Code_MALFORMED_BODY,
                     (refusal_->field.empty() ? std::string() : refusal_->field + ": ") + refusal_->message,
                     {*refusal_});
}

/// The field that the coming value is for; null when it is refused.
const Field* Filler::expect_value() {
    if (depth_ == 0) {
        refuse("wrong_type", "the body is a JSON object");
        return nullptr;
    }
    Frame& frame = top();
    if (!frame.array && frame.field->repeated) {
        refuse("wrong_type", "expected an array");
        return nullptr;
    }
    return frame.field;
}

bool Filler::boolean(bool value) {
    if (raw_depth_ > 0) return true;
    const Field* field = expect_value();
    if (field == nullptr) return false;
    if (field->kind != Kind::boolean) return wrong_type();
    ++top().items;
    return store(*field, *top().message, value, &R::SetBool, &R::AddBool);
}

bool Filler::number_integer(std::int64_t value) {
    if (raw_depth_ > 0) return true;
    const Field* field = expect_value();
    if (field == nullptr) return false;
    return value >= 0 ? take_unsigned(*field, static_cast<std::uint64_t>(value)) : take_signed(*field, value);
}

bool Filler::number_unsigned(std::uint64_t value) {
    if (raw_depth_ > 0) return true;
    const Field* field = expect_value();
    return field != nullptr && take_unsigned(*field, value);
}

bool Filler::take_unsigned(const Field& field, std::uint64_t value) {
    if (value <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()) && field.kind != Kind::uint64) {
        return take_signed(field, static_cast<std::int64_t>(value));
    }
    pb::Message& message = *top().message;
    switch (field.kind) {
        case Kind::uint64:
            break;
        case Kind::float32:
        case Kind::float64:
            return number_float(static_cast<double>(value), {});
        case Kind::int32:
        case Kind::uint32:
        case Kind::int64:
            return refuse("out_of_range", "the number is too large");
        default:
            return wrong_type();
    }
    ++top().items;
    return store(field, message, value, &R::SetUInt64, &R::AddUInt64);
}

bool Filler::take_signed(const Field& field, std::int64_t value) {
    pb::Message& message = *top().message;
    const auto fits = [&](std::int64_t low, std::int64_t high) {
        return (value >= low && value <= high) || refuse("out_of_range", "the number is out of range");
    };
    switch (field.kind) {
        case Kind::int32:
            if (!fits(std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max())) return false;
            ++top().items;
            return store(field, message, static_cast<std::int32_t>(value), &R::SetInt32, &R::AddInt32);
        case Kind::uint32:
            if (!fits(0, std::numeric_limits<std::uint32_t>::max())) return false;
            ++top().items;
            return store(field, message, static_cast<std::uint32_t>(value), &R::SetUInt32, &R::AddUInt32);
        case Kind::uint64:
            return refuse("out_of_range", "the number is out of range");
        case Kind::int64:
            ++top().items;
            return store(field, message, value, &R::SetInt64, &R::AddInt64);
        case Kind::float32:
        case Kind::float64:
            return number_float(static_cast<double>(value), {});
        default:
            return wrong_type();
    }
}

bool Filler::number_float(double value, const std::string&) {
    if (raw_depth_ > 0) return true;
    const Field* field = expect_value();
    if (field == nullptr) return false;
    pb::Message& message = *top().message;
    if (field->kind == Kind::float64) {
        ++top().items;
        return store(*field, message, value, &R::SetDouble, &R::AddDouble);
    }
    if (field->kind != Kind::float32) return wrong_type();
    const auto narrow = static_cast<float>(value);
    if (!std::isfinite(narrow)) return refuse("out_of_range", "the number is out of range");
    ++top().items;
    return store(*field, message, narrow, &R::SetFloat, &R::AddFloat);
}

bool Filler::string(std::string& value) {
    if (raw_depth_ > 0) return true;
    const Field* field = expect_value();
    if (field == nullptr || !take_text(*field, value)) return false;
    ++top().items;
    return true;
}

bool Filler::take_text(const Field& field, std::string& value) {
    pb::Message& message = *top().message;
    switch (field.kind) {
        case Kind::text:
            return store(field, message, std::move(value), &R::SetString, &R::AddString);
        case Kind::bytes: {
            auto bytes = decode_base64(value);
            return bytes ? store(field, message, std::move(*bytes), &R::SetString, &R::AddString) : wrong_type();
        }
        case Kind::int64: {
            const auto number = parse_int64(value);
            return number ? store(field, message, *number, &R::SetInt64, &R::AddInt64) : wrong_type();
        }
        case Kind::uint64: {
            const auto number = parse_uint64(value);
            return number ? store(field, message, *number, &R::SetUInt64, &R::AddUInt64) : wrong_type();
        }
        case Kind::enumeration:
            return take_enum(field, value);
        case Kind::timestamp:
            return take_timestamp(field, value);
        case Kind::duration:
            return take_duration(field, value);
        default:
            return wrong_type();
    }
}

bool Filler::take_enum(const Field& field, const std::string& name) {
    const auto* value = field.descriptor->enum_type()->FindValueByName(name);
    if (value == nullptr || value->number() == 0) return refuse("unknown_value", "not one of the listed names");
    return store(field, *top().message, value->number(), &R::SetEnumValue, &R::AddEnumValue);
}

bool Filler::take_timestamp(const Field& field, const std::string& text) {
    const auto time = parse_rfc3339(text);
    if (!time) return wrong_type();
    to_proto(*time, static_cast<pb::Timestamp&>(*new_element(field, *top().message)));
    return true;
}

bool Filler::take_duration(const Field& field, const std::string& text) {
    const auto length = parse_duration(text);
    if (!length) return wrong_type();
    to_proto(*length, static_cast<pb::Duration&>(*new_element(field, *top().message)));
    return true;
}

bool Filler::nest(Frame frame) {
    if (depth_ == depth_max) return refuse("too_deep", "more than 32 levels");
    frames_[static_cast<std::size_t>(depth_++)] = frame;
    return true;
}

bool Filler::start_object(std::size_t) {
    if (raw_depth_ > 0) return start_raw();
    if (depth_ == 0) return nest({.message = &root_, .shape = &shape_of(*root_.GetDescriptor())});
    const Field* field = expect_value();
    if (field == nullptr) return false;
    if (field->kind == Kind::any) return start_raw();
    if (field->kind != Kind::message) return wrong_type();
    if (depth_ == depth_max) return refuse("too_deep", "more than 32 levels");
    pb::Message* element = new_element(*field, *top().message);
    return nest({.message = element, .shape = field->shape});
}

bool Filler::start_raw() {
    if (options_.raw == nullptr) return wrong_type();
    if (raw_depth_ == 0) raw_begin_ = seen_ - 1;
    if (depth_ + ++raw_depth_ > depth_max) return refuse("too_deep", "more than 32 levels");
    return true;
}

bool Filler::end_raw() {
    if (--raw_depth_ > 0) return true;
    const auto length = static_cast<std::size_t>(seen_ - raw_begin_);
    options_.raw->push_back(Raw{.parent = top().message, .path = path(), .json = {raw_begin_, length}});
    ++top().items;
    return true;
}

bool Filler::key(std::string& name) {
    if (raw_depth_ > 0) return true;
    Frame& frame = top();
    frame.field = frame.shape->find(name);
    if (frame.field == nullptr) {
        const std::string shown = name.size() <= 64 ? name : name.substr(0, 61) + "...";
        return refuse("unknown_field", "there is no field \"" + shown + '"');
    }
    const Field& field = *frame.field;
    if (field.rule->path()) return refuse("path_parameter", "is given by the path, not by the body");
    if (frame.keys.test(field.index)) return refuse("duplicate_key", "is given twice");
    if (field.oneof != nullptr && frame.message->GetReflection()->HasOneof(*frame.message, field.oneof)) {
        return refuse("oneof", "only one of these may be given");
    }
    frame.keys.set(field.index);
    return true;
}

bool Filler::end_object() {
    if (raw_depth_ > 0) return end_raw();
    if (--depth_ > 0) ++top().items;
    return true;
}

bool Filler::start_array(std::size_t) {
    if (raw_depth_ > 0) return start_raw();
    if (depth_ == 0) return refuse("wrong_type", "the body is a JSON object");
    Frame& frame = top();
    if (frame.array || !frame.field->repeated) return wrong_type();
    return nest({.message = frame.message, .field = frame.field, .array = true});
}

bool Filler::end_array() {
    if (raw_depth_ > 0) return end_raw();
    --depth_;
    return true;
}

bool Filler::wrong_type() { return refuse("wrong_type", "expected " + std::string(expected(*top().field))); }

bool Filler::value_refused(std::string rule, std::string message) {
    return raw_depth_ > 0 || refuse(std::move(rule), std::move(message));
}

bool Filler::refuse(std::string rule, std::string message) {
    refusal_ = Violation{.rule = std::move(rule), .field = path(), .message = std::move(message)};
    return false;
}

bool Filler::broken(std::size_t byte, int error) {
    constexpr int number_out_of_range = 406;
    if (error == number_out_of_range) return refuse("out_of_range", "the number is out of range");
    return refuse("malformed_json", "the body is not valid JSON at byte " + std::to_string(byte));
}

std::string Filler::path() const {
    std::string text(options_.prefix);
    for (int i = 0; i < depth_; ++i) {
        const Frame& frame = frames_[static_cast<std::size_t>(i)];
        if (frame.array) {
            text += '[' + std::to_string(frame.items) + ']';
        } else if (frame.field != nullptr) {
            if (!text.empty()) text += '.';
            text += frame.field->name;
        }
    }
    return text;
}

}  // namespace dealog::gateway::json
