#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "projections/engine/encoding.hpp"
#include "projections/engine/run_buffer.hpp"
#include "projections/engine/store.hpp"

namespace dealog::projections::engine {

/// One changed row, for the change feed.
struct RowChange {
    std::uint8_t table;
    std::string key;
    std::optional<std::string> row;
};

enum class StartsFrom { stored_rows, nothing };  // nothing: what is not in memory does not exist

/// Folds appends into rows and their history, in memory until drained. What it emits depends on the appends alone,
/// never on when it is drained.
class RowWriter final : public Rows {
public:
    RowWriter(std::span<const TableSpec> tables, std::shared_ptr<Generation> generation, StartsFrom start);

    void begin(Position last);
    /// Ends the append: one version per changed row, splits where they are due.
    void finish(std::vector<RowChange>* changes = nullptr);
    /// As if the append had not begun.
    void abandon();

    [[nodiscard]] std::optional<std::string> get(const TableSpec& table, std::string_view key) override;
    void put(const TableSpec& table, std::string_view key, std::string row) override;
    void erase(const TableSpec& table, std::string_view key) override;
    void scan(const TableSpec& table, std::string_view prefix,
              const std::function<bool(std::string_view key, std::string_view row)>& each) override;

    /// Superseded versions and rows of append-only tables since they were last taken. Whoever takes them stores them.
    [[nodiscard]] const RunBuffer& versions() const { return versions_; }
    [[nodiscard]] const RunBuffer& facts() const { return facts_; }
    void sort_versions();
    void versions_taken();
    /// The changed rows and counts since the last call: put(key, value) or erase(key) for each, in no order.
    template <class Put, class Erase>
    void take_rows(const Put& put, const Erase& erase);
    /// Drops what is remembered; everything must be drained and committed. What is not in memory is looked up from now
    /// on.
    void forget();

    [[nodiscard]] std::size_t remembered_bytes() const { return remembered_bytes_; }
    [[nodiscard]] std::size_t version_bytes() const { return versions_.bytes() + facts_.bytes(); }

private:
    enum class Pending { none, put, erase };
    struct Cell {
        std::optional<std::string> row;  // after the last finished append
        std::uint64_t since = 0;
        std::string pending_row;
        Pending pending = Pending::none;
        bool changed = false;  // since the last drain
        bool stored = false;   // drained before, or read from the store
    };
    struct Group {
        std::map<std::string, Cell, std::less<>> cells;  // by the rest of the key
        std::uint64_t live = 0;
        std::uint64_t dead = 0;
        bool complete = false;  // what is not in `cells` does not exist
        bool changed = false;   // its counts, since the last drain
        bool touched = false;   // by this append
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
    };
    using Groups = std::unordered_map<std::string, Group, Hash, std::equal_to<>>;
    struct Table {
        TableSpec spec;
        Groups groups;
        bool in_memory = false;  // what is not in `groups` does not exist
    };
    struct Touched {
        const Table* table;
        Groups::pointer group;
        const std::string* rest;
        Cell* cell;
    };

    [[nodiscard]] Table& table_of(const TableSpec& spec);
    [[nodiscard]] Groups::pointer group_of(Table& table, std::string_view group);
    [[nodiscard]] static bool present(const Cell& cell);
    [[nodiscard]] static std::string_view row_now(const Cell& cell);
    [[nodiscard]] Cell* find(Table& table, Groups::pointer group, std::string_view rest);
    [[nodiscard]] std::optional<std::string> read_stored(const std::string& key) const;
    [[nodiscard]] Cursor stored_under(const std::string& prefix) const;
    Cell& remember(Groups::reference group, std::string_view rest, std::optional<std::string_view> stored);
    void write(const TableSpec& spec, std::string_view key, Pending pending, std::string row);
    void read_counts(const Table& table, Groups::reference group) const;
    void load_whole(const Table& table, Groups::reference group);
    void change(const Touched& touched);
    void split(const Table& table, Groups::reference group);
    void remember_version(const Table& table, const std::string& group, std::string_view rest, const Cell& cell);

    std::map<std::uint8_t, Table> tables_;
    std::shared_ptr<Generation> generation_;
    std::uint64_t position_ = 0;

    std::vector<Touched> touched_;                                          // in this append
    std::vector<std::pair<const Table*, Groups::pointer>> touched_groups_;  // in this append
    std::vector<Touched> changed_;                                          // since the last drain
    std::vector<std::pair<const Table*, Groups::pointer>> changed_groups_;  // since the last drain
    RunBuffer versions_;
    RunBuffer facts_;  // rows of append-only tables
    std::size_t remembered_bytes_ = 0;
};

template <class Put, class Erase>
void RowWriter::take_rows(const Put& put, const Erase& erase) {
    DEALOG_ASSERT(touched_.empty(), "whole appends only");
    for (const auto& [table, group, rest, cell] : changed_) {
        auto key = row_key(table->spec, group->first);
        key += *rest;
        if (cell->row)
            put(key, stored_row(cell->since, *cell->row));
        else if (cell->stored)
            erase(key);
        cell->stored = cell->row.has_value();
        cell->changed = false;
    }
    changed_.clear();
    for (const auto& [table, group] : changed_groups_) {
        std::string counts;
        append_u64(counts, group->second.live);
        append_u64(counts, group->second.dead);
        put(counts_key(table->spec, group->first), counts);
        group->second.changed = false;
    }
    changed_groups_.clear();
}

}  // namespace dealog::projections::engine
