#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dealog::app::import {

/// One command of the import file, as the API takes it.
struct Item {
    std::uint64_t line = 0;       // 1-based, where it begins
    std::string path;             // "/v1/deals"
    std::string body;             // JSON
    std::string idempotency_key;  // the file's own, or made from the content
    std::string problem;          // why this line is no command; the rest is empty then
};

/// Reads commands one by one; bounded memory whatever the file's size.
class Reader {
public:
    virtual ~Reader() = default;
    /// Absent at the end.
    [[nodiscard]] virtual std::optional<Item> next() = 0;
    /// Bytes read so far, of the file's bytes.
    [[nodiscard]] virtual std::uint64_t bytes_read() const = 0;
};

/// Lines of `{"path", "body", "idempotencyKey"?}`. A line is at most 1 MiB.
[[nodiscard]] std::unique_ptr<Reader> read_ndjson(const std::filesystem::path& file);

/// How the columns of a CSV file become a command's fields.
struct Mapping {
    std::string kind;                              // companies, contacts or deals
    std::map<std::string, std::string> columns;    // field of the command (dots for nested ones) -> column
    std::map<std::string, std::string> constants;  // field -> the same value for every row
    std::map<std::string, std::string> prefixes;   // field -> put before the value, e.g. companyId -> "ext:"
};

/// TOML: kind = "deals"; [columns] title = "Name"; [constants] pipeline = "sales"; [prefixes] ownerId = "ext:".
/// Throws std::runtime_error that names every problem of the mapping.
[[nodiscard]] Mapping load_mapping(const std::filesystem::path& file);

/// RFC 4180 with a header row; quoted fields may span lines. Throws std::runtime_error when a mapped column is missing.
[[nodiscard]] std::unique_ptr<Reader> read_csv(const std::filesystem::path& file, const Mapping& mapping);

}  // namespace dealog::app::import
