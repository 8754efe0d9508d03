#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "domain/decision.hpp"
#include "domain/fold.hpp"
#include "domain/given.hpp"
#include "domain/pipeline/pipeline.pb.h"

namespace dealog::pipeline {

/// One definition. `version` is the revision of its event in the pipeline's stream.
struct Version {
    std::uint64_t version = 0;
    Instant valid_from;
    v1::PipelineDefined definition;

    [[nodiscard]] const v1::Stage* stage(std::string_view key) const;
    [[nodiscard]] bool has_loss_reason(std::string_view reason) const;
};

/// All versions of a pipeline. One is in force from its `valid_from` until the next one's.
struct Pipeline {
    bool exists = false;
    Revision revision;
    std::string key;
    std::vector<Version> versions;  // as recorded

    /// Null when there is no such version.
    [[nodiscard]] const Version* at(std::uint64_t version) const;
    /// The version in force at `t`; null when none is yet.
    [[nodiscard]] const Version* valid_at(Instant t) const;
};

void evolve(Pipeline& state, const v1::PipelineDefined& event, const domain::Envelope& envelope);

using Fold = domain::Folder<Pipeline, v1::PipelineDefined>;

[[nodiscard]] StreamName stream_of(std::string_view key);

/// The pipeline a new workspace starts with (api.md).
[[nodiscard]] const v1::PipelineDefined& default_sales();

[[nodiscard]] domain::Decided decide(const v1::DefinePipeline& command, const domain::Given& given);

}  // namespace dealog::pipeline
