#pragma once

#include <functional>
#include <memory>
#include <string>

#include "gateway/http.hpp"
#include "gateway/server/server.hpp"

namespace dealog::test {

/// A server on a free port with its own thread.
class RunningServer {
public:
    RunningServer(gateway::server::ServerSettings settings, gateway::Handler handler);
    ~RunningServer();  // without patience
    RunningServer(const RunningServer&) = delete;
    RunningServer& operator=(const RunningServer&) = delete;

    [[nodiscard]] std::uint16_t port() const;
    /// Asks the server to stop; `stopped` is called on its thread when it has.
    void stop(std::function<void()> stopped);

private:
    struct State;
    std::unique_ptr<State> state_;
};

/// A client's end of a connection. Reads fail the test after a deadline.
class Socket {
public:
    explicit Socket(std::uint16_t port);
    ~Socket();
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    void send(const std::string& bytes);
    /// Until the text has come, or the connection has ended.
    std::string read_until(const std::string& text);
    /// One response with its body by Content-Length.
    std::string read_response();
    /// Everything until the server closes.
    std::string read_all();

private:
    bool read_some();
    int fd_;
    std::string buffer_;
};

}  // namespace dealog::test
