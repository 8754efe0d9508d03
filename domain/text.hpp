#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dealog::domain {

/// Lower case of Latin, Greek and Cyrillic letters; everything else stays. Invalid UTF-8 passes through.
[[nodiscard]] std::string lower(std::string_view utf8);
/// Without white space at both ends, inner runs of it as one space. Knows no-break spaces.
[[nodiscard]] std::string squeezed(std::string_view utf8);
/// Unicode code points.
[[nodiscard]] std::size_t length(std::string_view utf8);
/// Minutes since midnight of `09:30`; `24:00` is the end of a day.
[[nodiscard]] std::optional<int> parse_minute(std::string_view hh_mm);

}  // namespace dealog::domain
