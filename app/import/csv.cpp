#include <algorithm>
#include <set>
#include <stdexcept>

#include <fmt/format.h>
#include <toml++/toml.h>
#include <nlohmann/json.hpp>

#include "app/import/reader.hpp"
#include "base/ids.hpp"

namespace dealog::app::import {

namespace {

constexpr std::size_t record_bytes_max = 1u << 20;

/// The fields a CSV may fill, by kind. `[]`: the value is split at ';' into an array.
const std::map<std::string, std::set<std::string>>& fields_of_kind() {
    static const std::map<std::string, std::set<std::string>> fields{
        {"companies", {"id", "externalId", "name", "industry", "taxId", "ownerId", "source"}},
        {"contacts",
         {"id", "externalId", "companyId", "ownerId", "source", "personal.fullName", "personal.phones[]",
          "personal.emails[]"}},
        {"deals",
         {"id", "externalId", "title", "pipeline", "stage", "ownerId", "companyId", "contactId", "value.currencyCode",
          "value.units", "source", "occurredAt"}}};
    return fields;
}

std::vector<std::string> split(const std::string& text, char separator) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    while (begin <= text.size()) {
        const auto end = std::min(text.find(separator, begin), text.size());
        const auto first = text.find_first_not_of(' ', begin);
        if (first < end) parts.push_back(text.substr(first, text.find_last_not_of(' ', end - 1) - first + 1));
        begin = end + 1;
    }
    return parts;
}

class CsvReader final : public Reader {
public:
    CsvReader(const std::filesystem::path& file, const Mapping& mapping)
        : in_(file, std::ios::binary), mapping_(mapping) {
        if (!in_) throw std::runtime_error("cannot read " + file.string());
        auto header = record();
        if (!header) throw std::runtime_error(file.string() + " has no header row");
        if (!header->empty()) strip_bom(header->front());
        for (const auto& [field, column] : mapping_.columns) {
            const auto found = std::find(header->begin(), header->end(), column);
            if (found == header->end()) {
                throw std::runtime_error(
                    fmt::format("{} has no column '{}' (mapped to {})", file.string(), column, field));
            }
            indexes_[field] = static_cast<std::size_t>(found - header->begin());
        }
        width_ = header->size();
    }

    std::optional<Item> next() override {
        const auto begin = line_ + 1;
        const auto cells = record();
        if (!cells) return std::nullopt;
        Item item{.line = begin, .path = "/v1/" + mapping_.kind, .body = {}, .idempotency_key = {}, .problem = {}};
        if (!record_problem_.empty()) {
            item.problem = record_problem_;
        } else if (cells->size() != width_) {
            item.problem = fmt::format("{} cells, the header has {}", cells->size(), width_);
        } else {
            item.body = body(*cells).dump();
            item.idempotency_key = to_text(named_uuid(fmt::format("{} {} {}", begin, item.path, item.body)));
        }
        return item;
    }

    std::uint64_t bytes_read() const override { return bytes_; }

private:
    static void strip_bom(std::string& text) {
        if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    }

    int get() {
        const int c = in_.get();
        if (c != std::char_traits<char>::eof()) ++bytes_;
        if (c == '\n') ++line_;
        return c;
    }

    /// One record; absent at the end of the file.
    std::optional<std::vector<std::string>> record() {
        record_problem_.clear();
        std::vector<std::string> cells(1);
        std::size_t size = 0;
        bool quoted = false, any = false;
        for (int c = get(); c != std::char_traits<char>::eof(); c = get()) {
            any = true;
            if (++size > record_bytes_max) record_problem_ = "longer than 1 MiB";
            if (quoted) {
                if (c != '"')
                    cells.back() += static_cast<char>(c);
                else if (in_.peek() == '"')
                    cells.back() += static_cast<char>(get());
                else
                    quoted = false;
            } else if (c == '"' && cells.back().empty()) {
                quoted = true;
            } else if (c == ',') {
                cells.emplace_back();
            } else if (c == '\n') {
                if (cells.size() == 1 && cells.front().empty()) {
                    any = false;
                    size = 0;
                    continue;
                }
                return cells;
            } else if (c != '\r' || in_.peek() != '\n') {
                cells.back() += static_cast<char>(c);
            }
            if (size > record_bytes_max) {
                cells.back().clear();
            }
        }
        if (in_.bad()) throw std::runtime_error(fmt::format("reading stopped at line {}", line_));
        if (quoted) record_problem_ = "a quote is not closed";
        return any ? std::optional(cells) : std::nullopt;
    }

    nlohmann::json body(const std::vector<std::string>& cells) const {
        nlohmann::json json = nlohmann::json::object();
        for (const auto& [field, value] : mapping_.constants) put(json, field, value);
        for (const auto& [field, index] : indexes_) {
            if (cells[index].empty()) continue;
            const auto prefix = mapping_.prefixes.find(field);
            put(json, field, prefix == mapping_.prefixes.end() ? cells[index] : prefix->second + cells[index]);
        }
        // Money without an amount is no money.
        if (json.contains("value") && !json["value"].contains("units")) json.erase("value");
        return json;
    }

    static void put(nlohmann::json& json, const std::string& field, const std::string& value) {
        const bool many = field.ends_with("[]");
        const auto path = many ? field.substr(0, field.size() - 2) : field;
        nlohmann::json* place = &json;
        for (const auto& part : split(path, '.')) place = &(*place)[part];
        if (many)
            *place = split(value, ';');
        else
            *place = value;
    }

    std::ifstream in_;
    Mapping mapping_;
    std::map<std::string, std::size_t> indexes_;
    std::size_t width_ = 0;
    std::uint64_t line_ = 0;
    std::uint64_t bytes_ = 0;
    std::string record_problem_;
};

void read_section(const toml::table& table, const char* name, std::map<std::string, std::string>& out,
                  std::string& problems) {
    const auto* section = table[name].as_table();
    if (table.contains(name) && section == nullptr) problems += fmt::format("{} is not a table\n", name);
    if (section == nullptr) return;
    for (const auto& [key, node] : *section) {
        const auto value = node.value_exact<std::string>();
        if (value)
            out.emplace(std::string(key.str()), *value);
        else
            problems += fmt::format("[{}] {} is not a string\n", name, key.str());
    }
}

}  // namespace

Mapping load_mapping(const std::filesystem::path& file) {
    toml::table table;
    try {
        table = toml::parse_file(file.string());
    } catch (const toml::parse_error& error) {
        throw std::runtime_error(
            fmt::format("{}:{}: {}", file.string(), error.source().begin.line, error.description()));
    }
    Mapping mapping;
    std::string problems;
    for (const auto& [key, node] : table) {
        static const std::set<std::string_view> known{"kind", "columns", "constants", "prefixes"};
        if (!known.contains(key.str())) problems += fmt::format("unknown entry '{}'\n", key.str());
    }
    mapping.kind = table["kind"].value_or(std::string{});
    read_section(table, "columns", mapping.columns, problems);
    read_section(table, "constants", mapping.constants, problems);
    read_section(table, "prefixes", mapping.prefixes, problems);
    const auto kind = fields_of_kind().find(mapping.kind);
    if (kind == fields_of_kind().end()) {
        problems += fmt::format("kind '{}' is none of companies, contacts, deals\n", mapping.kind);
    } else {
        for (const auto* section : {&mapping.columns, &mapping.constants, &mapping.prefixes}) {
            for (const auto& [field, value] : *section) {
                if (!kind->second.contains(field))
                    problems += fmt::format("{} have no field '{}'\n", mapping.kind, field);
            }
        }
    }
    if (mapping.columns.empty()) problems += "[columns] is empty: nothing would be imported\n";
    if (!problems.empty()) throw std::runtime_error(file.string() + ":\n" + problems);
    return mapping;
}

std::unique_ptr<Reader> read_csv(const std::filesystem::path& file, const Mapping& mapping) {
    return std::make_unique<CsvReader>(file, mapping);
}

}  // namespace dealog::app::import
