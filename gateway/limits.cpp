#include "gateway/limits.hpp"

#include <string>

#include <fmt/format.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/unknown_field_set.h>

#include "base/ids.hpp"
#include "gateway/formats.hpp"
#include "gateway/json/shape.hpp"

namespace dealog::gateway {

namespace pb = google::protobuf;
using json::Field;
using json::Kind;
using json::Shape;

namespace {

constexpr std::uint32_t length_default = 200;
constexpr std::uint32_t items_default = 100;
constexpr std::int64_t timestamp_seconds_max = 7'289'654'400;  // the end of 2200
constexpr std::int64_t duration_seconds_max = 9'000'000'000;

/// Where we are: the path is put together only when something is wrong.
struct Place {
    const Place* up = nullptr;
    std::string_view name;
    int item = -1;

    [[nodiscard]] std::string text() const {
        std::string path = up != nullptr ? up->text() : std::string();
        if (!path.empty() && !name.empty()) path += '.';
        path += name;
        if (item >= 0) path += '[' + std::to_string(item) + ']';
        return path;
    }
};

class Checker {
public:
    explicit Checker(std::vector<Violation>& violations) : violations_(violations) {}

    void check(pb::Message& message, const Shape& shape, const Place& place) {
        for (const Field& field : shape.fields) {
            if (field.repeated) {
                check_items(message, field, Place{.up = &place, .name = field.name});
            } else {
                check_one(message, field, Place{.up = &place, .name = field.name});
            }
        }
    }

private:
    void broken(std::string rule, const Place& place, std::string message) {
        if (violations_.size() < violations_max)
            violations_.push_back({std::move(rule), place.text(), std::move(message)});
    }

    void check_one(pb::Message& message, const Field& field, const Place& place) {
        const auto* reflection = message.GetReflection();
        if (!reflection->HasField(message, field.descriptor)) {
            if (field.rule->required()) broken("required", place, "is required");
            return;
        }
        switch (field.kind) {
            case Kind::text: {
                std::string scratch;
                const std::string& text = reflection->GetStringReference(message, field.descriptor, &scratch);
                if (check_text(text, field, place)) reflection->SetString(&message, field.descriptor, lower_case(text));
                return;
            }
            case Kind::int32:
                return check_range(reflection->GetInt32(message, field.descriptor), field, place);
            case Kind::uint32:
                return check_range(reflection->GetUInt32(message, field.descriptor), field, place);
            case Kind::int64:
                return check_range(static_cast<double>(reflection->GetInt64(message, field.descriptor)), field, place);
            case Kind::uint64:
                return check_range(static_cast<double>(reflection->GetUInt64(message, field.descriptor)), field, place);
            case Kind::float32:
                return check_range(static_cast<double>(reflection->GetFloat(message, field.descriptor)), field, place);
            case Kind::float64:
                return check_range(reflection->GetDouble(message, field.descriptor), field, place);
            case Kind::timestamp:
            case Kind::duration:
            case Kind::message:
                return check_message(*reflection->MutableMessage(&message, field.descriptor), field, place);
            case Kind::any:
            case Kind::bytes:
            case Kind::boolean:
            case Kind::enumeration:
                return;
        }
    }

    void check_items(pb::Message& message, const Field& field, Place place) {
        const auto* reflection = message.GetReflection();
        const int size = reflection->FieldSize(message, field.descriptor);
        const auto bound = field.rule->max_items() != 0 ? field.rule->max_items() : items_default;
        if (size == 0 && field.rule->required()) broken("required", place, "is required");
        if (static_cast<std::uint32_t>(size) > bound) {
            return broken("max_items", place, fmt::format("at most {} items", bound));
        }
        for (place.item = 0; place.item < size; ++place.item) {
            if (field.kind == Kind::message) {
                check_message(*reflection->MutableRepeatedMessage(&message, field.descriptor, place.item), field,
                              place);
            } else if (field.kind == Kind::text) {
                std::string scratch;
                const auto& text =
                    reflection->GetRepeatedStringReference(message, field.descriptor, place.item, &scratch);
                if (check_text(text, field, place)) {
                    reflection->SetRepeatedString(&message, field.descriptor, place.item, lower_case(text));
                }
            }
        }
    }

    void check_message(pb::Message& value, const Field& field, const Place& place) {
        if (field.kind == Kind::timestamp) {
            const auto& time = static_cast<const pb::Timestamp&>(value);
            const bool fits = time.seconds() >= 0 && time.seconds() < timestamp_seconds_max && time.nanos() >= 0 &&
                              time.nanos() < 1'000'000'000;
            if (!fits) broken("range", place, "years 1970 to 2200");
        } else if (field.kind == Kind::duration) {
            const auto& length = static_cast<const pb::Duration&>(value);
            const bool fits =
                length.seconds() >= -duration_seconds_max && length.seconds() <= duration_seconds_max &&
                length.nanos() > -1'000'000'000 && length.nanos() < 1'000'000'000 &&
                (length.seconds() == 0 || length.nanos() == 0 || (length.seconds() < 0) == (length.nanos() < 0));
            if (!fits) broken("range", place, "the duration is out of range");
        } else {
            check(value, *field.shape, place);
        }
    }

    /// True when the text is an id that has to be brought to lower case.
    bool check_text(const std::string& text, const Field& field, const Place& place) {
        const v1::Rule& rule = *field.rule;
        const std::size_t length = code_points(text);
        const auto longest = rule.max_length() != 0 ? rule.max_length() : length_default;
        if (length > longest) broken("max_length", place, fmt::format("at most {} characters", longest));
        if (length < rule.min_length())
            broken("min_length", place, fmt::format("at least {} characters", rule.min_length()));
        if (text.empty()) {
            if (field.repeated && rule.min_length() == 0) broken("required", place, "is empty");
            return false;
        }
        const bool reference = !rule.ref().empty();
        if (reference ? !is_reference(text) : !has_format(text, rule.format())) {
            broken("format", place,
                   reference ? "expected an id or ext:<externalId>"
                             : "expected " + std::string(format_words(rule.format())));
            return false;
        }
        return (reference && !text.starts_with("ext:")) || rule.format() == v1::Rule::UUID;
    }

    void check_range(double value, const Field& field, const Place& place) {
        const v1::Rule& rule = *field.rule;
        if (rule.minimum() == 0 && rule.maximum() == 0) return;
        if (value < rule.minimum() || value > rule.maximum() || value != value) {
            broken("range", place, fmt::format("from {} to {}", rule.minimum(), rule.maximum()));
        }
    }

    static std::string lower_case(std::string_view id) {
        const auto uuid = parse_uuid(id);
        return uuid ? to_text(*uuid) : std::string(id);
    }

    std::vector<Violation>& violations_;
};

bool known_enum(const pb::Message& message, const Field& field) {
    const auto* reflection = message.GetReflection();
    const auto* type = field.descriptor->enum_type();
    if (!field.repeated) return type->FindValueByNumber(reflection->GetEnumValue(message, field.descriptor)) != nullptr;
    for (int i = 0; i < reflection->FieldSize(message, field.descriptor); ++i) {
        const int number = reflection->GetRepeatedEnumValue(message, field.descriptor, i);
        if (number == 0 || type->FindValueByNumber(number) == nullptr) return false;
    }
    return true;
}

/// The first thing that no JSON body could have said.
std::optional<Violation> find_foreign(const pb::Message& message, const Shape& shape, const Place& place) {
    const auto* reflection = message.GetReflection();
    if (!reflection->GetUnknownFields(message).empty())
        return Violation{"unknown_field", place.text(), "has fields that are not in the contract"};
    for (const Field& field : shape.fields) {
        Place here{.up = &place, .name = field.name};
        const int size = field.repeated ? reflection->FieldSize(message, field.descriptor)
                                        : (reflection->HasField(message, field.descriptor) ? 1 : 0);
        if (size > 0 && field.rule->path())
            return Violation{"path_parameter", here.text(), "is given by the path, not by the body"};
        if (size > 0 && field.kind == Kind::enumeration && !known_enum(message, field)) {
            return Violation{"unknown_value", here.text(), "not one of the listed values"};
        }
        if (field.kind != Kind::message) continue;
        for (int i = 0; i < size; ++i) {
            if (field.repeated) here.item = i;
            const auto& inner = field.repeated ? reflection->GetRepeatedMessage(message, field.descriptor, i)
                                               : reflection->GetMessage(message, field.descriptor);
            if (auto found = find_foreign(inner, *field.shape, here)) return found;
        }
    }
    return std::nullopt;
}

}  // namespace

void check_limits(pb::Message& message, std::string_view prefix, std::vector<Violation>& violations) {
    Checker(violations).check(message, json::shape_of(*message.GetDescriptor()), Place{.name = prefix});
}

Result<void, Rejection> check_limits(pb::Message& message, std::string_view prefix) {
    std::vector<Violation> violations;
    check_limits(message, prefix, violations);
    if (violations.empty()) return {};
    std::string detail = violations.front().field + ": " + violations.front().message;
    return refuse(rejection(Code::Problem_Code_INVALID_FIELD, std::move(detail), std::move(violations)));
}

Result<void, Rejection> check_wire(const pb::Message& message, std::string_view prefix) {
    auto found = find_foreign(message, json::shape_of(*message.GetDescriptor()), Place{.name = prefix});
    if (!found) return {};
    std::string detail = found->field + ": " + found->message;
    return refuse(rejection(Code::Problem_Code_MALFORMED_BODY, std::move(detail), {std::move(*found)}));
}

}  // namespace dealog::gateway
