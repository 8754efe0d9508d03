#pragma once

#include "projections/business_time.hpp"
#include "projections/day_list/rows.pb.h"
#include "projections/deals/rows.pb.h"
#include "projections/engine/table.hpp"

namespace dealog::deals {

using projections::History;
using projections::Key;
using projections::SettingsTable;
using projections::TableSpec;
using projections::Typed;

/// What a task is about, and what a list of deals is of.
enum class About : std::uint8_t { deal = 0, company = 1, contact = 2 };
enum class List : std::uint8_t { all = 0, owner = 1, company = 2, contact = 3 };

inline constexpr std::size_t pipeline_length = 32;
inline constexpr std::size_t external_id_length = 128;
inline constexpr std::size_t list_length = 17;
inline constexpr std::size_t place_length = 24;  // in a list: position of the opening ‖ deal

/// Deal.
inline const Typed<rows::v1::DealRow> deals{{.id = 1, .name = "deals", .key_length = 16, .group_length = 16}};
/// Deal.
inline const Typed<rows::v1::RevisionRow> revisions{
    {.id = 2, .name = "revisions", .key_length = 16, .group_length = 16}};
/// Deal ‖ position.
inline const Typed<rows::v1::MilestoneRow> milestones{
    {.id = 3, .name = "milestones", .key_length = 24, .group_length = 16, .history = History::append_only}};
/// List's kind ‖ whose ‖ position of the opening ‖ deal.
inline const Typed<rows::v1::ListedRow> lists{
    {.id = 4, .name = "lists", .key_length = list_length + place_length, .group_length = list_length}};
/// External id.
inline const Typed<rows::v1::ExternalIdRow> external_ids{{.id = 5,
                                                          .name = "external_ids",
                                                          .key_length = external_id_length,
                                                          .group_length = external_id_length,
                                                          .history = History::append_only}};
/// About ‖ its id ‖ task. Open tasks only.
inline const Typed<day_list::rows::v1::TaskRow> open_tasks{
    {.id = 6, .name = "open_tasks", .key_length = 33, .group_length = 17}};
/// Deal ‖ position.
inline const Typed<rows::v1::EntryRow> entries{
    {.id = 7, .name = "entries", .key_length = 24, .group_length = 16, .history = History::append_only}};
/// Deal ‖ action ‖ position of its correction.
inline const Typed<rows::v1::CorrectionRow> corrections{
    {.id = 8, .name = "corrections", .key_length = 40, .group_length = 16, .history = History::append_only}};
/// Pipeline ‖ valid from ‖ position.
inline const Typed<rows::v1::CriteriaRow> criteria{{.id = 9,
                                                    .name = "criteria",
                                                    .key_length = pipeline_length + 16,
                                                    .group_length = pipeline_length,
                                                    .history = History::append_only}};
inline constexpr SettingsTable settings_table{10};

inline Key about_key(About about, std::string_view id) { return Key{}.u8(static_cast<std::uint8_t>(about)).id(id); }
inline Key list_key(List list, std::string_view id) { return Key{}.u8(static_cast<std::uint8_t>(list)).id(id); }
inline Key place_key(List list, std::string_view id, const rows::v1::DealRow& deal, std::string_view deal_id) {
    return list_key(list, id).u64(deal.opened_position()).id(deal_id);
}

}  // namespace dealog::deals
