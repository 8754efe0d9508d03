#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/metrics.hpp"
#include "commands/dispatcher.hpp"
#include "eventstore/memory_log.hpp"
#include "gateway/gateway.hpp"
#include "gateway/http.hpp"
#include "projections/engine/engine.hpp"
#include "tests/commands/world.hpp"
#include "tests/support/test_vault.hpp"

namespace dealog::test {

using Json = nlohmann::json;

/// What a client got.
struct Got {
    unsigned status = 0;
    gateway::Headers headers;
    std::string body;
    std::shared_ptr<gateway::BodyStream> stream;

    [[nodiscard]] std::string header(std::string_view name) const;
    [[nodiscard]] Json json() const { return Json::parse(body); }
    /// The code of a problem; empty for anything else.
    [[nodiscard]] std::string code() const;
};

/// A founded workspace behind a gateway, without sockets: the real dispatcher, engine and projections over a log in
/// memory.
class Office {
public:
    explicit Office(gateway::GatewaySettings settings = {});
    ~Office();
    Office(const Office&) = delete;
    Office& operator=(const Office&) = delete;

    Got get(const std::string& target, const std::string& key, gateway::Headers headers = {});
    /// With a fresh idempotency key unless one is among the headers.
    Got post(const std::string& target, const std::string& key, const Json& body, gateway::Headers headers = {});
    Got send(gateway::Request request);

    /// A seller with a key of its own.
    struct Person {
        std::string id, key;
    };
    Person hire(const std::string& name, const Json& roles, const std::string& team_id = {});
    std::string service_key(const std::string& name, const Json& scopes);
    std::string form_team(const std::string& name);
    /// Opens a deal and answers its id.
    std::string open_deal(const std::string& owner_id, const std::string& title);
    /// Until every projection has reached the log's head.
    void settle();

    /// Runs the loop's work until `finished`.
    void run_until(const std::function<bool()>& finished) { loop_.run_until(finished); }
    void wake_loop() {
        loop_.post([] {});
    }

    TestVault vault;
    StillClock clock;
    RandomIds ids;
    eventstore::MemoryLog log;
    std::string admin;  // the first key's secret

private:
    Loop loop_;
    std::filesystem::path directory_;
    metrics::Registry metrics_;
    std::unique_ptr<commands::Dispatcher> dispatcher_;
    std::unique_ptr<projections::Engine> engine_;
    std::unique_ptr<gateway::Gateway> gateway_;
    int keys_ = 0;
};

/// The frames of an event stream, as a client takes them one after the other.
class Frames {
public:
    Frames(Office& office, std::shared_ptr<gateway::BodyStream> stream) : office_(office), stream_(std::move(stream)) {}
    ~Frames() { close(); }
    Frames(const Frames&) = delete;
    Frames& operator=(const Frames&) = delete;

    struct Frame {
        std::string event, id;
        Json data;
    };
    /// The next frame; absent at the end of the stream.
    std::optional<Frame> next();
    /// The next frame that is no checkpoint.
    std::optional<Frame> next_append();
    void close();

private:
    bool read();

    Office& office_;
    std::shared_ptr<gateway::BodyStream> stream_;
    std::string buffer_;
    bool closed_ = false;
};

}  // namespace dealog::test
