#pragma once

#include <array>

#include "projections/business_time.hpp"
#include "projections/day_list/rows.pb.h"
#include "projections/engine/table.hpp"

namespace dealog::day_list {

using projections::History;
using projections::Key;
using projections::SettingsTable;
using projections::TableSpec;
using projections::Typed;

enum class Done : std::uint8_t { no = 0, yes = 1 };
enum class Party : std::uint8_t { company = 1, contact = 2 };

inline constexpr std::size_t type_length = 32;
/// Seller and done or not: what one scan of tasks is about. The rest of the key is the order of a list.
inline constexpr std::size_t lane_length = 17;
inline constexpr std::size_t order_length = 8 + type_length + 16;

/// Seller ‖ done ‖ due ‖ type ‖ task. Cancelled tasks have no row.
inline const Typed<rows::v1::TaskRow> tasks{
    {.id = 1, .name = "tasks", .key_length = lane_length + order_length, .group_length = lane_length}};
/// Task.
inline const Typed<rows::v1::PlaceRow> places{{.id = 2, .name = "places", .key_length = 16, .group_length = 16}};
/// Seller ‖ occurred ‖ action. Backdated actions have no row.
inline const Typed<rows::v1::ActionRow> actions{
    {.id = 3, .name = "actions", .key_length = 40, .group_length = 16, .history = History::append_only}};
/// Action.
inline const Typed<rows::v1::CompletionRow> completions{
    {.id = 4, .name = "completions", .key_length = 16, .group_length = 16, .history = History::append_only}};
/// Seller.
inline const Typed<rows::v1::SellerRow> sellers{{.id = 5, .name = "sellers", .key_length = 16, .group_length = 16}};
/// Deal.
inline const Typed<rows::v1::DealRow> deals{{.id = 6, .name = "deals", .key_length = 16, .group_length = 16}};
/// Party's kind ‖ party ‖ deal.
inline const Typed<rows::v1::OpenDealRow> open_deals{
    {.id = 7, .name = "open_deals", .key_length = 33, .group_length = 17}};
inline constexpr SettingsTable settings_table{8};

inline Key lane_key(std::string_view seller_id, Done done) {
    return Key{}.id(seller_id).u8(static_cast<std::uint8_t>(done));
}
inline Key task_key(std::string_view seller_id, Done done, std::int64_t due_at, std::string_view type,
                    std::string_view task_id) {
    return lane_key(seller_id, done).i64(due_at).text(type, type_length).id(task_id);
}
inline Key party_key(Party party, std::string_view party_id) {
    return Key{}.u8(static_cast<std::uint8_t>(party)).id(party_id);
}

}  // namespace dealog::day_list
