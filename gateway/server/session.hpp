#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/http.hpp"
#include "gateway/server/gate.hpp"
#include "gateway/server/server.hpp"

namespace dealog::gateway::server {

using Monotonic = std::chrono::steady_clock;

/// The way to the io_context's thread for those who may outlive the server: a handler's answer, a stream's chunk.
/// Closed when the server goes; what comes afterwards is dropped.
class Mailbox {
public:
    explicit Mailbox(boost::asio::io_context& io) : io_(&io) {}
    template <class Work>
    void post(Work work) {
        const std::lock_guard lock(mutex_);
        if (io_ != nullptr) boost::asio::post(*io_, std::move(work));
    }
    [[nodiscard]] bool is_here() {
        const std::lock_guard lock(mutex_);
        return io_ != nullptr && io_->get_executor().running_in_this_thread();
    }
    void close() {
        const std::lock_guard lock(mutex_);
        io_ = nullptr;
    }

private:
    std::mutex mutex_;
    boost::asio::io_context* io_;
};

/// What every session of a server shares. Outlives them.
struct Shared {
    boost::asio::io_context& io;
    ServerSettings settings;
    Handler handler;
    std::string date = {};       // the Date header's value, refreshed by the sweep
    std::string id_prefix = {};  // of request ids: differs by process
    std::uint64_t requests = 0;
    bool stopping = false;
    std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>(io);
};

/// One connection: requests one after the other, a stream as the last. Lives on the io_context's thread; its deadline
/// is kept by the server's sweep, so that a request costs no timer.
class Session final : public std::enable_shared_from_this<Session> {
public:
    Session(boost::asio::ip::tcp::socket socket, Shared& shared);

    /// Serves until the connection is done.
    boost::asio::awaitable<void> run();

    [[nodiscard]] bool overdue(Monotonic::time_point now) const { return now > deadline_; }
    /// Closes at once.
    void drop();
    /// The server stops: an idle connection closes, a stream ends, a request in flight is the last.
    void wind_down();

private:
    boost::asio::awaitable<bool> read_more();
    boost::asio::awaitable<std::size_t> read_head_bytes();
    boost::asio::awaitable<std::optional<Head>> read_head();
    boost::asio::awaitable<bool> read_body(Head& head, std::size_t head_bytes);
    boost::asio::awaitable<bool> read_sized(Head& head);
    boost::asio::awaitable<bool> read_chunked(Head& head, std::size_t head_bytes);
    boost::asio::awaitable<bool> answer(Head head);
    boost::asio::awaitable<void> wait_for_wake();
    boost::asio::awaitable<bool> write(std::string head, std::string body);
    boost::asio::awaitable<void> pump(std::shared_ptr<BodyStream> stream);
    boost::asio::awaitable<bool> write_chunk(std::string chunk);
    boost::asio::awaitable<void> refuse_and_close(Rejection rejection);
    boost::asio::awaitable<void> linger();
    void call_handler(Request request);
    void take(Response response);
    void take_chunk(std::optional<std::string> chunk);
    void watch_for_hang_up();
    void allow(std::chrono::milliseconds time) { deadline_ = Monotonic::now() + time; }
    void allow_forever() { deadline_ = Monotonic::time_point::max(); }
    [[nodiscard]] std::size_t body_limit(std::string_view path) const;
    [[nodiscard]] std::string response_head(const Response& response, std::string_view request_id,
                                            bool keep_alive) const;

    boost::asio::ip::tcp::socket socket_;
    Shared& shared_;
    boost::asio::steady_timer wake_;
    std::string remote_;
    std::string in_;  // bytes read and not yet taken
    Monotonic::time_point deadline_ = Monotonic::time_point::max();
    bool gone_ = false;
    bool idle_ = false;
    std::optional<Response> response_;
    bool chunk_came_ = false;
    std::optional<std::string> chunk_;
};

}  // namespace dealog::gateway::server
