#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gateway/http.hpp"

namespace boost::asio {
class io_context;
}

namespace dealog::gateway::server {

struct ServerSettings {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;  // 0: any free one
    std::size_t header_bytes_max = 16u << 10;
    std::size_t body_bytes_max = 1u << 20;
    std::vector<std::pair<std::string, std::size_t>> larger_bodies = {{"/v1/batch", 4u << 20}};
    std::size_t connections_max = 12'000;
    std::chrono::milliseconds idle_timeout{75'000};   // between requests
    std::chrono::milliseconds header_timeout{5'000};  // from a request's first byte
    std::chrono::milliseconds body_timeout{30'000};
    std::chrono::milliseconds write_stall_max{30'000};  // a reader that takes nothing for so long is dropped
    std::chrono::milliseconds stop_patience{5'000};     // for requests in flight
};

/// HTTP/1.1 over one io_context's thread. The handler is called on that thread and may answer from any.
class Server {
public:
    /// Binds and listens; throws std::system_error when it cannot.
    Server(boost::asio::io_context& io, ServerSettings settings, Handler handler);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    /// Begins to accept.
    void start();
    /// Accepts no more, ends streams, lets requests in flight finish within the patience and answers 503 shutting_down
    /// to new ones. `stopped` is called on the io_context's thread when the last connection is gone.
    void stop(std::function<void()> stopped);
    [[nodiscard]] std::size_t connections() const;

private:
    class State;
    std::shared_ptr<State> state_;
};

}  // namespace dealog::gateway::server
