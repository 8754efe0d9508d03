#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "projections/board/rows.pb.h"
#include "projections/engine/table.hpp"

namespace dealog::board {

/// A pipeline's versions as a view knows them. A version is in force from its `valid_from` until the next one's; before
/// the first the earliest one holds.
class Definitions {
public:
    Definitions(const projections::View& view, std::string_view pipeline);

    [[nodiscard]] bool known() const { return !versions_.empty(); }
    /// The stages of the version in force at `t` in their order, `in_force` of them, then stages that only other
    /// versions have, as the newest of these defines them.
    [[nodiscard]] std::vector<pipeline::v1::Stage> stages_at(Instant t, std::size_t& in_force) const;
    /// True when the stage `to` comes after `from` in the version in force at `t`, or one of the two is not in it.
    [[nodiscard]] bool forward(std::string_view from, std::string_view to, Instant t) const;

private:
    [[nodiscard]] const rows::v1::PipelineVersion& valid_at(Instant t) const;
    std::vector<rows::v1::PipelineVersion> versions_;  // by valid_from, then version
};

}  // namespace dealog::board
