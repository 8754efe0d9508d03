#include "tests/app/hall.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <utility>

#include "eventstore/record.pb.h"

namespace dealog::app::testing {

namespace {

constexpr std::chrono::seconds deadline{60};

std::filesystem::path temporary() {
    auto pattern = (std::filesystem::temp_directory_path() / "dealog-hall-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    return pattern;
}

/// A response that may come from another thread.
struct Arrival {
    std::mutex mutex;
    std::optional<gateway::Response> response;

    [[nodiscard]] bool here() {
        const std::lock_guard lock(mutex);
        return response.has_value();
    }
};

}  // namespace

void Hall::Loop::post(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
    arrived_.notify_one();
}

void Hall::Loop::run_until(const std::function<bool()>& finished) {
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (!finished()) {
        std::unique_lock lock(mutex_);
        if (!arrived_.wait_until(lock, end, [this] { return !work_.empty(); }))
            throw std::runtime_error("nothing happens");
        const auto work = std::move(work_.front());
        work_.pop_front();
        lock.unlock();
        work();
    }
}

Hall::Hall() : directory_(temporary()) {
    const auto post = [this](std::function<void()> work) { loop_.post(std::move(work)); };
    Settings settings;
    settings.data = directory_ / "data";
    workspace_ = std::make_unique<Workspace>(settings, Workspace::Found::if_empty, clock, metrics_);
    admin_ = workspace_->found().value();
    dispatcher_ = std::make_unique<commands::Dispatcher>(workspace_->lend(post));
    gateway::GatewaySettings unlimited;
    unlimited.requests_per_second = 0;
    unlimited.patience = deadline;
    gateway_ =
        std::make_unique<gateway::Gateway>(unlimited, gateway::Gateway::Lent{.log = workspace_->log(),
                                                                             .vault = workspace_->vault(),
                                                                             .dispatcher = *dispatcher_,
                                                                             .engine = workspace_->engine(),
                                                                             .projections = workspace_->projections(),
                                                                             .clock = clock,
                                                                             .metrics = metrics_,
                                                                             .post = post});
    workspace_->engine().start();
}

Hall::~Hall() {
    gateway_.reset();
    dispatcher_.reset();
    workspace_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

Answer Hall::send(gateway::Request request, const std::string& secret) {
    request.id = "request";
    request.headers.emplace_back("authorization", "Bearer " + (secret.empty() ? admin_ : secret));
    const auto arrival = std::make_shared<Arrival>();
    gateway_->handle(std::move(request), [this, arrival](gateway::Response response) {
        {
            const std::lock_guard lock(arrival->mutex);
            arrival->response = std::move(response);
        }
        loop_.post([] {});
    });
    loop_.run_until([&] { return arrival->here(); });
    return {.status = arrival->response->status, .body = std::move(arrival->response->body)};
}

Answer Hall::get(const std::string& target, const std::string& secret) {
    const auto mark = std::min(target.find('?'), target.size());
    gateway::Request request;
    request.method = "GET";
    request.path = target.substr(0, mark);
    request.query = target.substr(std::min(mark + 1, target.size()));
    return send(std::move(request), secret);
}

Answer Hall::post(const std::string& path, const Json& body) {
    gateway::Request request;
    request.method = "POST";
    request.path = path;
    request.headers = {{"idempotency-key", "key-" + std::to_string(++keys_)}, {"content-type", "application/json"}};
    request.body = body.dump();
    workspace_->log().accept_clock();
    auto answer = send(std::move(request), {});
    log::v1::Record last;
    if (!last.ParseFromString(workspace_->log().record_at(head()).value())) throw std::runtime_error("not a record");
    clock.set(std::max(clock.now(), Instant{Nanos{last.recorded_at()}}));
    return answer;
}

}  // namespace dealog::app::testing
