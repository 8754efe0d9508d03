#include "domain/pipeline/pipeline.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "domain/rules.hpp"

namespace dealog::pipeline {

const v1::Stage* Version::stage(std::string_view key) const {
    const auto& stages = definition.stages();
    const auto found = std::ranges::find_if(stages, [&](const v1::Stage& stage) { return stage.key() == key; });
    return found == stages.end() ? nullptr : &*found;
}

bool Version::has_loss_reason(std::string_view reason) const {
    return std::ranges::any_of(definition.loss_reasons(), [&](const std::string& known) { return known == reason; });
}

const Version* Pipeline::at(std::uint64_t version) const {
    const auto found = std::ranges::find(versions, version, &Version::version);
    return found == versions.end() ? nullptr : &*found;
}

const Version* Pipeline::valid_at(Instant t) const {
    const Version* best = nullptr;
    for (const Version& version : versions) {
        if (version.valid_from <= t && (best == nullptr || best->valid_from <= version.valid_from)) best = &version;
    }
    return best;
}

void evolve(Pipeline& state, const v1::PipelineDefined& event, const domain::Envelope& envelope) {
    state.exists = true;
    state.revision = envelope.revision;
    state.key = event.key();
    state.versions.push_back(
        Version{.version = envelope.revision.value(),
                .valid_from = event.has_valid_from() ? from_proto(event.valid_from()) : envelope.recorded_at,
                .definition = event});
}

StreamName stream_of(std::string_view key) { return StreamName{fmt::format("pipeline-{}", key)}; }

const v1::PipelineDefined& default_sales() {
    static const v1::PipelineDefined pipeline = [] {
        struct Row {
            const char* key;
            const char* name;
            double probability;
        };
        v1::PipelineDefined made;
        made.set_key("sales");
        made.set_name("Sales");
        for (const Row& row :
             {Row{"new", "New", 0.10}, Row{"qualified", "Qualified", 0.25}, Row{"meeting", "Meeting", 0.40},
              Row{"offer", "Offer", 0.60}, Row{"contract", "Contract", 0.85}}) {
            auto& stage = *made.add_stages();
            stage.set_key(row.key);
            stage.set_name(row.name);
            stage.set_probability(row.probability);
        }
        for (const char* reason : {"price", "competitor", "no_need", "no_budget", "no_contact", "other"}) {
            made.add_loss_reasons(reason);
        }
        return made;
    }();
    return pipeline;
}

namespace {

std::optional<Rejection> flaw_of(const v1::DefinePipeline& command) {
    const auto invalid = [](std::string field, std::string message) {
        return std::optional<Rejection>{
            domain::broken(Code::Problem_Code_INVALID_FIELD, std::move(field), std::move(message))};
    };
    if (command.stages().empty()) return invalid("stages", "A pipeline has at least one stage.");
    std::set<std::string> keys;
    for (int i = 0; i < command.stages_size(); ++i) {
        const auto& stage = command.stages(i);
        if (!keys.insert(stage.key()).second)
            return invalid(fmt::format("stages[{}].key", i), "A stage is named once.");
        if (!(stage.probability() >= 0.0 && stage.probability() <= 1.0)) {
            return invalid(fmt::format("stages[{}].probability", i), "A probability lies between 0 and 1.");
        }
        const std::set<std::string> required{stage.required_fields().begin(), stage.required_fields().end()};
        if (required.size() != static_cast<std::size_t>(stage.required_fields_size())) {
            return invalid(fmt::format("stages[{}].requiredFields", i), "A field is required once.");
        }
    }
    const std::set<std::string> reasons{command.loss_reasons().begin(), command.loss_reasons().end()};
    if (reasons.size() != static_cast<std::size_t>(command.loss_reasons_size())) {
        return invalid("lossReasons", "A loss reason is named once.");
    }
    return {};
}

v1::PipelineDefined defined_by(const v1::DefinePipeline& command, const Version* before) {
    v1::PipelineDefined event;
    event.set_key(command.key());
    event.set_name(command.name().empty() ? command.key() : command.name());
    *event.mutable_stages() = command.stages();
    for (auto& stage : *event.mutable_stages()) {
        if (stage.name().empty()) stage.set_name(stage.key());
    }
    const v1::PipelineDefined& fallback = before != nullptr ? before->definition : default_sales();
    *event.mutable_loss_reasons() = command.loss_reasons().empty() ? fallback.loss_reasons() : command.loss_reasons();
    return event;
}

bool same_content(const v1::PipelineDefined& a, v1::PipelineDefined b) {
    b.clear_valid_from();
    return a.SerializeAsString() == b.SerializeAsString();
}

}  // namespace

domain::Decided decide(const v1::DefinePipeline& command, const domain::Given& given) {
    DEALOG_REFUSE_IF(flaw_of(command));
    const Pipeline* known = given.aggregates.pipeline(command.key());
    auto valid_from = domain::instant_if(command.has_valid_from(), command.valid_from());
    if (known != nullptr && valid_from && *valid_from < given.now - domain::occurred_ahead_max) {
        return domain::refused(Code::Problem_Code_INVALID_FIELD, "validFrom",
                               "A pipeline changes from now or from a later moment on.");
    }
    if (known != nullptr && valid_from && *valid_from <= given.now) valid_from.reset();
    const Version* present = known == nullptr ? nullptr : known->valid_at(valid_from.value_or(given.now));
    v1::PipelineDefined event = defined_by(command, present);
    domain::Decision decision{.id = command.key(), .stream = stream_of(command.key()), .created = known == nullptr};
    if (present != nullptr && same_content(event, present->definition)) return decision;
    if (valid_from) to_proto(*valid_from, *event.mutable_valid_from());
    domain::add(decision, decision.stream, std::move(event));
    return decision;
}

}  // namespace dealog::pipeline
