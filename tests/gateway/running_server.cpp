#include "tests/gateway/running_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <future>
#include <stdexcept>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace dealog::test {

namespace asio = boost::asio;

struct RunningServer::State {
    State(gateway::server::ServerSettings settings, gateway::Handler handler)
        : server(std::make_unique<gateway::server::Server>(io, std::move(settings), std::move(handler))) {}
    asio::io_context io{1};
    std::unique_ptr<gateway::server::Server> server;
    asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(io);
    std::thread thread;
};

RunningServer::RunningServer(gateway::server::ServerSettings settings, gateway::Handler handler)
    : state_(std::make_unique<State>(std::move(settings), std::move(handler))) {
    state_->server->start();
    state_->thread = std::thread([this] { state_->io.run(); });
}

RunningServer::~RunningServer() {
    std::promise<void> gone;
    asio::post(state_->io, [&] {
        state_->server.reset();
        gone.set_value();
    });
    gone.get_future().wait();
    state_->work.reset();
    state_->thread.join();
}

std::uint16_t RunningServer::port() const { return state_->server->port(); }

void RunningServer::stop(std::function<void()> stopped) {
    asio::post(state_->io, [this, stopped = std::move(stopped)] { state_->server->stop(stopped); });
}

Socket::Socket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        throw std::runtime_error("no connection");
}

Socket::~Socket() { ::close(fd_); }

void Socket::send(const std::string& bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
        const auto n = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) return;  // the server has said what it had to say
        sent += static_cast<std::size_t>(n);
    }
}

bool Socket::read_some() {
    std::array<char, 16384> bytes{};
    const auto n = ::recv(fd_, bytes.data(), bytes.size(), 0);
    if (n < 0 && errno == EAGAIN) throw std::runtime_error("the server says nothing");
    if (n <= 0) return false;
    buffer_.append(bytes.data(), static_cast<std::size_t>(n));
    return true;
}

std::string Socket::read_until(const std::string& text) {
    while (buffer_.find(text) == std::string::npos && read_some()) {
    }
    const auto end = std::min(
        buffer_.size(), buffer_.find(text) == std::string::npos ? buffer_.size() : buffer_.find(text) + text.size());
    std::string taken = buffer_.substr(0, end);
    buffer_.erase(0, end);
    return taken;
}

std::string Socket::read_response() {
    std::string head = read_until("\r\n\r\n");
    const auto at = head.find("Content-Length: ");
    const std::size_t length = at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
    while (buffer_.size() < length && read_some()) {
    }
    head += buffer_.substr(0, length);
    buffer_.erase(0, std::min(length, buffer_.size()));
    return head;
}

std::string Socket::read_all() {
    while (read_some()) {
    }
    return std::exchange(buffer_, {});
}

}  // namespace dealog::test
