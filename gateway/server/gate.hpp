#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/problem.hpp"
#include "base/result.hpp"
#include "gateway/http.hpp"

namespace dealog::gateway::server {

inline constexpr std::size_t header_fields_max = 64;

/// A request's head that can be read in one way only.
struct Head {
    Request request;  // without body, remote and id
    bool keep_alive = true;
    bool chunked = false;
    std::uint64_t content_length = 0;  // 0 when chunked or without body
    bool expects_continue = false;
};

/// Reads a header block, its closing empty line included. BAD_HTTP for everything that two HTTP implementations could
/// take apart differently: it decides the framing, no other parser does.
[[nodiscard]] Result<Head, Rejection> inspect(std::string_view block);

}  // namespace dealog::gateway::server
