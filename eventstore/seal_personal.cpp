#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/unknown_field_set.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "eventstore/event_log.hpp"
#include "eventstore/seal.hpp"
#include "eventstore/seal_plan.hpp"
#include "eventstore/vault.hpp"

namespace dealog::eventstore {

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using State = v1::PersonalState;

void refuse_unknown(const Message& message, const SealPlan& plan) {
    const Reflection& reflection = *message.GetReflection();
    if (!reflection.GetUnknownFields(message).empty()) {
        throw std::logic_error{
            fmt::format("{} has fields unknown to this binary", message.GetDescriptor()->full_name())};
    }
    for (const auto& nested : plan.nested) {
        if (nested.field->is_repeated()) {
            const int count = reflection.FieldSize(message, nested.field);
            for (int i = 0; i < count; ++i)
                refuse_unknown(reflection.GetRepeatedMessage(message, nested.field, i), *nested.plan);
        } else if (reflection.HasField(message, nested.field)) {
            refuse_unknown(reflection.GetMessage(message, nested.field), *nested.plan);
        }
    }
}

std::string subject_of(const Message& message, const FieldDescriptor& subject) {
    return message.GetReflection()->GetString(message, &subject);
}

std::string joined(std::string_view path, std::string_view name) {
    return path.empty() ? std::string{name} : fmt::format("{}.{}", path, name);
}

/// Walks one event and moves its personal values out of it.
struct Sealing {
    Vault& vault;
    const SealContext& context;
    std::vector<v1::SealedPart>& sealed;
    std::vector<std::string>& new_subjects;

    void seal(Message& message, const SealPlan& plan, const std::string& path) const {
        const Reflection& reflection = *message.GetReflection();
        for (const auto& personal : plan.personal) {
            if (reflection.HasField(message, personal.field)) seal_field(message, personal, path);
        }
        for (const auto& nested : plan.nested) {
            if (!nested.holds_personal) continue;
            const std::string inner = joined(path, nested.field->name());
            if (nested.field->is_repeated()) {
                const int count = reflection.FieldSize(message, nested.field);
                for (int i = 0; i < count; ++i) {
                    seal(*reflection.MutableRepeatedMessage(&message, nested.field, i), *nested.plan,
                         fmt::format("{}[{}]", inner, i));
                }
            } else if (reflection.HasField(message, nested.field)) {
                seal(*reflection.MutableMessage(&message, nested.field), *nested.plan, inner);
            }
        }
    }

    void seal_field(Message& message, const SealPlan::Personal& personal, const std::string& path) const {
        const std::string subject = subject_of(message, *personal.subject);
        if (subject.empty()) {
            throw std::logic_error{fmt::format("{} has no subject to seal it for", personal.field->full_name())};
        }
        const Reflection& reflection = *message.GetReflection();
        std::string plain = reflection.GetMessage(message, personal.field).SerializeAsString();
        sealed.push_back(vault.seal(context, joined(path, personal.field->name()), subject, plain, new_subjects));
        wipe(plain);
        reflection.ClearField(&message, personal.field);
    }
};

/// One step of a field path: `name` or `name[index]`.
struct Step {
    std::string_view name;
    std::optional<int> index;
};

std::optional<Step> parse_step(std::string_view text) {
    const std::size_t bracket = text.find('[');
    if (bracket == std::string_view::npos) return Step{.name = text, .index = std::nullopt};
    if (text.back() != ']') return std::nullopt;
    const std::string_view digits = text.substr(bracket + 1, text.size() - bracket - 2);
    int index = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    if (error != std::errc{} || end != digits.data() + digits.size() || index < 0) return std::nullopt;
    return Step{.name = text.substr(0, bracket), .index = index};
}

/// The message that holds the path's last field; null when the event has no such place.
Message* holder_of(Message& event, std::string_view path, std::string_view& last) {
    Message* at = &event;
    for (std::size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.')) {
        const auto step = parse_step(path.substr(0, dot));
        if (!step) return nullptr;
        const Reflection& reflection = *at->GetReflection();
        const FieldDescriptor* field = at->GetDescriptor()->FindFieldByName(std::string{step->name});
        if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return nullptr;
        if (field->is_repeated() != step->index.has_value()) return nullptr;
        if (step->index) {
            if (*step->index >= reflection.FieldSize(*at, field)) return nullptr;
            at = reflection.MutableRepeatedMessage(at, field, *step->index);
        } else {
            if (!reflection.HasField(*at, field)) return nullptr;
            at = reflection.MutableMessage(at, field);
        }
        path.remove_prefix(dot + 1);
    }
    last = path;
    return at;
}

const SealPlan::Personal* personal_field(const Message& holder, std::string_view name) {
    const auto& fields = seal_plan(*holder.GetDescriptor()).personal;
    const auto found =
        std::ranges::find_if(fields, [&](const auto& personal) { return personal.field->name() == name; });
    return found == fields.end() ? nullptr : &*found;
}

/// Opens into `out`; ERASED and SEALED leave it empty.
State::Name open_into(const Vault& vault, const SealContext& context, const v1::SealedPart& part,
                      std::string_view subject, Message& out) {
    std::string plain;
    switch (vault.open(context, part, subject, plain)) {
        case Opened::erased:
            return State::ERASED;
        case Opened::sealed:
            return State::SEALED;
        case Opened::open:
            break;
    }
    const bool parsed = out.ParseFromString(plain);
    wipe(plain);
    if (!parsed)
        throw StoreBroken{
            fmt::format("the part {} of an event in {} is no {}", part.field(), context.stream, out.GetTypeName())};
    return State::OPEN;
}

int badness(State::Name state) {
    switch (state) {
        case State::PERSONAL_STATE_UNSPECIFIED:
            return 0;
        case State::OPEN:
            return 1;
        case State::MASKED:
            return 2;
        case State::SEALED:
            return 3;
        default:
            return 4;
    }
}

}  // namespace

void seal_personal(Vault& vault, const SealContext& context, Message& event, std::vector<v1::SealedPart>& sealed,
                   std::vector<std::string>& new_subjects) {
    const SealPlan& plan = seal_plan(*event.GetDescriptor());
    refuse_unknown(event, plan);
    Sealing{.vault = vault, .context = context, .sealed = sealed, .new_subjects = new_subjects}.seal(event, plan, {});
}

v1::PersonalState::Name open_personal(const Vault& vault, const SealContext& context, Message& event,
                                      std::span<const v1::SealedPart* const> sealed) {
    State::Name worst = State::PERSONAL_STATE_UNSPECIFIED;
    for (const v1::SealedPart* part : sealed) {
        std::string_view name;
        Message* holder = holder_of(event, part->field(), name);
        const SealPlan::Personal* personal = holder == nullptr ? nullptr : personal_field(*holder, name);
        if (personal == nullptr) {
            throw StoreBroken{fmt::format("{} has no personal field {}", event.GetTypeName(), part->field())};
        }
        const Reflection& reflection = *holder->GetReflection();
        const std::string subject = subject_of(*holder, *personal->subject);
        std::unique_ptr<Message> value{reflection.GetMessage(*holder, personal->field).New()};
        const State::Name state = open_into(vault, context, *part, subject, *value);
        if (state == State::OPEN) reflection.SetAllocatedMessage(holder, value.release(), personal->field);
        if (badness(state) > badness(worst)) worst = state;
    }
    return worst;
}

v1::PersonalState::Name open_value(const Vault& vault, std::string_view workspace, const v1::SealedValue& value,
                                   std::string_view subject, Message& out) {
    out.Clear();
    if (!value.has_part()) return State::PERSONAL_STATE_UNSPECIFIED;
    const SealContext context{
        .workspace = workspace, .event_id = value.event_id(), .stream = value.stream(), .type = value.type()};
    return open_into(vault, context, value.part(), subject, out);
}

}  // namespace dealog::eventstore
