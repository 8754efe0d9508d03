#pragma once

#include <string_view>

#include "projections/board/rows.pb.h"
#include "projections/business_time.hpp"
#include "projections/engine/table.hpp"
#include "projections/kpis/evidence.hpp"

namespace dealog::board {

using projections::History;
using projections::Key;
using projections::KeyReader;
using projections::Typed;

inline constexpr std::size_t definition_key_length = 32;  // of pipelines and stages, as their commands limit it
inline constexpr std::size_t id_length = 16;

/// All sellers are one group: key 0 ‖ seller.
inline constexpr Typed<rows::v1::Seller> sellers{
    {.id = 1, .name = "sellers", .key_length = 1 + id_length, .group_length = 1}};
/// pipeline ‖ valid from ‖ version.
inline constexpr Typed<rows::v1::PipelineVersion> pipelines{{.id = 2,
                                                             .name = "pipelines",
                                                             .key_length = definition_key_length + 16,
                                                             .group_length = definition_key_length,
                                                             .history = History::append_only}};
inline constexpr Typed<rows::v1::Deal> deals{
    {.id = 3, .name = "deals", .key_length = id_length, .group_length = id_length}};
/// The board as it is: pipeline ‖ stage ‖ entered at ‖ deal.
inline constexpr Typed<rows::v1::OpenDeal> open_deals{{.id = 4,
                                                       .name = "open_deals",
                                                       .key_length = 2 * definition_key_length + 8 + id_length,
                                                       .group_length = 2 * definition_key_length}};
/// Business time: pipeline ‖ from ‖ position.
inline constexpr Typed<rows::v1::Stay> stays{
    {.id = 5, .name = "stays", .key_length = definition_key_length + 16, .group_length = definition_key_length}};
inline constexpr projections::SettingsTable settings{6};
inline constexpr kpis::EventSources sources{7};

[[nodiscard]] inline std::int64_t nanos_of(Instant t) { return t.time_since_epoch().count(); }
[[nodiscard]] inline Instant instant_of(std::int64_t nanos) { return Instant{Nanos{nanos}}; }

[[nodiscard]] inline Key seller_key(std::string_view id) { return Key{}.u8(0).id(id); }
[[nodiscard]] inline Key pipeline_prefix(std::string_view pipeline) {
    return Key{}.text(pipeline, definition_key_length);
}
[[nodiscard]] inline Key open_prefix(std::string_view pipeline, std::string_view stage) {
    return pipeline_prefix(pipeline).text(stage, definition_key_length);
}
[[nodiscard]] inline Key open_key(std::string_view pipeline, const rows::v1::Stay& stay) {
    return open_prefix(pipeline, stay.stage()).i64(stay.from()).id(stay.deal_id());
}
[[nodiscard]] inline Key stay_key(std::string_view pipeline, std::int64_t from, std::uint64_t position) {
    return pipeline_prefix(pipeline).i64(from).u64(position);
}

}  // namespace dealog::board
