#pragma once

#include <cstddef>
#include <string_view>

#include "base/options.pb.h"

namespace dealog::gateway {

/// Whether a non-empty text has the format (base/options.proto says what each is).
[[nodiscard]] bool has_format(std::string_view text, v1::Rule::Format format);
/// An id, or ext:<externalId>.
[[nodiscard]] bool is_reference(std::string_view text);
/// What the format looks like, for messages.
[[nodiscard]] std::string_view format_words(v1::Rule::Format format);
/// Of well-formed UTF-8.
[[nodiscard]] std::size_t code_points(std::string_view text);

}  // namespace dealog::gateway
