#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace dealog::gateway::json {

/// Standard alphabet with padding.
void append_base64(std::string_view bytes, std::string& out);
/// Canonical only: full padding, no stray bits, no line breaks.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

/// `"187s"`: seconds with up to nine decimals. At most 9,000,000,000 s either way.
[[nodiscard]] std::optional<Nanos> parse_duration(std::string_view text);
/// With 0, 3, 6 or 9 decimals as needed.
[[nodiscard]] std::string format_duration(std::int64_t seconds, std::int32_t nanos);

/// A decimal integer without sign `+`, leading zeros or spaces.
[[nodiscard]] std::optional<std::int64_t> parse_int64(std::string_view text);
[[nodiscard]] std::optional<std::uint64_t> parse_uint64(std::string_view text);

/// In quotes, escaped as RFC 8259 asks; other UTF-8 as it is.
void append_quoted(std::string_view text, std::string& out);

/// Well-formed UTF-8: no overlong forms, no surrogates.
[[nodiscard]] bool valid_utf8(std::string_view text);

}  // namespace dealog::gateway::json
