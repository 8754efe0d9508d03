#pragma once

#include "projections/engine/projection.hpp"

namespace dealog::board {

using projections::Message;
using projections::QueryContext;
using projections::QueryResult;
using projections::View;

[[nodiscard]] QueryResult show_board(const Message& request, const View& view, const QueryContext& context);
[[nodiscard]] QueryResult board_evidence(const Message& figure, const Message& evidence, const View& view,
                                         const QueryContext& context);
[[nodiscard]] QueryResult show_funnel(const Message& request, const View& view, const QueryContext& context);
[[nodiscard]] QueryResult funnel_evidence(const Message& figure, const Message& evidence, const View& view,
                                          const QueryContext& context);

}  // namespace dealog::board
