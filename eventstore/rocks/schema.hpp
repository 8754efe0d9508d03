#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eventstore/event_log.hpp"
#include "eventstore/ledger.hpp"

// Keys and values of every column family. Numbers are big-endian, names carry their length, so that byte order is the
// order of what they mean and no name is a prefix of another.
namespace dealog::eventstore::rocks {

enum class Family : std::size_t {
    none,     // RocksDB's own "default", unused
    events,   // position -> record
    streams,  // stream, revision -> record
    heads,    // stream -> last revision
    ids,      // event id -> position; command id -> what it did
    tags,     // tag, position -> nothing
    claims,   // kind, hash -> owner; kind, owner -> hashes
    meta,     // format, workspace, tip
};
inline constexpr std::array family_names{"default", "events", "streams", "heads", "ids", "tags", "claims", "meta"};

inline constexpr std::string_view meta_format = "format";
inline constexpr std::string_view meta_workspace = "workspace";
inline constexpr std::string_view meta_tip = "tip";

[[nodiscard]] std::string event_key(Position position);
[[nodiscard]] std::string stream_prefix(std::string_view stream);
[[nodiscard]] std::string stream_key(std::string_view stream, Revision revision);
[[nodiscard]] std::string event_id_key(std::string_view event_id);
[[nodiscard]] std::string command_key(std::string_view scope, std::string_view key);
[[nodiscard]] std::string tag_prefix(const log::v1::Tag& tag);
[[nodiscard]] std::string tag_key(const log::v1::Tag& tag, Position position);
[[nodiscard]] std::string claim_key(std::string_view kind, std::string_view hash);
[[nodiscard]] std::string holding_key(std::string_view kind, std::string_view owner);

[[nodiscard]] std::string encode_number(std::uint64_t number);
/// Throws StoreBroken unless there are exactly eight bytes.
[[nodiscard]] std::uint64_t decode_number(std::string_view bytes);
[[nodiscard]] std::string encode_command(const KnownCommand& command);
[[nodiscard]] KnownCommand decode_command(std::string_view bytes);
[[nodiscard]] std::string encode_hashes(const std::vector<std::string>& hashes);
[[nodiscard]] std::vector<std::string> decode_hashes(std::string_view bytes);
[[nodiscard]] std::string encode_tip(const Tip& tip);
[[nodiscard]] Tip decode_tip(std::string_view bytes);
/// Throws StoreBroken when the bytes are not a record.
[[nodiscard]] log::v1::Record decode_record(std::string_view bytes);

/// Length of the part of a `streams` or `tags` key before its number, as the key itself says; absent when too short.
[[nodiscard]] std::optional<std::size_t> stream_prefix_length(std::string_view key);
[[nodiscard]] std::optional<std::size_t> tag_prefix_length(std::string_view key);

}  // namespace dealog::eventstore::rocks
