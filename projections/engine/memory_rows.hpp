#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

#include "projections/engine/projection.hpp"

namespace dealog::projections {

/// Rows and views in memory, with every version of every row: for unit tests of read models, and the plain answer that
/// the engine's own encoding is compared with.
class MemoryRows final : public Rows {
    struct Version {
        Position since;
        std::optional<std::string> row;
    };
    using Versions = std::vector<Version>;
    using Table = std::map<std::string, Versions, std::less<>>;
    using Tables = std::map<std::uint8_t, Table>;

public:
    /// Applies one append; its rows are valid since its last position.
    void apply(const Projection& projection, const AppendView& append) {
        begin(append.last);
        projection.apply(append, *this);
    }
    /// What is written from now on is valid since `position`.
    void begin(Position position) {
        DEALOG_ASSERT(position >= position_, "appends come in order");
        position_ = position;
    }
    [[nodiscard]] Position position() const { return position_; }

    [[nodiscard]] std::optional<std::string> get(const TableSpec& table, std::string_view key) override {
        check_key(table, key);
        return get(tables_, table, key, position_);
    }
    void put(const TableSpec& table, std::string_view key, std::string row) override {
        check_key(table, key);
        write(table, key, std::move(row));
    }
    void erase(const TableSpec& table, std::string_view key) override {
        check_key(table, key);
        write(table, key, std::nullopt);
    }
    void scan(const TableSpec& table, std::string_view prefix,
              const std::function<bool(std::string_view key, std::string_view row)>& each) override {
        DEALOG_ASSERT(prefix.size() >= table.group_length, "a scan names at least its group");
        scan(tables_, table, prefix, {}, position_,
             [&](std::string_view key, std::string_view row, Position) { return each(key, row); });
    }

    /// As of `at`, or of the newest append. Lives no longer than these rows.
    [[nodiscard]] std::unique_ptr<View> view(std::optional<Position> at = {}) const {
        return std::make_unique<MemoryView>(tables_, at.value_or(position_));
    }

private:
    class MemoryView final : public View {
    public:
        MemoryView(const Tables& tables, Position position) : tables_(tables), position_(position) {}
        [[nodiscard]] Position position() const override { return position_; }
        [[nodiscard]] std::optional<std::string> get(const TableSpec& table, std::string_view key) const override {
            check_key(table, key);
            return MemoryRows::get(tables_, table, key, position_);
        }
        void scan(const TableSpec& table, std::string_view prefix, std::string_view from,
                  const std::function<bool(std::string_view key, std::string_view row, Position since)>& each)
            const override {
            MemoryRows::scan(tables_, table, prefix, from, position_, each);
        }

    private:
        const Tables& tables_;
        Position position_;
    };

    static void check_key(const TableSpec& table, std::string_view key) {
        DEALOG_ASSERT(key.size() == table.key_length, "every key of a table has the same length");
    }

    static const Version* valid_at(const Versions& versions, Position at) {
        const Version* found = nullptr;
        for (const auto& version : versions) {
            if (version.since <= at) found = &version;
        }
        return found != nullptr && found->row ? found : nullptr;
    }

    static std::optional<std::string> get(const Tables& tables, const TableSpec& table, std::string_view key,
                                          Position at) {
        const auto rows = tables.find(table.id);
        if (rows == tables.end()) return std::nullopt;
        const auto versions = rows->second.find(key);
        if (versions == rows->second.end()) return std::nullopt;
        const auto* version = valid_at(versions->second, at);
        return version != nullptr ? version->row : std::nullopt;
    }

    template <class Each>
    static void scan(const Tables& tables, const TableSpec& table, std::string_view prefix, std::string_view from,
                     Position at, const Each& each) {
        const auto rows = tables.find(table.id);
        if (rows == tables.end()) return;
        for (auto row = rows->second.lower_bound(std::max(prefix, from)); row != rows->second.end(); ++row) {
            if (!row->first.starts_with(prefix)) return;
            const auto* found = valid_at(row->second, at);
            if (found == nullptr) continue;
            const Version version = *found;  // `each` may write
            if (!each(row->first, *version.row, version.since)) return;
        }
    }

    /// One version per append that changes the row; an append that leaves it as it was makes none.
    void write(const TableSpec& table, std::string_view key, std::optional<std::string> row) {
        auto& rows = tables_[table.id];
        auto& versions = rows.try_emplace(std::string(key)).first->second;
        if (!versions.empty() && versions.back().since == position_) versions.pop_back();
        const auto before = versions.empty() ? std::optional<std::string>{} : versions.back().row;
        if (before == row) return;
        if (table.history == History::append_only && before)
            throw std::logic_error("a row of an append-only table was changed");
        versions.push_back(Version{.since = position_, .row = std::move(row)});
    }

    Tables tables_;
    Position position_;
};

}  // namespace dealog::projections
