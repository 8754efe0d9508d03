#pragma once

#include <string_view>

#include "domain/settings/settings.pb.h"
#include "projections/directory/rows.pb.h"
#include "projections/engine/table.hpp"

namespace dealog::directory {

using projections::History;
using projections::Key;
using projections::KeyReader;
using projections::Typed;

inline constexpr std::size_t id_length = 16;
inline constexpr std::size_t definition_key_length = 32;

// People are few: each table is one group, key 0 ‖ id.
inline constexpr Typed<rows::v1::Seller> sellers{
    {.id = 1, .name = "sellers", .key_length = 1 + id_length, .group_length = 1}};
inline constexpr Typed<rows::v1::Team> teams{
    {.id = 2, .name = "teams", .key_length = 1 + id_length, .group_length = 1}};
inline constexpr Typed<rows::v1::ApiKey> api_keys{
    {.id = 3, .name = "api_keys", .key_length = 1 + id_length, .group_length = 1}};

// Clients are many: rows by id, and lists of ids in the order of registration, key 0 ‖ position.
inline constexpr Typed<rows::v1::Company> companies{
    {.id = 4, .name = "companies", .key_length = id_length, .group_length = id_length}};
inline constexpr Typed<rows::v1::Registered> company_list{
    {.id = 5, .name = "company_list", .key_length = 1 + 8, .group_length = 1, .history = History::append_only}};
inline constexpr Typed<rows::v1::Contact> contacts{
    {.id = 6, .name = "contacts", .key_length = id_length, .group_length = id_length}};
inline constexpr Typed<rows::v1::Registered> contact_list{
    {.id = 7, .name = "contact_list", .key_length = 1 + 8, .group_length = 1, .history = History::append_only}};
inline constexpr Typed<rows::v1::DealOwner> deal_owners{
    {.id = 8, .name = "deal_owners", .key_length = id_length, .group_length = id_length}};

// Definitions, key ‖ valid from ‖ version: the last one that began is in force.
inline constexpr Typed<rows::v1::PipelineVersion> pipelines{{.id = 9,
                                                             .name = "pipelines",
                                                             .key_length = definition_key_length + 16,
                                                             .group_length = definition_key_length,
                                                             .history = History::append_only}};
inline constexpr Typed<settings::v1::Value> settings_values{{.id = 10,
                                                             .name = "settings",
                                                             .key_length = definition_key_length + 16,
                                                             .group_length = definition_key_length,
                                                             .history = History::append_only}};

[[nodiscard]] inline std::int64_t nanos_of(Instant t) { return t.time_since_epoch().count(); }
[[nodiscard]] inline Instant instant_of(std::int64_t nanos) { return Instant{Nanos{nanos}}; }
[[nodiscard]] inline Key person_key(std::string_view id) { return Key{}.u8(0).id(id); }
[[nodiscard]] inline Key listed_key(std::uint64_t position) { return Key{}.u8(0).u64(position); }
[[nodiscard]] inline Key definition_key(std::string_view key, Instant valid_from, std::uint64_t version) {
    return Key{}.text(key, definition_key_length).i64(nanos_of(valid_from)).u64(version);
}

}  // namespace dealog::directory
