#include "eventstore/seal_plan.hpp"

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <stdexcept>
#include <unordered_map>

#include "base/options.pb.h"

namespace dealog::eventstore {

namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

const FieldDescriptor* subject_field(const FieldDescriptor& personal) {
    const std::string& name = personal.options().GetExtension(v1::personal).subject();
    const FieldDescriptor* subject = personal.containing_type()->FindFieldByName(name);
    const bool singular_message = personal.type() == FieldDescriptor::TYPE_MESSAGE && !personal.is_repeated();
    if (!singular_message)
        throw std::logic_error{fmt::format("{}: a personal field is one message", personal.full_name())};
    if (subject == nullptr || subject->type() != FieldDescriptor::TYPE_STRING || subject->is_repeated()) {
        throw std::logic_error{fmt::format("{}: its subject {} is no string beside it", personal.full_name(), name)};
    }
    return subject;
}

class Plans {
public:
    const SealPlan& of(const Descriptor& type) {
        {
            const std::shared_lock lock{mutex_};
            if (const auto found = ready_.find(&type); found != ready_.end()) return *found->second;
        }
        const std::unique_lock lock{mutex_};
        if (const auto found = ready_.find(&type); found != ready_.end()) return *found->second;
        // Types may contain each other: all that are reached are made together, and kept only when all are sound.
        Made made;
        make(type, made);
        mark_personal(made);
        for (auto& [reached, plan] : made) ready_.emplace(reached, std::move(plan));
        return *ready_.at(&type);
    }

private:
    using Made = std::unordered_map<const Descriptor*, std::unique_ptr<SealPlan>>;

    const SealPlan* make(const Descriptor& type, Made& made) {
        if (const auto found = ready_.find(&type); found != ready_.end()) return found->second.get();
        if (const auto found = made.find(&type); found != made.end()) return found->second.get();
        SealPlan* plan = made.emplace(&type, std::make_unique<SealPlan>()).first->second.get();
        for (int i = 0; i < type.field_count(); ++i) {
            const FieldDescriptor& field = *type.field(i);
            if (field.options().HasExtension(v1::personal)) {
                plan->personal.push_back({.field = &field, .subject = subject_field(field)});
            }
            if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
            plan->nested.push_back(
                {.field = &field, .plan = make(*field.message_type(), made), .holds_personal = false});
        }
        return plan;
    }

    /// A field holds personal values when its message has some or has a field that does; repeated until nothing
    /// changes.
    static void mark_personal(Made& made) {
        const auto holds = [](const SealPlan& plan) {
            bool any = !plan.personal.empty();
            for (const auto& nested : plan.nested) any = any || nested.holds_personal;
            return any;
        };
        for (bool changed = true; changed;) {
            changed = false;
            for (auto& [type, plan] : made) {
                for (auto& nested : plan->nested) {
                    if (nested.holds_personal || !holds(*nested.plan)) continue;
                    if (nested.field->is_map()) {
                        throw std::logic_error{
                            fmt::format("{}: personal values have no place in a map", nested.field->full_name())};
                    }
                    nested.holds_personal = changed = true;
                }
            }
        }
    }

    std::shared_mutex mutex_;
    Made ready_;
};

}  // namespace

const SealPlan& seal_plan(const Descriptor& type) {
    static Plans plans;
    return plans.of(type);
}

}  // namespace dealog::eventstore
