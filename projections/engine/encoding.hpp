#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "projections/engine/table.hpp"

/// How rows lie in the store. All numbers are big-endian, so byte order is logical order.
///
///   rows      table ‖ key                       → since ‖ row          the present
///             (table | 0x80) ‖ group            → live ‖ dead          counts that decide on splits
///   history   table ‖ group ‖ end ‖ rest        → since ‖ row          valid in [since, end)
///             table ‖ group ‖ end ‖ 0xff…       → (empty)              a split
///
/// At a split every row of the group that was live before `end` is in the history with that `end`, so nothing beyond it
/// needs to be read for an earlier position. It sorts behind all rows that end with it.
namespace dealog::projections::engine {

inline constexpr std::size_t position_bytes = 8;
inline constexpr std::uint8_t counts_flag = 0x80;

/// Dead rows that a group may have beyond three times its live ones before it is split.
inline constexpr std::uint64_t split_slack = 128;
inline constexpr std::uint64_t split_factor = 3;
[[nodiscard]] constexpr bool split_is_due(std::uint64_t live, std::uint64_t dead) {
    return dead > split_factor * live + split_slack;
}

/// Tables whose scans name a group: those with a history also count and split it.
[[nodiscard]] inline bool is_grouped(const TableSpec& table) { return table.group_length < table.key_length; }
[[nodiscard]] inline bool is_counted(const TableSpec& table) {
    return table.history == History::kept && is_grouped(table);
}

inline void append_u64(std::string& out, std::uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>((value >> shift) & 0xff));
}
[[nodiscard]] inline std::uint64_t read_u64(std::string_view bytes) {
    DEALOG_ASSERT(bytes.size() >= position_bytes, "a number of the store has eight bytes");
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < position_bytes; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
    return value;
}

[[nodiscard]] inline std::string row_key(const TableSpec& table, std::string_view key) {
    std::string out;
    out.reserve(1 + key.size());
    out.push_back(static_cast<char>(table.id));
    out += key;
    return out;
}
[[nodiscard]] inline std::string counts_key(const TableSpec& table, std::string_view group) {
    std::string out = row_key(table, group);
    out.front() = static_cast<char>(table.id | counts_flag);
    return out;
}
/// Where the history of a group begins for versions that end at `end` or later.
[[nodiscard]] inline std::string history_start(const TableSpec& table, std::string_view group, std::uint64_t end) {
    std::string out;
    out.reserve(1 + table.key_length + position_bytes + 1);
    out.push_back(static_cast<char>(table.id));
    out += group;
    append_u64(out, end);
    return out;
}
[[nodiscard]] inline std::string history_key(const TableSpec& table, std::string_view group, std::uint64_t end,
                                             std::string_view rest) {
    std::string out = history_start(table, group, end);
    out += rest;
    return out;
}
[[nodiscard]] inline std::string split_key(const TableSpec& table, std::string_view group, std::uint64_t end) {
    std::string out = history_start(table, group, end);
    out.append(table.key_length - table.group_length + 1, '\xff');
    return out;
}

/// A key of the history taken apart. Views into it.
struct HistoryKey {
    std::string_view group;
    std::uint64_t end = 0;
    std::string_view rest;
    bool split = false;
};
[[nodiscard]] inline HistoryKey parse_history_key(const TableSpec& table, std::string_view bytes) {
    const std::size_t row_length = 1 + table.key_length + position_bytes;
    DEALOG_ASSERT(bytes.size() == row_length || bytes.size() == row_length + 1, "a history key has its table's length");
    return HistoryKey{.group = bytes.substr(1, table.group_length),
                      .end = read_u64(bytes.substr(1 + table.group_length)),
                      .rest = bytes.substr(1 + table.group_length + position_bytes),
                      .split = bytes.size() != row_length};
}

[[nodiscard]] inline std::string stored_row(std::uint64_t since, std::string_view row) {
    std::string out;
    out.reserve(position_bytes + row.size());
    append_u64(out, since);
    out += row;
    return out;
}
[[nodiscard]] inline std::uint64_t since_of(std::string_view stored) { return read_u64(stored); }
[[nodiscard]] inline std::string_view row_of(std::string_view stored) { return stored.substr(position_bytes); }

/// The first key behind all keys with this prefix; absent when there is none.
[[nodiscard]] inline std::optional<std::string> behind_prefix(std::string_view prefix) {
    std::string out(prefix);
    while (!out.empty() && out.back() == '\xff') out.pop_back();
    if (out.empty()) return std::nullopt;
    out.back() = static_cast<char>(static_cast<std::uint8_t>(out.back()) + 1);
    return out;
}

}  // namespace dealog::projections::engine
