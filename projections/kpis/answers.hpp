#pragma once

#include "projections/engine/projection.hpp"

namespace dealog::kpis {

[[nodiscard]] projections::QueryResult show_seller_kpis(const projections::Message& request,
                                                        const projections::View& view,
                                                        const projections::QueryContext& context);
[[nodiscard]] projections::QueryResult seller_evidence(const projections::Message& figure,
                                                       const projections::Message& evidence,
                                                       const projections::View& view,
                                                       const projections::QueryContext& context);

}  // namespace dealog::kpis
