#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dealog::gateway {

enum class Plus { space, kept };

/// Percent-decoded UTF-8; absent when a `%` is not followed by two hex digits or the bytes are not UTF-8.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, Plus plus);

/// The raw pairs of a query string in order; values are decoded by whoever knows their type. Empty parts are skipped.
[[nodiscard]] std::vector<std::pair<std::string_view, std::string_view>> split_query(std::string_view query);

}  // namespace dealog::gateway
