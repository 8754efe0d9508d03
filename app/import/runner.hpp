#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "app/import/reader.hpp"

namespace dealog::app::import {

/// What became of one batch: refusals name the item by its index.
struct BatchOutcome {
    bool accepted = false;
    std::string problem;           // why the whole batch was refused, when no item is to blame
    std::size_t refused_item = 0;  // valid when `refusal` is set
    std::string refusal;           // code and detail of the item that was refused
};

/// Sends items as one atomic batch; the key makes sending the same batch again safe.
using Send = std::function<BatchOutcome(const std::vector<Item>& items, const std::string& idempotency_key)>;

struct Progress {
    std::uint64_t lines = 0;  // commands read
    std::uint64_t accepted = 0;
    std::uint64_t refused = 0;
    std::uint64_t bytes = 0;
    std::uint64_t bytes_total = 0;
    double seconds = 0;
};

struct Options {
    std::size_t batch_items = 200;      // 1 to 1000
    bool keep_going = false;            // leave refused commands out and go on
    std::filesystem::path resume_file;  // empty: none. Holds what is done; removed at the end
    std::function<void(const Progress&)> on_progress;
    std::function<void(std::uint64_t line, const std::string& why)> on_refusal;
};

/// Runs an import to its end, or to its first refusal. Commands go in the file's order, a batch at a time. A run that
/// was cut off goes on behind the last batch that the resume file knows; the batch in between is answered by its key.
[[nodiscard]] Progress run(Reader& reader, std::uint64_t bytes_total, const Send& send, const Options& options);

/// The JSON body of /v1/batch.
[[nodiscard]] std::string batch_body(const std::vector<Item>& items);
/// Takes a problem+json of /v1/batch apart.
[[nodiscard]] BatchOutcome outcome_of(int status, const std::string& body, const std::string& error);

}  // namespace dealog::app::import
