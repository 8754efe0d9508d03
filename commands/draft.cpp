#include "commands/draft.hpp"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <unordered_set>

#include "base/options.pb.h"
#include "commands/principals.hpp"
#include "commands/references.hpp"
#include "commands/stage.hpp"
#include "commands/targets.hpp"
#include "domain/access/access.hpp"

namespace dealog::commands {

namespace {

using access::Ability;
using access::Verdict;
using google::protobuf::Message;

constexpr std::size_t batch_commands_max = 1000;

std::string_view kind_name(Principal::Kind kind) {
    switch (kind) {
        case Principal::Kind::seller:
            return "seller";
        case Principal::Kind::service:
            return "service";
        case Principal::Kind::system:
            return "system";
    }
    __builtin_unreachable();
}

std::optional<Rejection> refused(Verdict verdict) {
    switch (verdict) {
        case Verdict::allowed:
            return std::nullopt;
        case Verdict::forbidden:
            return rejection(Code::Problem_Code_FORBIDDEN);
        case Verdict::hidden:
            return rejection(Code::Problem_Code_NOT_FOUND);
    }
    __builtin_unreachable();
}

/// Drafts one request, command by command.
class Drafting {
public:
    Drafting(const Request& request, Reading& reading, const DraftNeeds& needs)
        : request_(request),
          reading_(reading),
          needs_(needs),
          draft_(needs.lent.log),
          // What is on record has happened, also when the clock was put back since.
          now_(std::max(needs.lent.clock.now(), needs.lent.log.head().recorded_at)) {}

    Result<Draft, Rejection> run() {
        const auto actor = present_principal(request_.actor, reading_, now_);
        if (!actor) return refuse(rejection(Code::Problem_Code_UNAUTHENTICATED));
        actor_ = *actor;
        draft_.actor_id = actor_.id;
        if (request_.commands.size() > batch_commands_max) {
            return refuse(rejection(Code::Problem_Code_INVALID_FIELD, "a batch has at most 1000 commands",
                                    {{.rule = "max_items", .field = "commands", .message = "too many"}}));
        }
        for (std::size_t i = 0; i < request_.commands.size(); ++i) {
            auto refusal = one(i);
            if (!refusal) continue;
            if (request_.batch) name_command(*refusal, i, *request_.commands[i].message);
            return refuse(*std::move(refusal));
        }
        finish();
        return std::move(draft_);
    }

private:
    std::optional<Rejection> one(std::size_t index) {
        const auto& command = request_.commands[index];
        const auto& descriptor = *command.message->GetDescriptor();
        const auto* row = row_of(descriptor);
        if (request_.batch && (row == nullptr || descriptor.options().GetExtension(v1::http).no_batch())) {
            return rejection(Code::Problem_Code_NOT_IN_BATCH, descriptor.name() + " is sent by itself",
                             {{.rule = "not_in_batch", .field = "path", .message = "not a command of a batch"}});
        }
        if (row == nullptr) return rejection(Code::Problem_Code_INTERNAL, "no such command: " + descriptor.full_name());
        if (!command.idempotency_key.empty() && !item_keys_.insert(command.idempotency_key).second) {
            return rejection(Code::Problem_Code_IDEMPOTENCY_KEY_REUSED, "two commands of the batch have the same key",
                             {{.rule = "idempotency_key_reused",
                               .field = "idempotencyKey",
                               .message = "used before in this batch"}});
        }
        auto resolved = resolve_references(command.message, [this](std::string_view kind, const std::string& id) {
            return draft_.claims.owner("external:" + std::string{kind}, id);
        });
        if (!resolved) return resolved.error();
        const auto message = with_owner(*row, resolved->message);
        if (auto refusal = authorise(*row, *message)) return refusal;
        if (auto refusal = authorise_references(resolved->references)) return refusal;
        const domain::Given given{.now = now_,
                                  .ids = needs_.lent.ids,
                                  .actor = actor_,
                                  .aggregates = reading_,
                                  .source = request_.source,
                                  .secrets = &needs_.secrets};
        auto decided = row->decide(*message, given);
        if (!decided) return std::move(decided.error());
        if (request_.if_match && !matched_ && reading_.revision(decided->stream) != *request_.if_match)
            return wrong_revision();
        return take(*std::move(decided), index);
    }

    /// Work that a seller registers without an owner is his.
    std::shared_ptr<const Message> with_owner(const Row& row, std::shared_ptr<const Message> message) const {
        if (!row.owned_by_actor || actor_.kind != Principal::Kind::seller) return message;
        const auto* owner = message->GetDescriptor()->FindFieldByName("owner_id");
        if (!message->GetReflection()->GetString(*message, owner).empty()) return message;
        std::shared_ptr<Message> owned{message->New()};
        owned->CopyFrom(*message);
        owned->GetReflection()->SetString(owned.get(), owner, actor_.id);
        return owned;
    }

    std::optional<Rejection> authorise(const Row& row, const Message& message) {
        const auto& rule = row.command->options().GetExtension(v1::access);
        if (auto refusal = refused(access::authorise(actor_, rule.area(), Ability::write, rule.head_only())))
            return refusal;
        auto target = row.target(message, reading_);
        if (!target.exists) return rejection(Code::Problem_Code_NOT_FOUND);
        name_team(rule.area(), Ability::write, target.resource);
        if (auto refusal =
                refused(access::authorise(actor_, rule.area(), Ability::write, rule.head_only(), target.resource)))
            return refusal;
        if (target.reassigns) {
            if (auto refusal = refused(access::authorise(actor_, rule.area(), Ability::write, true, target.resource)))
                return refusal;
        }
        if (!request_.if_match || target.stream.value().empty()) return std::nullopt;
        matched_ = reading_.revision(target.stream) == *request_.if_match;
        return matched_ ? std::nullopt : std::optional{wrong_revision()};
    }

    /// A body may refer to work only that its author may see; nobody's is everybody's to refer to.
    std::optional<Rejection> authorise_references(const std::vector<Reference>& references) {
        for (const auto& reference : references) {
            const auto owner = owner_of(reference);
            if (!owner) return unknown_reference(reference.field);
            if (owner->empty()) continue;
            access::Resource resource{.owner_id = *owner, .team_id = {}};
            name_team(v1::Area::WORK, Ability::read, resource);
            if (access::authorise(actor_, v1::Area::WORK, Ability::read, false, resource) != Verdict::allowed)
                return unknown_reference(reference.field);
        }
        return std::nullopt;
    }

    /// Of work; empty for other things, absent when it is not there.
    std::optional<std::string> owner_of(const Reference& reference) {
        const auto owner = [](const auto* state) {
            return state == nullptr ? std::nullopt : std::optional{state->owner_id};
        };
        if (reference.kind == "company") return owner(reading_.company(reference.id));
        if (reference.kind == "contact") return owner(reading_.contact(reference.id));
        if (reference.kind == "deal") return owner(reading_.deal(reference.id));
        return std::string{};
    }

    /// The owner's present team, read only where it decides.
    void name_team(access::AreaName area, Ability ability, access::Resource& resource) {
        if (resource.owner_id.empty() || resource.owner_id == actor_.id) return;
        if (access::extent(actor_, area, ability) != access::Extent::team) return;
        if (const auto* owner = reading_.seller(resource.owner_id)) resource.team_id = owner->team_id;
    }

    static Rejection wrong_revision() { return rejection(Code::Problem_Code_WRONG_EXPECTED_REVISION); }

    std::optional<Rejection> take(domain::Decision decision, std::size_t index) {
        for (const auto& claim : decision.claims) {
            if (const auto taken = draft_.claims.add(claim, index)) return rejection(*taken);
        }
        auto& result = *draft_.receipt.add_results();
        result.set_first_event(static_cast<std::uint32_t>(draft_.append.events.size()));
        result.set_events(static_cast<std::uint32_t>(decision.events.size()));
        for (const auto& event : decision.events) stage(event);
        result.set_revision(decision.stream.value().empty() ? 0 : reading_.revision(decision.stream).value());
        result.set_created(decision.created);
        result.set_secret_withheld(!decision.secret.empty());
        if (!request_.batch) result.set_stream(decision.stream.value());  // 1000 of them would outgrow a receipt
        result.set_id(std::move(decision.id));
        draft_.secrets.push_back(std::move(decision.secret));
        if (!decision.erase_subject.empty()) draft_.erase_subjects.push_back(std::move(decision.erase_subject));
        return std::nullopt;
    }

    void stage(const domain::NewEvent& event) {
        auto clean = stage_event(
            event, {.vault = needs_.lent.vault, .ids = needs_.lent.ids, .workspace = needs_.workspace, .now = now_},
            draft_.append);
        const auto revision = reading_.written(event.stream);
        if (request_.commands.size() > 1) {
            reading_.evolve(event.stream, *clean,
                            {.revision = revision,
                             .recorded_at = now_,
                             .occurred_at = event.occurred_at.value_or(now_),
                             .actor_id = actor_.id});
        }
        draft_.events.push_back({.stream = event.stream, .event = std::move(clean), .occurred_at = event.occurred_at});
    }

    void finish() {
        auto& append = draft_.append;
        draft_.receipt.set_batch(request_.batch);
        if (append.events.empty()) return;
        append.checks = reading_.checks();
        append.claims = draft_.claims.sets();
        if (!request_.idempotency_key.empty()) {
            append.command = eventstore::CommandId{
                .scope = request_.actor.scope(), .key = request_.idempotency_key, .mac = request_.mac};
        }
        append.receipt = draft_.receipt.SerializeAsString();
        append.actor.set_kind(std::string{kind_name(actor_.kind)});
        append.actor.set_id(actor_.id);
        append.source = request_.source;
        append.correlation_id = request_.correlation_id;
        append.causation_id = request_.causation_id;
        append.traceparent = request_.traceparent;
    }

    const Request& request_;
    Reading& reading_;
    const DraftNeeds& needs_;
    Draft draft_;
    Instant now_;
    Principal actor_;
    std::unordered_set<std::string> item_keys_;
    bool matched_ = false;
};

/// Whether a field of the refusal was given by the path and not by the body.
bool in_path(const Message& command, const std::string& field) {
    const auto* found = command.GetDescriptor()->FindFieldByCamelcaseName(field);
    return field == "path" || (found != nullptr && found->options().GetExtension(v1::rule).path());
}

}  // namespace

Result<Draft, Rejection> draft(const Request& request, Reading& reading, const DraftNeeds& needs) {
    return Drafting{request, reading, needs}.run();
}

std::vector<std::string> erased_by(const Request& request) {
    std::vector<std::string> subjects;
    for (const auto& command : request.commands) {
        const auto* row = row_of(*command.message->GetDescriptor());
        if (row != nullptr && row->erases != nullptr) subjects.push_back(row->erases(*command.message));
    }
    return subjects;
}

void name_command(Rejection& refusal, std::size_t index, const Message& command) {
    const auto name = "commands[" + std::to_string(index) + "]";
    refusal.detail = refusal.detail.empty() ? name : name + ": " + refusal.detail;
    if (refusal.violations.empty()) {
        refusal.violations.push_back(
            {.rule = std::string{code_name(refusal.code)}, .field = name, .message = "this command was refused"});
        return;
    }
    for (auto& violation : refusal.violations) {
        if (violation.field.empty())
            violation.field = name;
        else if (violation.field == "idempotencyKey")
            violation.field = name + ".idempotencyKey";
        else if (in_path(command, violation.field))
            violation.field = name + ".path";
        else
            violation.field = name + ".body." + violation.field;
    }
}

}  // namespace dealog::commands
