#include "commands/references.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <map>
#include <mutex>

#include "base/ids.hpp"
#include "base/options.pb.h"

namespace dealog::commands {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

/// Fields of one message that hold ids, and sub-messages that do.
struct Plan {
    struct Id {
        const FieldDescriptor* field;
        std::string kind;  // empty: an id of its own, not a reference
        bool path;
    };
    struct Nested {
        const FieldDescriptor* field;
        const Plan* plan;
    };
    std::vector<Id> ids;
    std::vector<Nested> nested;
    [[nodiscard]] bool empty() const { return ids.empty() && nested.empty(); }
};

class Plans {
public:
    const Plan& of(const Descriptor& message) {
        const std::lock_guard lock{mutex_};
        return made(message);
    }

private:
    const Plan& made(const Descriptor& message) {
        const auto [entry, fresh] = plans_.try_emplace(&message);
        if (!fresh) return entry->second;
        Plan plan;
        for (int i = 0; i < message.field_count(); ++i) {
            const auto* field = message.field(i);
            if (field->is_repeated()) continue;
            const auto& rule = field->options().GetExtension(v1::rule);
            if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
                if (field->message_type()->full_name().starts_with("google.protobuf.")) continue;
                const auto& nested = made(*field->message_type());
                if (!nested.empty()) plan.nested.push_back({.field = field, .plan = &nested});
            } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
                       (rule.format() == v1::Rule::UUID || !rule.ref().empty())) {
                plan.ids.push_back({.field = field, .kind = rule.ref(), .path = rule.path()});
            }
        }
        return plans_[&message] = std::move(plan);
    }

    std::mutex mutex_;
    std::map<const Descriptor*, Plan> plans_;
};

const Plan& plan_of(const Descriptor& message) {
    static Plans plans;
    return plans.of(message);
}

/// Walks one command. The copy is made at the first change.
class Walk {
public:
    Walk(const std::shared_ptr<Message>& command, const FindExternal& find)
        : find_(find), resolved_{.message = command, .references = {}} {}

    std::optional<Rejection> over(const Plan& plan) { return over(plan, *resolved_.message, {}, {}); }
    Resolved take() { return std::move(resolved_); }

private:
    using Trail = std::vector<const FieldDescriptor*>;

    std::optional<Rejection> over(const Plan& plan, const Message& message, const std::string& prefix,
                                  const Trail& trail) {
        for (const auto& id : plan.ids) {
            const auto value = message.GetReflection()->GetString(message, id.field);
            if (value.empty()) continue;
            auto name = prefix + id.field->json_name();
            auto known = resolve(id, value, name);
            if (!known) return known.error();
            if (*known != value) write(trail, id.field, *known);
            if (!id.path && !id.kind.empty())
                resolved_.references.push_back({.kind = id.kind, .id = *known, .field = std::move(name)});
        }
        for (const auto& nested : plan.nested) {
            if (!message.GetReflection()->HasField(message, nested.field)) continue;
            auto further = trail;
            further.push_back(nested.field);
            const auto& inner = message.GetReflection()->GetMessage(message, nested.field);
            if (auto refused = over(*nested.plan, inner, prefix + nested.field->json_name() + ".", further))
                return refused;
        }
        return std::nullopt;
    }

    Result<std::string, Rejection> resolve(const Plan::Id& id, const std::string& value,
                                           const std::string& name) const {
        if (!id.kind.empty() && value.starts_with(external_prefix)) {
            if (auto known = find_(id.kind, value.substr(external_prefix.size()))) return *std::move(known);
            return refuse(id.path ? rejection(Code::Problem_Code_NOT_FOUND) : unknown_reference(name));
        }
        if (const auto uuid = parse_uuid(value)) return to_text(*uuid);
        if (id.path) return refuse(rejection(Code::Problem_Code_NOT_FOUND));
        return refuse(rejection(Code::Problem_Code_INVALID_FIELD, "an id is a UUID",
                                {{.rule = "format", .field = name, .message = "not a UUID"}}));
    }

    void write(const Trail& trail, const FieldDescriptor* field, const std::string& value) {
        if (!copy_) {
            copy_.reset(resolved_.message->New());
            copy_->CopyFrom(*resolved_.message);
            original_ = std::move(resolved_.message);  // what is being walked stays alive
            resolved_.message = copy_;
        }
        auto* message = copy_.get();
        for (const auto* step : trail) message = message->GetReflection()->MutableMessage(message, step);
        message->GetReflection()->SetString(message, field, value);
    }

    const FindExternal& find_;
    Resolved resolved_;
    std::shared_ptr<const Message> original_;
    std::shared_ptr<Message> copy_;
};

}  // namespace

Rejection unknown_reference(const std::string& field) {
    return rejection(Code::Problem_Code_UNKNOWN_REFERENCE, "the field names nothing that you may refer to",
                     {{.rule = "unknown_reference", .field = field, .message = "there is no such object"}});
}

Result<Resolved, Rejection> resolve_references(const std::shared_ptr<Message>& command, const FindExternal& find) {
    Walk walk{command, find};
    if (auto refused = walk.over(plan_of(*command->GetDescriptor()))) return refuse(*std::move(refused));
    return walk.take();
}

}  // namespace dealog::commands
