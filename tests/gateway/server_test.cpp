#include <catch2/catch.hpp>

#include <atomic>
#include <future>
#include <mutex>
#include <thread>

#include "tests/gateway/running_server.hpp"

using namespace dealog;
using namespace dealog::test;
using gateway::Request;
using gateway::Respond;
using gateway::Response;
using gateway::server::ServerSettings;

namespace {

Response text(std::string body) {
    return {.status = 200, .headers = {{"Content-Type", "text/plain"}}, .body = std::move(body), .stream = nullptr};
}

/// Says what it got.
void echo(Request request, const Respond& respond) {
    respond(text(request.method + ' ' + request.path + ' ' + request.body));
}

const std::string get = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

std::string status_of(const std::string& response) { return response.substr(0, 12); }

std::string body_of(const std::string& response) { return response.substr(response.find("\r\n\r\n") + 4); }

/// A stream whose chunks the test pushes.
class Pushed final : public gateway::BodyStream {
public:
    void next(Chunk chunk) override {
        const std::lock_guard lock(mutex_);
        waiting_ = std::move(chunk);
        give();
    }
    void closed() override { gone.set_value(); }
    void push(std::optional<std::string> chunk) {
        const std::lock_guard lock(mutex_);
        ready_ = std::move(chunk);
        has_ = true;
        give();
    }
    std::promise<void> gone;

private:
    void give() {
        if (!has_ || !waiting_) return;
        has_ = false;
        std::exchange(waiting_, nullptr)(std::move(ready_));
    }
    std::mutex mutex_;
    Chunk waiting_;
    std::optional<std::string> ready_;
    bool has_ = false;
};

}  // namespace

TEST_CASE("server: requests one after the other on one connection, pipelined too", "[gateway]") {
    RunningServer server({}, echo);
    Socket socket(server.port());
    socket.send(get);
    const auto first = socket.read_response();
    CHECK(status_of(first) == "HTTP/1.1 200");
    CHECK(body_of(first) == "GET /a ");
    CHECK(first.find("\r\nRequest-Id: ") != std::string::npos);
    CHECK(first.find("\r\nX-Content-Type-Options: nosniff\r\n") != std::string::npos);
    socket.send(get + "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nxyz" + get);
    CHECK(body_of(socket.read_response()) == "GET /a ");
    CHECK(body_of(socket.read_response()) == "POST /b xyz");
    CHECK(body_of(socket.read_response()) == "GET /a ");
    socket.send("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    CHECK(socket.read_all().find("Connection: close") != std::string::npos);
}

TEST_CASE("server: a request split at every byte is the same request", "[gateway]") {
    RunningServer server({}, echo);
    const std::string sized = "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
    const std::string chunked =
        "POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n";
    for (const auto& whole : {sized, chunked}) {
        Socket socket(server.port());
        for (std::size_t cut = 1; cut < whole.size(); ++cut) {
            socket.send(whole.substr(0, cut));
            socket.send(whole.substr(cut));
            REQUIRE(body_of(socket.read_response()) == "POST /b hello");
        }
    }
    Socket drip(server.port());
    for (const char c : chunked) drip.send(std::string(1, c));
    CHECK(body_of(drip.read_response()) == "POST /b hello");
}

TEST_CASE("server: ambiguous framing is answered 400 and closed, what follows is never read", "[gateway]") {
    std::atomic<int> handled = 0;
    RunningServer server({}, [&](const Request& request, const Respond& respond) {
        ++handled;
        echo(request, respond);
    });
    for (const std::string fields :
         {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: gzip, chunked\r\n",
          "Content-Length: 5\r\nContent-Length: 6\r\n", "Host: y\r\n", "X: a\r\n b\r\n"}) {
        Socket socket(server.port());
        socket.send("POST /b HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n0\r\n\r\n" + get);
        const auto answer = socket.read_all();
        INFO(fields);
        CHECK(status_of(answer) == "HTTP/1.1 400");
        CHECK(answer.find("\"code\":\"bad_http\"") != std::string::npos);
        CHECK(answer.find("HTTP/1.1 ", 12) == std::string::npos);
    }
    Socket chunks(server.port());
    chunks.send("POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n");
    CHECK(status_of(chunks.read_all()) == "HTTP/1.1 400");
    CHECK(handled == 0);
}

TEST_CASE("server: headers and bodies end at their limits", "[gateway]") {
    RunningServer server(
        {.header_bytes_max = 400, .body_bytes_max = 1000, .larger_bodies = {{"/v1/batch", 2000}}},
        [](const Request& request, const Respond& respond) { respond(text(std::to_string(request.body.size()))); });
    const auto answer = [&](const std::string& bytes) {
        Socket socket(server.port());
        socket.send(bytes);
        return status_of(socket.read_response());
    };
    const auto head = [](std::size_t size) {
        const std::string fixed = "GET / HTTP/1.1\r\nHost: x\r\nX: \r\n\r\n";
        return "GET / HTTP/1.1\r\nHost: x\r\nX: " + std::string(size - fixed.size(), 'a') + "\r\n\r\n";
    };
    CHECK(answer(head(400)) == "HTTP/1.1 200");
    CHECK(answer(head(401)) == "HTTP/1.1 431");
    CHECK(answer(std::string(5000, 'a')) == "HTTP/1.1 431");
    const auto sized = [](const std::string& path, std::size_t size) {
        return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
               std::string(size, 'b');
    };
    const auto chunked = [](std::size_t size) {
        std::string bytes = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
        for (; size > 0; --size) bytes += "1\r\nb\r\n";
        return bytes + "0\r\n\r\n";
    };
    CHECK(answer(sized("/", 1000)) == "HTTP/1.1 200");
    CHECK(answer(sized("/", 1001)) == "HTTP/1.1 413");
    CHECK(answer(sized("/v1/batch", 2000)) == "HTTP/1.1 200");
    CHECK(answer(sized("/v1/batch", 2001)) == "HTTP/1.1 413");
    CHECK(answer(chunked(1000)) == "HTTP/1.1 200");
    CHECK(answer(chunked(1001)) == "HTTP/1.1 413");
}

TEST_CASE("server: 100-continue is said before the body is waited for", "[gateway]") {
    RunningServer server({}, echo);
    Socket socket(server.port());
    socket.send("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
    CHECK(socket.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    socket.send("abc");
    CHECK(body_of(socket.read_response()) == "POST /b abc");
}

TEST_CASE("server: slow heads, slow bodies and idle connections are dropped", "[gateway]") {
    using std::chrono::milliseconds;
    RunningServer server(
        {.idle_timeout = milliseconds(150), .header_timeout = milliseconds(150), .body_timeout = milliseconds(150)},
        echo);
    for (const std::string part : {"", "GET / HT", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nab"}) {
        Socket socket(server.port());
        socket.send(part);
        CHECK(socket.read_all().empty());
    }
}

TEST_CASE("server: answers may come later and from another thread", "[gateway]") {
    std::vector<std::thread> threads;
    {
        RunningServer server({}, [&](Request request, Respond respond) {
            threads.emplace_back(
                [request = std::move(request), respond = std::move(respond)] { respond(text(request.path)); });
        });
        Socket socket(server.port());
        for (int i = 0; i < 20; ++i) {
            socket.send(get);
            REQUIRE(body_of(socket.read_response()) == "/a");
        }
    }
    for (auto& thread : threads) thread.join();
}

TEST_CASE("server: a handler that throws is a 500 of that request alone", "[gateway]") {
    RunningServer server({}, [](const Request& request, const Respond& respond) {
        if (request.path == "/a") throw std::runtime_error("broken");
        echo(request, respond);
    });
    Socket socket(server.port());
    socket.send(get);
    CHECK(status_of(socket.read_response()) == "HTTP/1.1 500");
    socket.send("GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(status_of(socket.read_response()) == "HTTP/1.1 200");
}

TEST_CASE("server: a stream is chunked as it comes and ends when its source does", "[gateway]") {
    const auto stream = std::make_shared<Pushed>();
    RunningServer server({}, [&](const Request&, const Respond& respond) {
        respond({.status = 200, .headers = {{"Content-Type", "text/event-stream"}}, .body = {}, .stream = stream});
    });
    Socket socket(server.port());
    socket.send(get);
    CHECK(socket.read_until("\r\n\r\n").find("Transfer-Encoding: chunked") != std::string::npos);
    stream->push("data: 1\n\n");
    CHECK(socket.read_until("1\n\n\r\n") == "9\r\ndata: 1\n\n\r\n");
    stream->push(std::string(100'000, 'x'));
    CHECK(socket.read_until("x\r\n").size() == 100'000 + 9);
    stream->push(std::nullopt);
    CHECK(socket.read_all() == "0\r\n\r\n");
    CHECK(stream->gone.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
}

TEST_CASE("server: a subscriber that hangs up is noticed without a write", "[gateway]") {
    const auto stream = std::make_shared<Pushed>();
    RunningServer server({}, [&](const Request&, const Respond& respond) {
        respond({.status = 200, .headers = {}, .body = {}, .stream = stream});
    });
    {
        Socket socket(server.port());
        socket.send(get);
        socket.read_until("\r\n\r\n");
    }
    CHECK(stream->gone.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
}

TEST_CASE("server: stopping ends streams, lets a request finish and closes the rest", "[gateway]") {
    const auto stream = std::make_shared<Pushed>();
    Respond held;
    std::promise<void> holding;
    RunningServer server({}, [&](const Request& request, Respond respond) {
        if (request.path == "/stream") return respond({.status = 200, .headers = {}, .body = {}, .stream = stream});
        if (request.path == "/idle") return respond(text("idle"));
        held = std::move(respond);
        holding.set_value();
    });
    Socket idle(server.port());
    idle.send("GET /idle HTTP/1.1\r\nHost: x\r\n\r\n");
    idle.read_response();
    Socket subscriber(server.port());
    subscriber.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
    subscriber.read_until("\r\n\r\n");
    Socket late(server.port());
    late.send("GET /l");
    Socket busy(server.port());
    busy.send(get);
    holding.get_future().wait();
    std::promise<void> stopped;
    server.stop([&] { stopped.set_value(); });
    CHECK(idle.read_all().empty());
    CHECK(subscriber.read_all() == "0\r\n\r\n");
    late.send("ate HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto refused = late.read_all();
    CHECK((refused.empty() || refused.find("shutting_down") != std::string::npos));
    held(text("done"));
    const auto last = busy.read_all();
    CHECK(body_of(last) == "done");
    CHECK(last.find("Connection: close") != std::string::npos);
    CHECK(stopped.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
}

TEST_CASE("server: a request that never ends is cut off when the patience is over", "[gateway]") {
    Respond held;
    std::promise<void> holding;
    RunningServer server({.stop_patience = std::chrono::milliseconds(100)}, [&](const Request&, Respond respond) {
        held = std::move(respond);
        holding.set_value();
    });
    Socket busy(server.port());
    busy.send(get);
    holding.get_future().wait();
    std::promise<void> stopped;
    server.stop([&] { stopped.set_value(); });
    CHECK(busy.read_all().empty());
    CHECK(stopped.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    held = nullptr;
}
