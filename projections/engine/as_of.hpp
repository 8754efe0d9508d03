#pragma once

#include <algorithm>
#include <memory>
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

/// One scan of a table's rows as they were valid at a position: what the history says, then what is still valid now,
/// group by group in key order.
template <class Rule = Validity>
class AsOfScan {
public:
    AsOfScan(const Generation& generation, const rocksdb::Snapshot* snapshot, const TableSpec& table, std::uint64_t at,
             std::string_view prefix, std::string_view from)
        : store_(*generation.store()),
          table_(table),
          at_(at),
          prefix_(row_key(table, prefix)),
          start_(row_key(table, std::max(prefix, from))),
          rows_end_(behind_prefix(prefix_)),
          history_end_(behind_prefix(std::string_view(prefix_).substr(0, group_end()))) {
        rows_ = open(generation, generation.rows(), snapshot, rows_end_);
        history_ = open(generation, generation.history(), snapshot, history_end_);
    }

    /// bool each(key, row, since); false ends the scan.
    template <class Each>
    void run(const Each& each) {
        rows_->Seek(start_);
        history_->Seek(history_seek());
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

    struct Bound {
        explicit Bound(std::optional<std::string> end)
            : text(end.value_or(std::string(key_bytes_max, '\xff'))), slice(text) {}
        Bound(const Bound&) = delete;
        Bound& operator=(const Bound&) = delete;
        static constexpr std::size_t key_bytes_max = 1024;
        std::string text;
        rocksdb::Slice slice;
    };

    [[nodiscard]] static std::unique_ptr<rocksdb::Iterator> open(const Generation& generation,
                                                                 rocksdb::ColumnFamilyHandle* family,
                                                                 const rocksdb::Snapshot* snapshot, const Bound& end) {
        rocksdb::ReadOptions options;
        options.snapshot = snapshot;
        options.total_order_seek = true;
        options.iterate_upper_bound = &end.slice;
        return std::unique_ptr<rocksdb::Iterator>(generation.store()->db().NewIterator(options, family));
    }

    [[nodiscard]] std::size_t group_end() const { return 1 + table_.group_length; }

    /// With the whole group known the first version that can matter is known, too.
    [[nodiscard]] std::string history_seek() const {
        if (start_.size() < group_end()) return start_;
        return history_start(table_, std::string_view(start_).substr(1, table_.group_length), Rule::first_end(at_));
    }

    /// The part of the scan's prefix that names groups.
    [[nodiscard]] bool in_groups(const rocksdb::Iterator& it) const {
        return it.Valid() && it.key().starts_with(std::string_view(prefix_).substr(0, group_end()));
    }

    [[nodiscard]] bool next_group(std::string& group) {
        const bool in_history = in_groups(*history_);
        const bool in_rows = rows_->Valid() && rows_->key().starts_with(prefix_);
        if (!in_rows) store_.checked(rows_->status(), "scan rows");
        if (!in_history) store_.checked(history_->status(), "scan the history");
        if (!in_rows && !in_history) return false;
        const auto of = [&](const rocksdb::Iterator& it) {
            return it.key().ToStringView().substr(1, table_.group_length);
        };
        if (in_rows && in_history)
            group = std::min(of(*rows_), of(*history_));
        else
            group = in_rows ? of(*rows_) : of(*history_);
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
        const auto in_group = [&] { return history_->Valid() && history_->key().starts_with(whole); };
        if (in_group()) advance_to(history_start(table_, group, Rule::first_end(at_)));
        for (; in_group(); history_->Next()) {
            const auto key = parse_history_key(table_, history_->key().ToStringView());
            if (key.split) {
                complete = true;
                if constexpr (!Rule::split_carries_rows) drop_carried(key.end);
                break;
            }
            const bool wanted = key.rest.starts_with(prefix) && key.rest >= start;
            if (wanted && Rule::begun(since_of(history_->value().ToStringView()), at_)) {
                found_.push_back(Found{.head = head_of(key.rest),
                                       .begin = bytes_.size(),
                                       .length = key.rest.size() + history_->value().size(),
                                       .end = key.end});
                bytes_ += key.rest;
                bytes_ += history_->value().ToStringView();
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
            if (!history_->Valid() || history_->key().compare(target) >= 0) return;
            history_->Next();
        }
        if (history_->Valid() && history_->key().compare(target) < 0) history_->Seek(target);
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
        const auto in_group = [&] {
            return !complete && rows_->Valid() && rows_->key().starts_with(whole) && rows_->key().starts_with(prefix_);
        };
        for (; in_group(); rows_->Next()) {
            const auto value = rows_->value().ToStringView();
            if (!Rule::begun(since_of(value), at_)) continue;
            const auto key = rows_->key().ToStringView().substr(1);
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
        if (!rows_->Valid() || !rows_->key().starts_with(whole)) return;
        rows_->Seek(behind_prefix(whole).value_or(std::string(whole.size() + 1, '\xff')));
    }

    const Store& store_;
    const TableSpec& table_;
    std::uint64_t at_;
    std::string prefix_;
    std::string start_;
    Bound rows_end_;
    Bound history_end_;
    std::unique_ptr<rocksdb::Iterator> rows_;
    std::unique_ptr<rocksdb::Iterator> history_;
    std::vector<Found> found_;
    std::string bytes_;
};

/// One row as it was at a position, when the present one is younger or gone.
template <class Rule = Validity>
[[nodiscard]] std::optional<std::string> superseded_row(const Generation& generation, const rocksdb::Snapshot* snapshot,
                                                        const TableSpec& table, std::uint64_t at,
                                                        std::string_view key) {
    rocksdb::ReadOptions options;
    options.snapshot = snapshot;
    options.total_order_seek = true;
    const std::unique_ptr<rocksdb::Iterator> it(generation.store()->db().NewIterator(options, generation.history()));
    const auto group = row_key(table, key.substr(0, table.group_length));
    const auto rest = key.substr(table.group_length);
    for (it->Seek(history_start(table, key.substr(0, table.group_length), Rule::first_end(at)));
         it->Valid() && it->key().starts_with(group); it->Next()) {
        const auto found = parse_history_key(table, it->key().ToStringView());
        if (found.split) return std::nullopt;
        if (found.rest != rest) continue;
        const auto value = it->value().ToStringView();
        if (!Rule::begun(since_of(value), at)) return std::nullopt;
        return std::string(row_of(value));
    }
    generation.store()->checked(it->status(), "read the history");
    return std::nullopt;
}

}  // namespace dealog::projections::engine
