#include "projections/engine/view.hpp"

#include <rocksdb/db.h>
#include <rocksdb/snapshot.h>

#include "projections/engine/as_of.hpp"

namespace dealog::projections::engine {

namespace {

class RowsView final : public View {
public:
    RowsView(std::shared_ptr<Generation> generation, std::unique_ptr<rocksdb::ManagedSnapshot> snapshot,
             Position newest, Position at)
        : generation_(std::move(generation)), snapshot_(std::move(snapshot)), newest_(newest), at_(at) {}

    [[nodiscard]] Position position() const override { return at_; }

    [[nodiscard]] std::optional<std::string> get(const TableSpec& table, std::string_view key) const override {
        DEALOG_ASSERT(key.size() == table.key_length, "every key of a table has the same length");
        rocksdb::PinnableSlice value;
        rocksdb::ReadOptions options;
        options.snapshot = snapshot_->snapshot();
        const auto status = generation_->store()->db().Get(options, generation_->rows(), row_key(table, key), &value);
        if (!status.IsNotFound()) {
            generation_->store()->checked(status, "read a row");
            const auto stored = value.ToStringView();
            if (since_of(stored) <= at_.value()) return std::string(row_of(stored));
        }
        if (at_ == newest_ || table.history == History::append_only) return std::nullopt;
        return superseded_row<>(*generation_, snapshot_->snapshot(), table, at_.value(), key);
    }

    void scan(
        const TableSpec& table, std::string_view prefix, std::string_view from,
        const std::function<bool(std::string_view key, std::string_view row, Position since)>& each) const override {
        read(table, prefix, from, {}, each);
    }

    void scan_until(
        const TableSpec& table, std::string_view prefix, std::string_view from, std::string_view until,
        const std::function<bool(std::string_view key, std::string_view row, Position since)>& each) const override {
        read(table, prefix, from, until, [&](std::string_view key, std::string_view row, Position since) {
            return key < until && each(key, row, since);
        });
    }

private:
    /// `until` empty: to the end of the prefix.
    template <class Each>
    void read(const TableSpec& table, std::string_view prefix, std::string_view from, std::string_view until,
              const Each& each) const {
        if (at_ == newest_ || table.history == History::append_only)
            return scan_present(table, prefix, from, until, each);
        AsOfScan<>(*generation_, snapshot_->snapshot(), table, at_.value(), prefix, from, until).run(each);
    }

    template <class Each>
    void scan_present(const TableSpec& table, std::string_view prefix, std::string_view from, std::string_view until,
                      const Each& each) const {
        Cursor rows(*generation_->store(), generation_->rows(), snapshot_->snapshot(),
                    end_of_scan(table, prefix, until));
        for (rows.seek(row_key(table, std::max(prefix, from))); rows.valid(); rows.next()) {
            const auto stored = rows.value();
            const auto since = since_of(stored);
            if (since > at_.value()) continue;
            if (!each(rows.key().substr(1), row_of(stored), Position{since})) return;
        }
    }

    std::shared_ptr<Generation> generation_;
    std::unique_ptr<rocksdb::ManagedSnapshot> snapshot_;  // given back before the rows are let go
    Position newest_;
    Position at_;
};

}  // namespace

std::unique_ptr<View> make_view(std::shared_ptr<Generation> generation,
                                std::unique_ptr<rocksdb::ManagedSnapshot> snapshot, Position newest, Position at) {
    return std::make_unique<RowsView>(std::move(generation), std::move(snapshot), newest, at);
}

}  // namespace dealog::projections::engine
