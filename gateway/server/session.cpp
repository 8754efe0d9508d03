#include "gateway/server/session.hpp"

#include <array>
#include <exception>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/status.hpp>

#include "base/log.hpp"
#include "gateway/problems.hpp"

namespace dealog::gateway::server {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t read_bytes = 4096;
constexpr std::size_t write_bytes = 64u << 10;  // a reader must take so much within the stall time
constexpr std::chrono::milliseconds linger_time{1'000};

}  // namespace

Session::Session(asio::ip::tcp::socket socket, Shared& shared)
    : socket_(std::move(socket)), shared_(shared), wake_(shared.io, Monotonic::time_point::max()) {
    error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    const auto peer = socket_.remote_endpoint(ignored);
    if (!ignored) remote_ = peer.address().to_string();
}

void Session::drop() {
    gone_ = true;
    error_code ignored;
    socket_.close(ignored);
    wake_.cancel();
}

void Session::wind_down() {
    if (idle_) return drop();
    wake_.cancel();
}

asio::awaitable<void> Session::run() {
    while (!gone_) {
        std::optional<Head> head = co_await read_head();
        if (!head) co_return;
        const bool goes_on = co_await answer(std::move(*head));
        if (!goes_on) break;
    }
    error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_both, ignored);
}

asio::awaitable<bool> Session::read_more() {
    const std::size_t old = in_.size();
    in_.resize(old + read_bytes);
    error_code error;
    const std::size_t n = co_await socket_.async_read_some(asio::buffer(in_.data() + old, read_bytes),
                                                           asio::redirect_error(asio::use_awaitable, error));
    in_.resize(old + n);
    co_return !error && !gone_;
}

/// Bytes up to and with the empty line; 0 when the connection ended or was refused.
asio::awaitable<std::size_t> Session::read_head_bytes() {
    std::size_t searched = 0;
    allow(in_.empty() ? shared_.settings.idle_timeout : shared_.settings.header_timeout);
    while (true) {
        const std::size_t end = in_.find("\r\n\r\n", searched);
        const std::size_t bytes = end == std::string::npos ? in_.size() : end + 4;
        if (bytes > shared_.settings.header_bytes_max) {
            Rejection too_large = rejection(Code::Problem_Code_HEADERS_TOO_LARGE);
            co_await refuse_and_close(std::move(too_large));
            co_return 0;
        }
        if (end != std::string::npos) co_return bytes;
        searched = in_.size() < 3 ? 0 : in_.size() - 3;
        idle_ = in_.empty();
        if (idle_ && shared_.stopping) co_return 0;
        const bool was_empty = in_.empty();
        const bool came = co_await read_more();
        idle_ = false;
        if (!came) co_return 0;
        if (was_empty) allow(shared_.settings.header_timeout);
    }
}

asio::awaitable<std::optional<Head>> Session::read_head() {
    const std::size_t bytes = co_await read_head_bytes();
    if (bytes == 0) co_return std::nullopt;
    Result<Head, Rejection> inspected = inspect(std::string_view(in_).substr(0, bytes));
    if (!inspected) {
        co_await refuse_and_close(std::move(inspected.error()));
        co_return std::nullopt;
    }
    Head head = std::move(*inspected);
    if (shared_.stopping) {
        Rejection stopping = rejection(Code::Problem_Code_SHUTTING_DOWN);
        co_await refuse_and_close(std::move(stopping));
        co_return std::nullopt;
    }
    head.request.remote = remote_;
    head.request.id = shared_.id_prefix + std::to_string(++shared_.requests);
    const bool complete = co_await read_body(head, bytes);
    if (!complete) co_return std::nullopt;
    co_return std::optional<Head>(std::move(head));
}

std::size_t Session::body_limit(std::string_view path) const {
    for (const auto& [larger, limit] : shared_.settings.larger_bodies) {
        if (larger == path) return limit;
    }
    return shared_.settings.body_bytes_max;
}

asio::awaitable<bool> Session::read_body(Head& head, std::size_t head_bytes) {
    if (head.content_length > body_limit(head.request.path)) {
        Rejection too_large = rejection(Code::Problem_Code_PAYLOAD_TOO_LARGE);
        co_await refuse_and_close(std::move(too_large));
        co_return false;
    }
    const bool body = head.chunked || head.content_length > 0;
    if (body) allow(shared_.settings.body_timeout);
    if (head.expects_continue && in_.size() == head_bytes) {
        std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        const bool written = co_await write(std::move(go_on), std::string());
        if (!written) co_return false;
        allow(shared_.settings.body_timeout);
    }
    if (head.chunked) co_return co_await read_chunked(head, head_bytes);
    in_.erase(0, head_bytes);
    co_return !body || co_await read_sized(head);
}

asio::awaitable<bool> Session::read_sized(Head& head) {
    const auto length = static_cast<std::size_t>(head.content_length);
    while (in_.size() < length) {
        const bool came = co_await read_more();
        if (!came) co_return false;
    }
    head.request.body = in_.substr(0, length);
    in_.erase(0, length);
    co_return true;
}

void Session::call_handler(Request request) {
    const auto instance = request.path;
    const auto id = request.id;
    try {
        shared_.handler(std::move(request), [weak = weak_from_this(), mailbox = shared_.mailbox](Response response) {
            auto deliver = [weak, response = std::move(response)]() mutable {
                if (const auto self = weak.lock()) self->take(std::move(response));
            };
            if (mailbox->is_here()) return deliver();
            mailbox->post(std::move(deliver));
        });
    } catch (const std::exception& failure) {
        log::error("request_failed", {{"requestId", id}, {"error", failure.what()}});
        take(problem(rejection(Code::Problem_Code_INTERNAL), instance, id));
    }
}

void Session::take(Response response) {
    if (response_) return;
    response_ = std::move(response);
    wake_.cancel();
}

asio::awaitable<void> Session::wait_for_wake() {
    error_code woken;
    co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

/// Answers one request; true when another may follow.
asio::awaitable<bool> Session::answer(Head head) {
    const std::string id = head.request.id;
    const bool without_body = head.request.method == "HEAD";
    allow_forever();
    response_.reset();
    call_handler(std::move(head.request));
    while (!response_ && !gone_) co_await wait_for_wake();
    if (gone_) co_return false;
    Response response = std::move(*response_);
    const bool keep_alive = head.keep_alive && !shared_.stopping && response.stream == nullptr;
    std::string head_text = response_head(response, id, keep_alive);
    std::string body = without_body || response.stream != nullptr ? std::string() : std::move(response.body);
    const bool written = co_await write(std::move(head_text), std::move(body));
    if (response.stream != nullptr) {
        if (written) co_await pump(response.stream);
        response.stream->closed();
        co_return false;
    }
    co_return written&& keep_alive;
}

std::string Session::response_head(const Response& response, std::string_view request_id, bool keep_alive) const {
    std::string head = "HTTP/1.1 " + std::to_string(response.status) + ' ';
    const auto reason = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(response.status));
    head.append(reason.data(), reason.size());
    head += "\r\nDate: " + shared_.date;
    if (!request_id.empty()) head.append("\r\nRequest-Id: ").append(request_id);
    head += "\r\nX-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n";
    for (const auto& [name, value] : response.headers) head.append(name).append(": ").append(value).append("\r\n");
    if (response.stream != nullptr) {
        head += "Transfer-Encoding: chunked\r\n";
    } else {
        head += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
    }
    if (!keep_alive) head += "Connection: close\r\n";
    return head + "\r\n";
}

asio::awaitable<bool> Session::write(std::string head, std::string body) {
    std::string_view rest(body);
    std::string_view first = rest.substr(0, write_bytes);
    rest.remove_prefix(first.size());
    const std::array<asio::const_buffer, 2> both{asio::buffer(head), asio::buffer(first.data(), first.size())};
    error_code error;
    allow(shared_.settings.write_stall_max);
    co_await asio::async_write(socket_, both, asio::redirect_error(asio::use_awaitable, error));
    while (!error && !rest.empty()) {
        allow(shared_.settings.write_stall_max);
        first = rest.substr(0, write_bytes);
        rest.remove_prefix(first.size());
        const asio::const_buffer slice = asio::buffer(first.data(), first.size());
        co_await asio::async_write(socket_, slice, asio::redirect_error(asio::use_awaitable, error));
    }
    co_return !error && !gone_;
}

void Session::take_chunk(std::optional<std::string> chunk) {
    chunk_ = std::move(chunk);
    chunk_came_ = true;
    wake_.cancel();
}

/// A subscriber sends nothing more: whatever comes means that it is gone.
void Session::watch_for_hang_up() {
    socket_.async_wait(asio::ip::tcp::socket::wait_read, [self = shared_from_this()](const error_code&) {
        self->gone_ = true;
        self->wake_.cancel();
    });
}

asio::awaitable<void> Session::pump(std::shared_ptr<BodyStream> stream) {
    const BodyStream::Chunk deliver = [weak = weak_from_this(),
                                       mailbox = shared_.mailbox](std::optional<std::string> chunk) {
        mailbox->post([weak, chunk = std::move(chunk)]() mutable {
            if (const auto self = weak.lock()) self->take_chunk(std::move(chunk));
        });
    };
    watch_for_hang_up();
    while (!gone_ && !shared_.stopping) {
        allow_forever();
        chunk_came_ = false;
        stream->next(deliver);
        while (!chunk_came_ && !gone_ && !shared_.stopping) co_await wait_for_wake();
        if (!chunk_came_ || !chunk_) break;
        std::string chunk = std::move(*chunk_);
        const bool written = co_await write_chunk(std::move(chunk));
        if (!written) co_return;
    }
    if (gone_) co_return;
    std::string last = "0\r\n\r\n";
    co_await write(std::move(last), std::string());
}

asio::awaitable<bool> Session::write_chunk(std::string chunk) {
    if (chunk.empty()) co_return true;
    std::array<char, 20> size{};
    const int length = std::snprintf(size.data(), size.size(), "%zx\r\n", chunk.size());
    std::string head(size.data(), static_cast<std::size_t>(length));
    chunk += "\r\n";
    co_return co_await write(std::move(head), std::move(chunk));
}

asio::awaitable<void> Session::refuse_and_close(Rejection refused) {
    Response response = problem(refused, {}, {});
    std::string head = response_head(response, {}, false);
    const bool written = co_await write(std::move(head), std::move(response.body));
    if (written) co_await linger();
    drop();
}

/// Lets the peer read the refusal before the connection is reset over what it still sends.
asio::awaitable<void> Session::linger() {
    error_code error;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, error);
    allow(linger_time);
    bool more = !error;
    while (more) {
        in_.clear();
        more = co_await read_more();
    }
}

}  // namespace dealog::gateway::server
