#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.hpp"
#include "base/ids.hpp"
#include "base/strong.hpp"

namespace dealog::projections {

/// Builds an order-preserving key of fixed length. Numbers are big-endian, ids 16 bytes, texts padded with zero bytes.
class Key {
public:
    Key& u8(std::uint8_t value);
    Key& u32(std::uint32_t value);
    Key& u64(std::uint64_t value);
    /// Signed, order-preserving (instants).
    Key& i64(std::int64_t value);
    /// A UUID in text form; an empty or unparsable text gives sixteen zero bytes.
    Key& id(std::string_view uuid_text);
    /// At most `length` bytes, padded with zeros.
    Key& text(std::string_view value, std::size_t length);
    [[nodiscard]] const std::string& bytes() const { return bytes_; }
    operator std::string_view() const { return bytes_; }

private:
    std::string bytes_;
};

/// Reads a key back, in the same order as it was built.
class KeyReader {
public:
    explicit KeyReader(std::string_view bytes) : rest_(bytes) {}
    std::uint8_t u8();
    std::uint32_t u32();
    std::uint64_t u64();
    std::int64_t i64();
    std::string id();                      // text form; empty for zeros
    std::string text(std::size_t length);  // without padding

private:
    std::string_view take(std::size_t n);
    std::string_view rest_;
};

enum class History {
    kept,         // superseded rows are kept with their validity
    append_only,  // rows are never changed nor erased: as of P is a filter on their position
};

/// One table of a projection. `id` is unique in the projection and for ever.
struct TableSpec {
    std::uint8_t id = 0;
    std::string_view name;
    std::size_t key_length = 0;    // every key has exactly this length
    std::size_t group_length = 0;  // prefix that scans name at least; = key_length for point tables
    History history = History::kept;
};

/// What a projection writes to while it applies one append. Reads see earlier writes of the same append.
class Rows {
public:
    virtual ~Rows() = default;
    [[nodiscard]] virtual std::optional<std::string> get(const TableSpec& table, std::string_view key) = 0;
    virtual void put(const TableSpec& table, std::string_view key, std::string row) = 0;
    virtual void erase(const TableSpec& table, std::string_view key) = 0;
    /// Present rows under a prefix of at least the group's length, in key order.
    virtual void scan(const TableSpec& table, std::string_view prefix,
                      const std::function<bool(std::string_view key, std::string_view row)>& each) = 0;
};

/// What a query reads: one projection at one position. Consistent while it lives; use from one thread.
class View {
public:
    virtual ~View() = default;
    /// The position this view answers for: an append's last.
    [[nodiscard]] virtual Position position() const = 0;
    [[nodiscard]] virtual std::optional<std::string> get(const TableSpec& table, std::string_view key) const = 0;
    /// Rows whose key starts with `prefix` (any length, also empty) and is ≥ `from` (a full or partial key, empty: the
    /// beginning), in key order, until `each` answers false. `since` is the position that wrote the row.
    virtual void scan(
        const TableSpec& table, std::string_view prefix, std::string_view from,
        const std::function<bool(std::string_view key, std::string_view row, Position since)>& each) const = 0;
    /// As `scan`, of rows whose key is below `until` (a full or partial key). What lies behind is not read, however
    /// many rows there are too young for this view.
    virtual void scan_until(
        const TableSpec& table, std::string_view prefix, std::string_view from, std::string_view until,
        const std::function<bool(std::string_view key, std::string_view row, Position since)>& each) const {
        scan(table, prefix, from, [&](std::string_view key, std::string_view row, Position since) {
            return key < until && each(key, row, since);
        });
    }
};

/// A row type of a table: parse and serialise in one place.
template <class Row>
struct Typed {
    TableSpec spec;

    [[nodiscard]] std::optional<Row> get(Rows& rows, std::string_view key) const { return parse(rows.get(spec, key)); }
    [[nodiscard]] std::optional<Row> get(const View& view, std::string_view key) const {
        return parse(view.get(spec, key));
    }
    [[nodiscard]] Row get_or_new(Rows& rows, std::string_view key) const { return get(rows, key).value_or(Row{}); }
    void put(Rows& rows, std::string_view key, const Row& row) const { rows.put(spec, key, row.SerializeAsString()); }
    void erase(Rows& rows, std::string_view key) const { rows.erase(spec, key); }

    template <class Each>  // bool(std::string_view key, Row&&)
    void scan(Rows& rows, std::string_view prefix, Each&& each) const {
        rows.scan(spec, prefix, [&](std::string_view key, std::string_view bytes) { return each(key, decode(bytes)); });
    }
    template <class Each>  // bool(std::string_view key, Row&&, Position since)
    void scan(const View& view, std::string_view prefix, std::string_view from, Each&& each) const {
        view.scan(spec, prefix, from, [&](std::string_view key, std::string_view bytes, Position since) {
            return each(key, decode(bytes), since);
        });
    }

    template <class Each>  // bool(std::string_view key, Row&&, Position since)
    void scan_until(const View& view, std::string_view prefix, std::string_view from, std::string_view until,
                    Each&& each) const {
        view.scan_until(spec, prefix, from, until, [&](std::string_view key, std::string_view bytes, Position since) {
            return each(key, decode(bytes), since);
        });
    }

private:
    static Row decode(std::string_view bytes) {
        Row row;
        DEALOG_ASSERT(row.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())), "a row does not parse");
        return row;
    }
    static std::optional<Row> parse(const std::optional<std::string>& bytes) {
        return bytes ? std::optional<Row>(decode(*bytes)) : std::nullopt;
    }
};

}  // namespace dealog::projections
