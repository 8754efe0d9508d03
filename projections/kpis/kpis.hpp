#pragma once

#include <memory>

#include "projections/engine/projection.hpp"

namespace dealog::kpis {

/// Sellers in numbers, computed from facts: one row per thing that a seller did, none of them ever changed.
class Kpis final : public projections::Projection {
public:
    [[nodiscard]] std::string_view name() const override { return "kpis"; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] std::span<const projections::TableSpec> tables() const override;
    void apply(const projections::AppendView& append, projections::Rows& rows) const override;
    [[nodiscard]] std::vector<projections::QueryHandler> queries() const override;
};

[[nodiscard]] std::unique_ptr<projections::Projection> make_kpis();

}  // namespace dealog::kpis
