#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dealog::gateway {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// A request as handlers see it. The header names are lower case.
struct Request {
    std::string method;
    std::string path;   // percent-decoded only where a route takes it apart
    std::string query;  // raw, without '?'
    Headers headers;
    std::string body;
    std::string remote;  // address of the peer
    std::string id;      // request id, also answered as Request-Id

    /// The header's value; absent when it is not there. Duplicates of framing and security headers never get here.
    [[nodiscard]] std::optional<std::string_view> header(std::string_view lower_case_name) const;
};

/// Bytes of a response that goes on: the server asks for the next chunk when the socket took the last one, so a slow
/// reader costs no memory. `next` answers by calling `chunk` once, at once or when there is something to say, from any
/// thread: with bytes, or with nothing for the end. It is not called again before the chunk came.
class BodyStream {
public:
    virtual ~BodyStream() = default;
    using Chunk = std::function<void(std::optional<std::string>)>;
    virtual void next(Chunk chunk) = 0;
    /// The connection is gone; called once, also after the end. A chunk still owed need not come.
    virtual void closed() = 0;
};

struct Response {
    unsigned status = 200;
    Headers headers;
    std::string body;
    std::shared_ptr<BodyStream> stream;  // instead of body
};

using Respond = std::function<void(Response)>;
/// Handles one request; calls `respond` once, from any thread.
using Handler = std::function<void(Request, Respond)>;

}  // namespace dealog::gateway
