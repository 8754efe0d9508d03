#include "projections/board/definitions.hpp"

#include <algorithm>

#include "projections/board/tables.hpp"

namespace dealog::board {

Definitions::Definitions(const projections::View& view, std::string_view pipeline) {
    pipelines.scan(view, pipeline_prefix(pipeline), {},
                   [&](std::string_view, rows::v1::PipelineVersion&& version, Position) {
                       versions_.push_back(std::move(version));
                       return true;
                   });
}

const rows::v1::PipelineVersion& Definitions::valid_at(Instant t) const {
    const auto after = std::ranges::upper_bound(versions_, nanos_of(t), {}, &rows::v1::PipelineVersion::valid_from);
    return after == versions_.begin() ? versions_.front() : *std::prev(after);
}

std::vector<pipeline::v1::Stage> Definitions::stages_at(Instant t, std::size_t& in_force) const {
    const auto& valid = valid_at(t).defined().stages();
    std::vector<pipeline::v1::Stage> stages(valid.begin(), valid.end());
    in_force = stages.size();
    std::vector<const rows::v1::PipelineVersion*> newest_first;
    for (const auto& version : versions_) newest_first.push_back(&version);
    std::ranges::sort(newest_first, std::ranges::greater{}, [](const auto* version) { return version->version(); });
    for (const auto* version : newest_first) {
        for (const auto& stage : version->defined().stages()) {
            if (std::ranges::find(stages, stage.key(), &pipeline::v1::Stage::key) == stages.end())
                stages.push_back(stage);
        }
    }
    return stages;
}

bool Definitions::forward(std::string_view from, std::string_view to, Instant t) const {
    const auto& stages = valid_at(t).defined().stages();
    const auto place = [&](std::string_view key) {
        return std::find_if(stages.begin(), stages.end(), [&](const auto& stage) { return stage.key() == key; });
    };
    const auto before = place(from);
    const auto after = place(to);
    return before == stages.end() || after == stages.end() || before < after;
}

}  // namespace dealog::board
