#include "projections/engine/row_writer.hpp"

#include <stdexcept>

#include <rocksdb/db.h>

namespace dealog::projections::engine {

namespace {

constexpr std::size_t cell_bytes = 256;  // what a remembered row costs beside its bytes
constexpr std::size_t group_bytes = 192;

}  // namespace

RowWriter::RowWriter(std::span<const TableSpec> tables, std::shared_ptr<Generation> generation, StartsFrom start)
    : generation_(std::move(generation)) {
    for (const auto& spec : tables) {
        DEALOG_ASSERT(spec.id < counts_flag, "table ids are below 128");
        DEALOG_ASSERT(spec.group_length <= spec.key_length && spec.key_length > 0,
                      "a group is a prefix of its table's keys");
        const bool added =
            tables_.try_emplace(spec.id, Table{.spec = spec, .groups = {}, .in_memory = start == StartsFrom::nothing})
                .second;
        DEALOG_ASSERT(added, "table ids are unique in a projection");
    }
}

void RowWriter::begin(Position last) {
    DEALOG_ASSERT(touched_.empty(), "one append at a time");
    DEALOG_ASSERT(last.value() > position_, "followers never go back");
    position_ = last.value();
}

RowWriter::Table& RowWriter::table_of(const TableSpec& spec) {
    const auto found = tables_.find(spec.id);
    DEALOG_ASSERT(found != tables_.end(), "a projection names its tables");
    return found->second;
}

RowWriter::Groups::pointer RowWriter::group_of(Table& table, std::string_view group) {
    if (const auto found = table.groups.find(group); found != table.groups.end()) return &*found;
    auto& made = *table.groups.try_emplace(std::string(group)).first;
    remembered_bytes_ += group_bytes + group.size();
    if (table.in_memory)
        made.second.complete = true;
    else if (is_counted(table.spec))
        read_counts(table, made);
    return &made;
}

void RowWriter::read_counts(const Table& table, Groups::reference group) const {
    const auto counts = read_stored(counts_key(table.spec, group.first));
    if (counts) {
        group.second.live = read_u64(*counts);
        group.second.dead = read_u64(std::string_view(*counts).substr(position_bytes));
    }
    group.second.complete = group.second.live == 0;
}

std::optional<std::string> RowWriter::read_stored(const std::string& key) const {
    std::string value;
    const auto status = generation_->store()->db().Get({}, generation_->rows(), key, &value);
    if (status.IsNotFound()) return std::nullopt;
    check(status, "read a row");
    return value;
}

Cursor RowWriter::stored_under(const std::string& prefix) const {
    Cursor rows(*generation_->store(), generation_->rows(), nullptr, behind_prefix(prefix));
    rows.seek(prefix);
    return rows;
}

RowWriter::Cell& RowWriter::remember(Groups::reference group, std::string_view rest,
                                     std::optional<std::string_view> stored) {
    auto& cell = group.second.cells.try_emplace(std::string(rest)).first->second;
    remembered_bytes_ += cell_bytes + rest.size();
    if (stored) {
        cell.row = std::string(row_of(*stored));
        cell.since = since_of(*stored);
        cell.stored = true;
        remembered_bytes_ += cell.row->size();
    }
    return cell;
}

RowWriter::Cell* RowWriter::find(Table& table, Groups::pointer group, std::string_view rest) {
    auto& cells = group->second.cells;
    if (const auto found = cells.find(rest); found != cells.end()) return &found->second;
    if (group->second.complete) return nullptr;
    auto key = row_key(table.spec, group->first);
    key += rest;
    return &remember(*group, rest, read_stored(key));
}

bool RowWriter::present(const Cell& cell) {
    return cell.pending == Pending::put || (cell.pending == Pending::none && cell.row.has_value());
}

std::string_view RowWriter::row_now(const Cell& cell) {
    return cell.pending == Pending::put ? cell.pending_row : *cell.row;
}

std::optional<std::string> RowWriter::get(const TableSpec& spec, std::string_view key) {
    DEALOG_ASSERT(key.size() == spec.key_length, "every key of a table has the same length");
    auto& table = table_of(spec);
    const auto* cell = find(table, group_of(table, key.substr(0, spec.group_length)), key.substr(spec.group_length));
    if (cell == nullptr || !present(*cell)) return std::nullopt;
    return std::string(row_now(*cell));
}

void RowWriter::put(const TableSpec& table, std::string_view key, std::string row) {
    write(table, key, Pending::put, std::move(row));
}

void RowWriter::erase(const TableSpec& table, std::string_view key) { write(table, key, Pending::erase, {}); }

void RowWriter::write(const TableSpec& spec, std::string_view key, Pending pending, std::string row) {
    DEALOG_ASSERT(key.size() == spec.key_length, "every key of a table has the same length");
    auto& table = table_of(spec);
    auto* group = group_of(table, key.substr(0, spec.group_length));
    const auto rest = key.substr(spec.group_length);
    auto* cell = find(table, group, rest);
    if (cell == nullptr) cell = &remember(*group, rest, std::nullopt);
    const bool same = cell->row && pending == Pending::put && *cell->row == row;
    if (spec.history == History::append_only && cell->row && !same) {
        throw std::logic_error("a row of an append-only table was changed");
    }
    if (cell->pending == Pending::none) {
        touched_.push_back(
            Touched{.table = &table, .group = group, .rest = &group->second.cells.find(rest)->first, .cell = cell});
    }
    cell->pending = pending;
    cell->pending_row = std::move(row);
}

void RowWriter::scan(const TableSpec& spec, std::string_view prefix,
                     const std::function<bool(std::string_view key, std::string_view row)>& each) {
    DEALOG_ASSERT(prefix.size() >= spec.group_length, "a scan names at least its group");
    auto& table = table_of(spec);
    auto* group = group_of(table, prefix.substr(0, spec.group_length));
    const auto& cells = group->second.cells;
    const std::string within(prefix.substr(spec.group_length));
    const auto stored_prefix = row_key(spec, prefix);
    std::optional<Cursor> stored;
    if (!group->second.complete) stored.emplace(stored_under(stored_prefix));
    auto cell = cells.lower_bound(within);
    for (;;) {  // two ordered runs; what is in memory hides what is stored
        const bool has_cell = cell != cells.end() && cell->first.starts_with(within);
        const bool has_stored = stored && stored->valid();
        if (!has_cell && !has_stored) break;
        const std::string stored_rest(has_stored ? stored->key().substr(1 + spec.group_length) : std::string_view{});
        const bool take_cell = has_cell && (!has_stored || cell->first <= stored_rest);
        const std::string rest = take_cell ? cell->first : stored_rest;
        if (has_stored && stored_rest == rest) {
            const std::string value(stored->value());
            stored->next();
            if (!take_cell && !each(group->first + rest, row_of(value))) return;
        }
        if (take_cell && present(cell->second)) {
            const std::string row(row_now(cell->second));  // `each` may write
            if (!each(group->first + rest, row)) return;
        }
        cell = cells.upper_bound(rest);
    }
}

void RowWriter::abandon() {
    for (const auto& touched : touched_) {
        touched.cell->pending = Pending::none;
        touched.cell->pending_row.clear();
    }
    touched_.clear();
}

void RowWriter::finish(std::vector<RowChange>* changes) {
    for (const auto& touched : touched_) {
        const auto since_before = touched.cell->since;
        change(touched);
        if (changes != nullptr && touched.cell->since != since_before) {
            changes->push_back(RowChange{.table = touched.table->spec.id,
                                         .key = touched.group->first + *touched.rest,
                                         .row = touched.cell->row});
        }
    }
    touched_.clear();
    for (const auto& [table, group] : touched_groups_) {
        group->second.touched = false;
        if (split_is_due(group->second.live, group->second.dead)) split(*table, *group);
    }
    touched_groups_.clear();
}

void RowWriter::change(const Touched& touched) {
    const auto& spec = touched.table->spec;
    auto& cell = *touched.cell;
    auto& group = touched.group->second;
    const bool puts = cell.pending == Pending::put;
    cell.pending = Pending::none;
    if (puts ? cell.row && *cell.row == cell.pending_row : !cell.row) return;
    if (cell.row) {
        remember_version(*touched.table, touched.group->first, *touched.rest, cell);
        remembered_bytes_ -= cell.row->size();
    }
    const bool was_live = cell.row.has_value();
    cell.row = puts ? std::optional<std::string>(std::move(cell.pending_row)) : std::nullopt;
    cell.pending_row = {};
    cell.since = position_;
    if (cell.row) remembered_bytes_ += cell.row->size();
    if (spec.history == History::append_only) {
        facts_.add([&](std::string& key) { key += row_key(spec, touched.group->first), key += *touched.rest; },
                   [&](std::string& value) { append_u64(value, position_), value += *cell.row; });
        return;
    }
    if (!cell.changed) changed_.push_back(touched);
    cell.changed = true;
    if (!is_counted(spec)) return;
    group.dead += was_live ? 1 : 0;
    group.live = group.live + (puts ? 1 : 0) - (was_live ? 1 : 0);
    if (!group.touched) touched_groups_.emplace_back(touched.table, touched.group);
    if (!group.changed) changed_groups_.emplace_back(touched.table, touched.group);
    group.touched = group.changed = true;
}

void RowWriter::remember_version(const Table& table, const std::string& group, std::string_view rest,
                                 const Cell& cell) {
    versions_.add([&](std::string& key) { key += history_key(table.spec, group, position_, rest); },
                  [&](std::string& value) { append_u64(value, cell.since), value += *cell.row; });
}

void RowWriter::load_whole(const Table& table, Groups::reference group) {
    if (group.second.complete) return;
    const auto prefix = row_key(table.spec, group.first);
    for (auto stored = stored_under(prefix); stored.valid(); stored.next()) {
        const std::string rest(stored.key().substr(prefix.size()));
        if (!group.second.cells.contains(rest)) remember(group, rest, stored.value());
    }
    group.second.complete = true;
}

void RowWriter::split(const Table& table, Groups::reference group) {
    load_whole(table, group);
    for (const auto& [rest, cell] : group.second.cells) {
        if (cell.row && cell.since < position_) remember_version(table, group.first, rest, cell);
    }
    versions_.add([&](std::string& key) { key += split_key(table.spec, group.first, position_); }, [](std::string&) {});
    group.second.dead = 0;
}

void RowWriter::sort_versions() {
    versions_.sort();
    facts_.sort();
}

void RowWriter::versions_taken() {
    DEALOG_ASSERT(touched_.empty(), "whole appends only");
    versions_.clear();
    facts_.clear();
    for (auto& [id, table] : tables_) {  // rows that never change are not worth remembering
        if (table.spec.history != History::append_only || table.groups.empty()) continue;
        for (const auto& [name, group] : table.groups) {
            remembered_bytes_ -= group_bytes + name.size();
            for (const auto& [rest, cell] : group.cells) {
                remembered_bytes_ -= cell_bytes + rest.size() + (cell.row ? cell.row->size() : 0);
            }
        }
        table.groups.clear();
        table.in_memory = false;
    }
}

void RowWriter::forget() {
    DEALOG_ASSERT(changed_.empty() && versions_.empty() && facts_.empty(), "what is forgotten was drained");
    for (auto& [id, table] : tables_) {
        table.groups.clear();
        table.in_memory = false;
    }
    remembered_bytes_ = 0;
}

}  // namespace dealog::projections::engine
