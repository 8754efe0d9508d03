#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "gateway/server/session.hpp"

namespace dealog::gateway::server {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

/// The gate has decided that the body is chunked and that the head is sound; Beast takes the chunks apart.
asio::awaitable<bool> Session::read_chunked(Head& head, std::size_t head_bytes) {
    http::request_parser<http::string_body> parser;
    parser.eager(true);
    parser.header_limit(static_cast<std::uint32_t>(head_bytes));
    parser.body_limit(body_limit(head.request.path));
    error_code error;
    while (true) {
        const asio::const_buffer came = asio::buffer(in_.data(), in_.size());
        const std::size_t taken = parser.put(came, error);
        in_.erase(0, taken);
        if (error && error != http::error::need_more) break;
        if (parser.is_done()) {
            head.request.body = std::move(parser.get().body());
            co_return true;
        }
        const bool more = co_await read_more();
        if (!more) co_return false;
    }
    const bool too_large = error == http::error::body_limit;
    Rejection refused = too_large ? rejection(Code::Problem_Code_PAYLOAD_TOO_LARGE)
                                  : rejection(Code::Problem_Code_BAD_HTTP, "the chunks are not well-formed");
    co_await refuse_and_close(std::move(refused));
    co_return false;
}

}  // namespace dealog::gateway::server
