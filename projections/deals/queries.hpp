#pragma once

#include "projections/engine/projection.hpp"

namespace dealog::deals {

using projections::Message;
using projections::QueryContext;
using projections::QueryResult;
using projections::View;

[[nodiscard]] QueryResult get_deal(const Message& request, const View& view, const QueryContext& context);
[[nodiscard]] QueryResult list_deals(const Message& request, const View& view, const QueryContext& context);
[[nodiscard]] QueryResult show_timeline(const Message& request, const View& view, const QueryContext& context);
[[nodiscard]] QueryResult show_brief(const Message& request, const View& view, const QueryContext& context);

}  // namespace dealog::deals
