#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "gateway/server/gate.hpp"

using namespace dealog;
using gateway::server::inspect;

namespace {

std::string request(const std::string& line, const std::string& fields) {
    return line + "\r\nHost: a\r\n" + fields + "\r\n";
}

}  // namespace

TEST_CASE("gate: a plain request is read", "[gateway]") {
    const auto head = inspect(
        "POST /v1/deals?x=%20&y HTTP/1.1\r\nHost: localhost:8080\r\ncontent-LENGTH: 12\r\nX-Note:\t a b \t\r\nExpect: "
        "100-Continue\r\n\r\n");
    REQUIRE(head);
    CHECK(head->request.method == "POST");
    CHECK(head->request.path == "/v1/deals");
    CHECK(head->request.query == "x=%20&y");
    CHECK(head->request.header("x-note") == "a b");
    CHECK(head->content_length == 12);
    CHECK(head->keep_alive);
    CHECK(head->expects_continue);
    CHECK_FALSE(head->chunked);
    CHECK(inspect(request("POST / HTTP/1.1", "Transfer-Encoding: Chunked\r\n"))->chunked);
    CHECK_FALSE(inspect(request("GET / HTTP/1.1", "Connection: foo, Close\r\n"))->keep_alive);
    CHECK(inspect(request("GET http://A/x HTTP/1.1", ""))->request.path == "/x");
}

TEST_CASE("gate: what two readers could read differently is refused", "[gateway]") {
    const std::vector<std::string> bad{
        "\r\n",
        "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        request("GET / HTTP/1.0", ""),
        request("GET / HTTP/1.2", ""),
        request("GET / http/1.1", ""),
        request("GET  / HTTP/1.1", ""),
        request("GET /\tHTTP/1.1", ""),
        request("GET / HTTP/1.1 ", ""),
        request("GET /", ""),
        request("get / HTTP/1.1", ""),
        request("BREW / HTTP/1.1", ""),
        request("GET /a b HTTP/1.1", ""),
        request("GET /\x7F HTTP/1.1", ""),
        request("GET /\xC3\xA9 HTTP/1.1", ""),
        request("GET /#x HTTP/1.1", ""),
        request("GET x HTTP/1.1", ""),
        request("GET * HTTP/1.1", ""),
        request("GET http://b/x HTTP/1.1", ""),
        request("GET ftp://a/ HTTP/1.1", ""),
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost:\r\n\r\n",
        request("GET / HTTP/1.1", "Host: a\r\n"),
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        request("POST / HTTP/1.1", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"),
        request("POST / HTTP/1.1", "Transfer-Encoding: gzip\r\n"),
        request("POST / HTTP/1.1", "Transfer-Encoding: gzip, chunked\r\n"),
        request("POST / HTTP/1.1", "Transfer-Encoding: chunked, chunked\r\n"),
        request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
        request("POST / HTTP/1.1",
                "Transfer-Encoding: \x0b"
                "chunked\r\n"),
        request("POST / HTTP/1.1", "Transfer-Encoding: \"chunked\"\r\n"),
        request("POST / HTTP/1.1", "Content-Length: 1\r\nContent-Length: 1\r\n"),
        request("POST / HTTP/1.1", "Content-Length: 1, 1\r\n"),
        request("POST / HTTP/1.1", "Content-Length: +1\r\n"),
        request("POST / HTTP/1.1", "Content-Length: -1\r\n"),
        request("POST / HTTP/1.1", "Content-Length: 0x1\r\n"),
        request("POST / HTTP/1.1", "Content-Length: 1 \r\n 2\r\n"),
        request("POST / HTTP/1.1", "Content-Length:\r\n"),
        request("POST / HTTP/1.1", "Content-Length: 99999999999999999999\r\n"),
        request("POST / HTTP/1.1", "Content-Length : 1\r\n"),
        request("POST / HTTP/1.1", " Content-Length: 1\r\n"),
        request("POST / HTTP/1.1", "X: a\r\n b\r\n"),
        request("POST / HTTP/1.1", "X: a\r\n\tb\r\n"),
        request("POST / HTTP/1.1", "NoColon\r\n"),
        request("POST / HTTP/1.1", ": x\r\n"),
        request("POST / HTTP/1.1", "X\xC3: a\r\n"),
        request("POST / HTTP/1.1", "X: a\rb\r\n"),
        request("POST / HTTP/1.1", "X: a\nY: b\r\n"),
        request("POST / HTTP/1.1", std::string("X: a\0b\r\n", 8)),
        request("POST / HTTP/1.1", "X: a\x01\r\n"),
        request("GET / HTTP/1.1", "Content-Length: 1\r\n"),
        request("GET / HTTP/1.1", "Transfer-Encoding: chunked\r\n"),
        request("DELETE / HTTP/1.1", "Content-Length: 5\r\n"),
        request("POST / HTTP/1.1", "Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"),
        request("POST / HTTP/1.1", "Idempotency-Key: a\r\nidempotency-key: b\r\n"),
        request("POST / HTTP/1.1", "Content-Type: a\r\nContent-Type: b\r\n"),
        request("POST / HTTP/1.1", "If-Match: \"1\"\r\nIf-Match: \"2\"\r\n"),
        request("POST / HTTP/1.1", "Connection: content-length\r\n"),
        request("POST / HTTP/1.1", "Connection: close, Transfer-Encoding\r\n"),
        request("POST / HTTP/1.1", "Expect: 200-ok\r\n"),
        request("GET / HTTP/1.1", "Upgrade: websocket\r\nConnection: upgrade\r\n"),
    };
    for (const auto& block : bad) {
        INFO(block);
        const auto head = inspect(block);
        REQUIRE_FALSE(head);
        CHECK(head.error().code == Code::Problem_Code_BAD_HTTP);
    }
}

TEST_CASE("gate: 64 headers pass, 65 do not", "[gateway]") {
    std::string fields;
    for (int i = 0; i < 63; ++i) fields += "X: " + std::to_string(i) + "\r\n";
    CHECK(inspect(request("GET / HTTP/1.1", fields)));
    const auto refused = inspect(request("GET / HTTP/1.1", fields + "X: 64\r\n"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::Problem_Code_HEADERS_TOO_LARGE);
}
