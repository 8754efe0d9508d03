#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projections/engine/encoding.hpp"
#include "projections/engine/store.hpp"

namespace dealog::projections::engine {

/// The three rules by which a row of the past is found. Named so that a test can break each and see that it is noticed.
struct Validity {
    /// The smallest `end` of a version that may be valid at `at`.
    [[nodiscard]] static constexpr std::uint64_t first_end(std::uint64_t at) { return at + 1; }
    [[nodiscard]] static constexpr bool begun(std::uint64_t since, std::uint64_t at) { return since <= at; }
    /// Whether what ends with a split belongs to the positions before it.
    static constexpr bool split_carries_rows = true;
};

/// Where a scan of rows ends: behind the prefix, or at `until` when that is given and comes first.
[[nodiscard]] inline std::optional<std::string> end_of_scan(const TableSpec& table, std::string_view prefix,
                                                            std::string_view until) {
    auto end = behind_prefix(row_key(table, prefix));
    if (until.empty()) return end;
    auto bound = row_key(table, until);
    return end ? std::min(*end, bound) : bound;
}

/// One scan of a table's rows as they were valid at a position: what the history says, then what is still valid now,
/// group by group in key order.
template <class Rule = Validity>
class AsOfScan {
public:
    AsOfScan(const Generation& generation, const rocksdb::Snapshot* snapshot, const TableSpec& table, std::uint64_t at,
             std::string_view prefix, std::string_view from, std::string_view until = {})
        : table_(table),
          at_(at),
          prefix_(row_key(table, prefix)),
          start_(row_key(table, std::max(prefix, from))),
          until_(until.empty() ? std::string{} : row_key(table, until)),
          rows_(*generation.store(), generation.rows(), snapshot, end_of_scan(table, prefix, until)),
          history_(*generation.store(), generation.history(), snapshot, behind_prefix(groups_prefix())) {}

    /// bool each(key, row, since); false ends the scan.
    template <class Each>
    void run(const Each& each) {
        rows_.seek(start_);
        history_.seek(history_seek());
        std::string group;
        while (next_group(group)) {
            const bool complete = collect_history(group);
            if (!emit(group, complete, each)) return;
            if (complete) skip_rows(group);
        }
    }

private:
    /// A row of then: rest of the key and since ‖ row, in `bytes_`.
    struct Found {
        std::uint64_t head;  // of the rest, for comparing
        std::size_t begin;
        std::size_t length;
        std::uint64_t end;
    };

    [[nodiscard]] std::size_t group_end() const { return 1 + table_.group_length; }

    /// With the whole group known the first version that can matter is known, too.
    [[nodiscard]] std::string history_seek() const {
        if (start_.size() < group_end()) return start_;
        return history_start(table_, std::string_view(start_).substr(1, table_.group_length), Rule::first_end(at_));
    }

    /// The part of the scan's prefix that names groups.
    [[nodiscard]] std::string_view groups_prefix() const { return std::string_view(prefix_).substr(0, group_end()); }

    [[nodiscard]] bool next_group(std::string& group) {
        const bool in_history = history_.valid();
        const bool in_rows = rows_.valid();
        if (!in_rows && !in_history) return false;
        const auto of = [&](const Cursor& cursor) { return cursor.key().substr(1, table_.group_length); };
        if (in_rows && in_history)
            group = std::min(of(rows_), of(history_));
        else
            group = in_rows ? of(rows_) : of(history_);
        return true;
    }

    /// Fills `found_` with the group's superseded rows of then, in key order; leaves the history at the next group.
    /// True when a split says that there is nothing else.
    [[nodiscard]] bool collect_history(const std::string& group) {
        found_.clear();
        bytes_.clear();
        bool complete = false;
        const std::string whole = row_key(table_, group);
        const std::string_view prefix = within(whole, prefix_);
        const std::string_view start = within(whole, start_);
        const std::string_view until = within(whole, until_);  // empty: another group ends the scan
        const auto in_group = [&] { return history_.valid() && history_.key().starts_with(whole); };
        if (in_group()) advance_to(history_start(table_, group, Rule::first_end(at_)));
        for (; in_group(); history_.next()) {
            const auto key = parse_history_key(table_, history_.key());
            if (key.split) {
                complete = true;
                if constexpr (!Rule::split_carries_rows) drop_carried(key.end);
                break;
            }
            const bool wanted =
                key.rest.starts_with(prefix) && key.rest >= start && (until.empty() || key.rest < until);
            if (wanted && Rule::begun(since_of(history_.value()), at_)) {
                found_.push_back(Found{.head = head_of(key.rest),
                                       .begin = bytes_.size(),
                                       .length = key.rest.size() + history_.value().size(),
                                       .end = key.end});
                bytes_ += key.rest;
                bytes_ += history_.value();
            }
            if (!is_grouped(table_)) break;  // one row: the first version that had not ended decides
        }
        if (in_group()) advance_to(behind_prefix(whole).value_or(std::string(whole.size() + 1, '\xff')));
        std::sort(found_.begin(), found_.end(), [this](const Found& a, const Found& b) {
            return a.head != b.head ? a.head < b.head : rest_of(a) < rest_of(b);
        });
        return complete;
    }

    /// What `key` says about the rest of the keys of a group.
    [[nodiscard]] static std::string_view within(std::string_view group, std::string_view key) {
        return key.starts_with(group) ? key.substr(group.size()) : std::string_view{};
    }

    [[nodiscard]] static std::uint64_t head_of(std::string_view rest) {
        std::uint64_t head = 0;
        for (std::size_t i = 0; i < sizeof head; ++i)
            head = head << 8 | (i < rest.size() ? static_cast<std::uint8_t>(rest[i]) : 0u);
        return head;
    }
    [[nodiscard]] std::string_view rest_of(const Found& found) const {
        return std::string_view(bytes_).substr(found.begin, table_.key_length - table_.group_length);
    }
    [[nodiscard]] std::string_view stored_of(const Found& found) const {
        const auto rest_length = table_.key_length - table_.group_length;
        return std::string_view(bytes_).substr(found.begin + rest_length, found.length - rest_length);
    }

    void drop_carried(std::uint64_t split_end) {
        std::erase_if(found_, [&](const Found& found) { return found.end == split_end; });
    }

    /// A few steps before a seek: neighbours are near.
    void advance_to(const std::string& target) {
        constexpr int steps_max = 4;
        for (int step = 0; step < steps_max; ++step) {
            if (!history_.valid() || history_.key() >= target) return;
            history_.next();
        }
        if (history_.valid() && history_.key() < target) history_.seek(target);
    }

    template <class Each>
    [[nodiscard]] bool emit(const std::string& group, bool complete, const Each& each) {
        const std::string whole = row_key(table_, group);
        auto found = found_.begin();
        std::string key_found = group;
        const auto emit_found = [&] {
            key_found.replace(group.size(), std::string::npos, rest_of(*found));
            const auto stored = stored_of(*found);
            ++found;
            return each(key_found, row_of(stored), Position{since_of(stored)});
        };
        const auto in_group = [&] { return !complete && rows_.valid() && rows_.key().starts_with(whole); };
        for (; in_group(); rows_.next()) {
            const auto value = rows_.value();
            if (!Rule::begun(since_of(value), at_)) continue;
            const auto key = rows_.key().substr(1);
            while (found != found_.end() && rest_of(*found) < key.substr(table_.group_length)) {
                if (!emit_found()) return false;
            }
            if (!each(key, row_of(value), Position{since_of(value)})) return false;
        }
        while (found != found_.end()) {
            if (!emit_found()) return false;
        }
        return true;
    }

    void skip_rows(const std::string& group) {
        const std::string whole = row_key(table_, group);
        if (!rows_.valid() || !rows_.key().starts_with(whole)) return;
        rows_.seek(behind_prefix(whole).value_or(std::string(whole.size() + 1, '\xff')));
    }

    const TableSpec& table_;
    std::uint64_t at_;
    std::string prefix_;
    std::string start_;
    std::string until_;
    Cursor rows_;
    Cursor history_;
    std::vector<Found> found_;
    std::string bytes_;
};

/// One row as it was at a position, when the present one is younger or gone.
template <class Rule = Validity>
[[nodiscard]] std::optional<std::string> superseded_row(const Generation& generation, const rocksdb::Snapshot* snapshot,
                                                        const TableSpec& table, std::uint64_t at,
                                                        std::string_view key) {
    const auto group = row_key(table, key.substr(0, table.group_length));
    const auto rest = key.substr(table.group_length);
    Cursor history(*generation.store(), generation.history(), snapshot, behind_prefix(group));
    for (history.seek(history_start(table, key.substr(0, table.group_length), Rule::first_end(at))); history.valid();
         history.next()) {
        const auto found = parse_history_key(table, history.key());
        if (found.split) return std::nullopt;
        if (found.rest != rest) continue;
        if (!Rule::begun(since_of(history.value()), at)) return std::nullopt;
        return std::string(row_of(history.value()));
    }
    return std::nullopt;
}

}  // namespace dealog::projections::engine
