#include <stdexcept>

#include <nlohmann/json.hpp>

#include "app/import/reader.hpp"
#include "base/ids.hpp"

namespace dealog::app::import {

namespace {

constexpr std::size_t line_bytes_max = 1u << 20;

class NdjsonReader final : public Reader {
public:
    explicit NdjsonReader(const std::filesystem::path& file) : in_(file, std::ios::binary) {
        if (!in_) throw std::runtime_error("cannot read " + file.string());
    }

    std::optional<Item> next() override {
        std::string text;
        while (std::getline(in_, text)) {
            ++line_;
            bytes_ += text.size() + 1;
            if (!text.empty() && text.back() == '\r') text.pop_back();
            if (text.find_first_not_of(" \t") == std::string::npos) continue;
            return parse(text);
        }
        if (in_.bad()) throw std::runtime_error("reading stopped at line " + std::to_string(line_));
        return std::nullopt;
    }

    std::uint64_t bytes_read() const override { return bytes_; }

private:
    Item parse(const std::string& text) const {
        Item item{.line = line_, .path = {}, .body = {}, .idempotency_key = {}, .problem = {}};
        if (text.size() > line_bytes_max) {
            item.problem = "longer than 1 MiB";
            return item;
        }
        const auto json = nlohmann::json::parse(text, nullptr, false);
        if (!json.is_object()) {
            item.problem = "not a JSON object";
            return item;
        }
        for (const auto& [key, value] : json.items()) {
            if (key != "path" && key != "body" && key != "idempotencyKey") {
                item.problem = "unknown field '" + key + "'; a line is {path, body, idempotencyKey}";
                return item;
            }
        }
        if (!json.contains("path") || !json["path"].is_string() || !json.contains("body") ||
            !json["body"].is_object()) {
            item.problem = "a line needs path (a string) and body (an object)";
            return item;
        }
        if (json.contains("idempotencyKey") && !json["idempotencyKey"].is_string()) {
            item.problem = "idempotencyKey is not a string";
            return item;
        }
        item.path = json["path"];
        item.body = json["body"].dump();
        item.idempotency_key = json.value("idempotencyKey", "");
        // The line number keeps two equal lines two commands.
        if (item.idempotency_key.empty()) {
            item.idempotency_key = to_text(named_uuid(std::to_string(line_) + ' ' + item.path + ' ' + item.body));
        }
        return item;
    }

    std::ifstream in_;
    std::uint64_t line_ = 0;
    std::uint64_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<Reader> read_ndjson(const std::filesystem::path& file) { return std::make_unique<NdjsonReader>(file); }

}  // namespace dealog::app::import
