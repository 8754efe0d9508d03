#pragma once

#include <string_view>

#include "projections/business_time.hpp"
#include "projections/engine/table.hpp"
#include "projections/kpis/evidence.hpp"
#include "projections/kpis/rows.pb.h"

namespace dealog::kpis {

using projections::History;
using projections::Key;
using projections::KeyReader;
using projections::Typed;

inline constexpr std::size_t id_length = 16;
inline constexpr std::size_t fact_key_length = id_length + 8 + 8 + 4;

/// All sellers are one group: key 0 ‖ seller.
inline constexpr Typed<rows::v1::Seller> sellers{
    {.id = 1, .name = "sellers", .key_length = 1 + id_length, .group_length = 1}};
/// seller ‖ since ‖ position.
inline constexpr Typed<rows::v1::TeamSince> teams{{.id = 2,
                                                   .name = "teams",
                                                   .key_length = id_length + 16,
                                                   .group_length = id_length,
                                                   .history = History::append_only}};
/// seller ‖ occurred at ‖ position ‖ n.
inline constexpr Typed<rows::v1::Fact> facts{{.id = 3,
                                              .name = "facts",
                                              .key_length = fact_key_length,
                                              .group_length = id_length,
                                              .history = History::append_only}};
/// seller ‖ occurred at ‖ position ‖ n.
inline constexpr Typed<rows::v1::OpenChange> open_changes{{.id = 4,
                                                           .name = "open_changes",
                                                           .key_length = fact_key_length,
                                                           .group_length = id_length,
                                                           .history = History::append_only}};
inline constexpr Typed<rows::v1::Deal> deals{
    {.id = 5, .name = "deals", .key_length = id_length, .group_length = id_length}};
inline constexpr Typed<rows::v1::Action> actions{
    {.id = 6, .name = "actions", .key_length = id_length, .group_length = id_length}};
inline constexpr Typed<rows::v1::Task> tasks{
    {.id = 7, .name = "tasks", .key_length = id_length, .group_length = id_length}};
inline constexpr projections::SettingsTable settings{8};
inline constexpr EventSources sources{9};

[[nodiscard]] inline std::int64_t nanos_of(Instant t) { return t.time_since_epoch().count(); }
[[nodiscard]] inline Instant instant_of(std::int64_t nanos) { return Instant{Nanos{nanos}}; }

[[nodiscard]] inline Key seller_key(std::string_view id) { return Key{}.u8(0).id(id); }
[[nodiscard]] inline Key fact_key(std::string_view seller, std::int64_t at, std::uint64_t position, std::uint32_t n) {
    return Key{}.id(seller).i64(at).u64(position).u32(n);
}

}  // namespace dealog::kpis
