#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/problem.hpp"
#include "base/result.hpp"
#include "projections/board/board.pb.h"
#include "projections/board/definitions.hpp"
#include "projections/engine/projection.hpp"

namespace dealog::board {

/// An open deal where it stands.
struct Standing {
    std::string deal_id;
    std::string owner_id;
    dealog::v1::Money value;
    std::string source;
    Instant entered_at;
    std::uint64_t entered_position = 0;  // of the event that brought it into the stage
    std::uint64_t value_position = 0;    // of the event that set the value
    /// Orders a stage: the longest there first.
    [[nodiscard]] std::string order() const;
};

struct StageStanding {
    pipeline::v1::Stage stage;
    bool in_force = true;  // false: a stage of another version, shown because deals stand in it
    std::vector<Standing> deals = {};
};

/// The deals that a ShowBoard asks for and the caller may see, by stage.
struct Standings {
    Instant at;  // the moment of ages and definitions
    std::vector<StageStanding> stages = {};
    std::size_t count = 0;
};

[[nodiscard]] Result<Standings, Rejection> find_standings(const v1::ShowBoard& asked, const projections::View& view,
                                                          const projections::QueryContext& context);

}  // namespace dealog::board
