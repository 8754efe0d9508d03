#pragma once

#include <memory>

#include "projections/engine/projection.hpp"

namespace dealog::deals {

/// The deal card, lists of deals, the timeline and the brief for a successor (R8, R46).
///
/// * Who may see a deal is decided by its owner of now, also when it is asked for as of a past moment. Who sees it sees
///   all of its history.
/// * The timeline is the deal's own stream. Events that this version does not know have no entry, but count in the
/// revision.
/// * Stage intervals run from occurrence to occurrence, exactly; days are divided only when they are shown.
class Deals final : public projections::Projection {
public:
    [[nodiscard]] std::string_view name() const override { return "deals"; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] std::span<const projections::TableSpec> tables() const override;
    void apply(const projections::AppendView& append, projections::Rows& rows) const override;
    [[nodiscard]] std::vector<projections::QueryHandler> queries() const override;
};

[[nodiscard]] std::unique_ptr<projections::Projection> make();

}  // namespace dealog::deals
