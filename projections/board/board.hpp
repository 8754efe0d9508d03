#pragma once

#include <memory>

#include "projections/engine/projection.hpp"

namespace dealog::board {

/// The pipeline board and the funnel: where the open deals stand, and how deals moved through the stages.
///
/// * Who may see a deal on the board is decided by its owner of now, whatever moment the board shows.
/// * The funnel counts facts: they stay with who owned the deal then, and are seen by who may see his work now.
class Board final : public projections::Projection {
public:
    [[nodiscard]] std::string_view name() const override { return "board"; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] std::span<const projections::TableSpec> tables() const override;
    void apply(const projections::AppendView& append, projections::Rows& rows) const override;
    [[nodiscard]] std::vector<projections::QueryHandler> queries() const override;
};

[[nodiscard]] std::unique_ptr<projections::Projection> make_board();

}  // namespace dealog::board
