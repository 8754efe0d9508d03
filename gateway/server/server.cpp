#include "gateway/server/server.hpp"

#include <ctime>
#include <exception>
#include <random>
#include <unordered_set>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "gateway/server/session.hpp"

namespace dealog::gateway::server {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds sweep_interval{100};
constexpr std::chrono::milliseconds accept_pause{50};  // when the process is out of file descriptors

std::string http_date() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    gmtime_r(&now, &parts);
    std::array<char, 40> text{};
    const std::size_t length = std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return {text.data(), length};
}

std::string process_prefix() {
    std::random_device random;
    std::array<char, 16> text{};
    const int length = std::snprintf(text.data(), text.size(), "%08x-", random());
    return {text.data(), static_cast<std::size_t>(length)};
}

asio::awaitable<void> serve(std::shared_ptr<Session> session) { co_await session->run(); }

}  // namespace

class Server::State final : public std::enable_shared_from_this<Server::State> {
public:
    State(asio::io_context& io, ServerSettings settings, Handler handler)
        : shared_{.io = io,
                  .settings = std::move(settings),
                  .handler = std::move(handler),
                  .date = http_date(),
                  .id_prefix = process_prefix()},
          acceptor_(io),
          pause_(io),
          sweep_(io) {
        const tcp::endpoint endpoint(asio::ip::make_address(shared_.settings.host), shared_.settings.port);
        acceptor_.open(endpoint.protocol());
        acceptor_.set_option(tcp::acceptor::reuse_address(true));
        acceptor_.bind(endpoint);
        acceptor_.listen(asio::socket_base::max_listen_connections);
        port_ = acceptor_.local_endpoint().port();
    }

    void start() {
        asio::co_spawn(shared_.io, accept(shared_from_this()),
                       [](const std::exception_ptr& failure) { report(failure, "accept_failed"); });
        sweep_later();
    }

    void stop(std::function<void()> stopped) {
        shared_.stopping = true;
        stopped_ = std::move(stopped);
        stop_deadline_ = Monotonic::now() + shared_.settings.stop_patience;
        error_code ignored;
        acceptor_.close(ignored);
        pause_.cancel();
        const auto sessions = sessions_;
        for (const auto& session : sessions) session->wind_down();
        end_when_empty();
    }

    /// Without patience: for the destructor.
    void abandon() {
        shared_.stopping = true;
        shared_.mailbox->close();
        error_code ignored;
        acceptor_.close(ignored);
        pause_.cancel();
        sweep_.cancel();
        const auto sessions = sessions_;
        for (const auto& session : sessions) session->drop();
    }

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] std::size_t connections() const { return sessions_.size(); }

private:
    static asio::awaitable<void> accept(std::shared_ptr<State> self) {
        while (self->acceptor_.is_open()) {
            error_code error;
            tcp::socket socket =
                co_await self->acceptor_.async_accept(asio::redirect_error(asio::use_awaitable, error));
            if (error == asio::error::operation_aborted) co_return;
            if (error) {
                self->pause_.expires_after(accept_pause);
                co_await self->pause_.async_wait(asio::redirect_error(asio::use_awaitable, error));
                continue;
            }
            if (self->sessions_.size() < self->shared_.settings.connections_max) self->open(std::move(socket));
        }
    }

    void open(tcp::socket socket) {
        auto session = std::make_shared<Session>(std::move(socket), shared_);
        sessions_.insert(session);
        asio::co_spawn(shared_.io, serve(session),
                       [self = shared_from_this(), session](const std::exception_ptr& failure) {
                           report(failure, "session_failed");
                           session->drop();
                           self->sessions_.erase(session);
                           self->end_when_empty();
                       });
    }

    static void report(const std::exception_ptr& failure, std::string_view event) {
        if (!failure) return;
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& error) {
            log::error(event, {{"error", error.what()}});
        }
    }

    void sweep_later() {
        sweep_.expires_after(sweep_interval);
        sweep_.async_wait([weak = weak_from_this()](const error_code& error) {
            const auto self = weak.lock();
            if (!error && self) self->sweep();
        });
    }

    void sweep() {
        const auto now = Monotonic::now();
        shared_.date = http_date();
        const bool out_of_patience = shared_.stopping && now > stop_deadline_;
        std::vector<std::shared_ptr<Session>> late;
        for (const auto& session : sessions_) {
            if (out_of_patience || session->overdue(now)) late.push_back(session);
        }
        for (const auto& session : late) session->drop();
        if (!shared_.stopping || !sessions_.empty()) sweep_later();
    }

    void end_when_empty() {
        if (!shared_.stopping || !sessions_.empty() || !stopped_) return;
        sweep_.cancel();
        std::exchange(stopped_, nullptr)();
    }

    Shared shared_;
    std::uint16_t port_ = 0;
    tcp::acceptor acceptor_;
    asio::steady_timer pause_;
    asio::steady_timer sweep_;
    std::unordered_set<std::shared_ptr<Session>> sessions_;
    std::function<void()> stopped_;
    Monotonic::time_point stop_deadline_ = Monotonic::time_point::max();
};

Server::Server(asio::io_context& io, ServerSettings settings, Handler handler)
    : state_(std::make_shared<State>(io, std::move(settings), std::move(handler))) {}

Server::~Server() { state_->abandon(); }

std::uint16_t Server::port() const { return state_->port(); }
void Server::start() { state_->start(); }
void Server::stop(std::function<void()> stopped) { state_->stop(std::move(stopped)); }
std::size_t Server::connections() const { return state_->connections(); }

}  // namespace dealog::gateway::server
