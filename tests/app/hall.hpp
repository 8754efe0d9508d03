#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include <nlohmann/json.hpp>

#include "app/workspace.hpp"
#include "base/metrics.hpp"
#include "base/time.hpp"
#include "commands/dispatcher.hpp"
#include "gateway/gateway.hpp"

namespace dealog::app::testing {

using Json = nlohmann::json;

/// Stands still until it is set.
class HandClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override { return Instant{Nanos{nanos_.load()}}; }
    void set(Instant t) { nanos_ = t.time_since_epoch().count(); }

private:
    std::atomic<std::int64_t> nanos_{Nanos{*parse_rfc3339("2017-05-17T09:00:00Z") - Instant{}}.count()};
};

struct Answer {
    unsigned status = 0;
    std::string body;
    [[nodiscard]] Json json() const { return Json::parse(body); }
};

/// The whole product in one process without sockets: log, vault and rows on disk in a directory of its own, all read
/// models, the dispatcher and the gateway. One hand-set clock is everybody's.
class Hall {
public:
    Hall();
    ~Hall();
    Hall(const Hall&) = delete;
    Hall& operator=(const Hall&) = delete;

    /// With a key's secret; the administrator's when none is named.
    Answer get(const std::string& target, const std::string& secret = {});
    /// As the administrator, with a fresh idempotency key. Afterwards the clock shows when the log's last event was
    /// recorded, so that a query now and one as of the head are asked at the same moment.
    Answer post(const std::string& path, const Json& body);
    void pass(Nanos time) { clock.set(clock.now() + time); }

    [[nodiscard]] Position head() { return workspace_->log().head().position; }
    [[nodiscard]] projections::Engine& engine() { return workspace_->engine(); }

    HandClock clock;

private:
    /// The thread that the dispatcher and the gateway live on: the one that calls us.
    class Loop {
    public:
        void post(std::function<void()> work);
        void run_until(const std::function<bool()>& finished);

    private:
        std::mutex mutex_;
        std::condition_variable arrived_;
        std::deque<std::function<void()>> work_;
    };

    Answer send(gateway::Request request, const std::string& secret);

    Loop loop_;
    std::filesystem::path directory_;
    metrics::Registry metrics_;
    std::unique_ptr<Workspace> workspace_;
    std::unique_ptr<commands::Dispatcher> dispatcher_;
    std::unique_ptr<gateway::Gateway> gateway_;
    std::string admin_;
    int keys_ = 0;
};

}  // namespace dealog::app::testing
