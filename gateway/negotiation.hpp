#pragma once

#include <optional>
#include <string_view>

#include "base/problem.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "gateway/http.hpp"

namespace dealog::gateway {

enum class Media { json, protobuf, event_stream };

/// The canonical name, as answered in Content-Type.
[[nodiscard]] std::string_view media_name(Media media);

/// What the body is written in: JSON when nothing is said and there is no body. UNSUPPORTED_MEDIA_TYPE for the rest.
[[nodiscard]] Result<Media, Rejection> body_media(const Request& request);

/// What the client likes best of JSON, protobuf and, where the route is live, an event stream. NOT_ACCEPTABLE when it
/// likes none of them.
[[nodiscard]] Result<Media, Rejection> answer_media(const Request& request, bool live);

/// The key of `Authorization: Bearer <key>`.
[[nodiscard]] std::optional<std::string_view> bearer(const Request& request);

/// Without quotes. IDEMPOTENCY_KEY_REQUIRED when there is none or it is not 1 to 128 visible ASCII characters.
[[nodiscard]] Result<std::string, Rejection> idempotency_key(const Request& request);

/// Absent without If-Match; BAD_IF_MATCH for anything but one strong ETag of ours.
[[nodiscard]] Result<std::optional<Revision>, Rejection> if_match(const Request& request);

/// The traceparent header when it is well-formed, else empty.
[[nodiscard]] std::string traceparent(const Request& request);

}  // namespace dealog::gateway
