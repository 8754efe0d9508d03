#include "gateway/gateway.hpp"

#include <atomic>
#include <stdexcept>

#include "base/log.hpp"
#include "base/metrics.hpp"
#include "commands/dispatcher.hpp"
#include "domain/access/access.hpp"
#include "gateway/event_catalogue.hpp"
#include "gateway/event_streams.hpp"
#include "gateway/exchange.hpp"
#include "gateway/history.hpp"
#include "gateway/json/text.hpp"
#include "gateway/openapi.hpp"
#include "gateway/problems.hpp"
#include "gateway/rate_limit.hpp"
#include "gateway/reads.hpp"
#include "gateway/surface.hpp"
#include "gateway/traffic.hpp"
#include "gateway/writes.hpp"
#include "projections/engine/engine.hpp"
#include "projections/kpis/kpis.pb.h"

namespace dealog::gateway {

namespace pb = google::protobuf;

namespace {

Response json_text(std::string body, unsigned status = 200) {
    return Response{.status = status,
                    .headers = {{"Content-Type", "application/json"}},
                    .body = std::move(body),
                    .stream = nullptr};
}

}  // namespace

struct Gateway::State {
    State(GatewaySettings given, Lent lent);
    ~State() { reads->detach(); }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    void handle(Request request, Respond respond);
    void route(const Shared& exchange);
    [[nodiscard]] bool authenticate(Exchange& exchange);
    void dispatch(const Shared& exchange);
    [[nodiscard]] bool serve_document(const Exchange& exchange) const;
    [[nodiscard]] Response ready() const;
    void measure_followers() const;
    void check_surface() const;

    GatewaySettings settings;
    Lent lent;
    Routes routes;
    Traffic traffic;
    RateLimit rates;
    Owners owners;
    std::string openapi = openapi_document(routes);
    std::string problems = problem_catalogue();
    std::string events = event_catalogue();
    Writes writes;
    std::atomic<bool> stopping = false;
    EventStreams streams;
    // The pool is the last to be made and the first to go: what it runs uses all of the above.
    std::unique_ptr<Reads> reads;
    std::unique_ptr<History> history;
    std::unique_ptr<Pool> pool;
};

Gateway::State::State(GatewaySettings given, Lent borrowed)
    : settings(given),
      lent(std::move(borrowed)),
      traffic(lent.metrics, routes),
      rates(given.requests_per_second, given.requests_burst),
      owners(lent.log),
      writes(routes, lent.log, lent.vault, lent.dispatcher),
      streams({.log = lent.log,
               .vault = lent.vault,
               .owners = owners,
               .post = lent.post,
               .authenticate = [this](std::string_view secret) { return lent.dispatcher.authenticate(secret); },
               .directory = [this] { return lent.engine.view("directory"); },
               .checkpoint_interval = given.checkpoint_interval,
               .subscribers_max = given.subscribers_max}) {
    pool = std::make_unique<Pool>(given.query_threads, given.query_queue_max);
    reads = std::make_unique<Reads>(Reads::Lent{.routes = routes,
                                                .log = lent.log,
                                                .vault = lent.vault,
                                                .dispatcher = lent.dispatcher,
                                                .engine = lent.engine,
                                                .clock = lent.clock,
                                                .pool = *pool,
                                                .patience = given.patience},
                                    lent.projections);
    history = std::make_unique<History>(History::Lent{.log = lent.log,
                                                      .vault = lent.vault,
                                                      .dispatcher = lent.dispatcher,
                                                      .engine = lent.engine,
                                                      .clock = lent.clock,
                                                      .pool = *pool,
                                                      .streams = streams,
                                                      .owners = owners,
                                                      .followers = lent.followers});
    check_surface();
}

void Gateway::State::check_surface() const {
    const auto found = unlisted(routes, [this](const pb::Descriptor& query) {
        return reads->knows(query) || History::knows(query) || &query == kpis::v1::ShowEvidence::descriptor();
    });
    if (found.empty()) return;
    std::string all = "the contract is not served as it stands:";
    for (const auto& one : found) all += "\n  " + one;
    throw std::logic_error(all);
}

void Gateway::State::handle(Request request, Respond respond) {
    const auto began = std::chrono::steady_clock::now();
    auto exchange = std::make_shared<Exchange>(Exchange{.request = std::move(request), .respond = nullptr});
    exchange->respond = [this, began, weak = std::weak_ptr(exchange), respond = std::move(respond)](Response response) {
        const auto alive = weak.lock();
        traffic.count(alive ? alive->match.route : nullptr, response.status, std::chrono::steady_clock::now() - began);
        respond(std::move(response));
    };
    try {
        if (!serve_document(*exchange)) route(exchange);
    } catch (const std::exception& failure) {
        log::error("request_failed", {{"requestId", exchange->request.id}, {"error", failure.what()}});
        exchange->refuse(rejection(Code::Problem_Code_INTERNAL));
    }
}

/// What needs no key: probes, metrics and the generated documents.
bool Gateway::State::serve_document(const Exchange& exchange) const {
    const std::string& path = exchange.request.path;
    if (path.starts_with("/v1/")) return false;
    const bool known = path == "/livez" || path == "/readyz" || path == "/metrics" || path == "/openapi.json" ||
                       path == "/problems" || path == "/events";
    if (!known) return false;
    if (exchange.request.method != "GET") {
        Response refused = problem(rejection(Code::Problem_Code_METHOD_NOT_ALLOWED), path, exchange.request.id);
        refused.headers.emplace_back("Allow", "GET");
        exchange.answer(std::move(refused));
    } else if (path == "/livez") {
        exchange.answer(json_text(R"({"status":"live"})"));
    } else if (path == "/readyz") {
        exchange.answer(ready());
    } else if (path == "/metrics") {
        measure_followers();
        exchange.answer(Response{.status = 200,
                                 .headers = {{"Content-Type", "text/plain; version=0.0.4"}},
                                 .body = lent.metrics.expose(),
                                 .stream = nullptr});
    } else {
        exchange.answer(json_text(path == "/openapi.json" ? openapi : path == "/problems" ? problems : events));
    }
    return true;
}

/// Lag is the number operators watch: told when it is asked for.
void Gateway::State::measure_followers() const {
    const auto head = lent.log.head().position.value();
    for (const auto& status : lent.engine.status()) {
        const metrics::Labels labels{{"follower", "projection:" + status.name}};
        const auto position = std::min(head, status.position.value());
        lent.metrics.gauge("dealog_follower_position", "Position up to which the follower has applied the log", labels)
            .set(static_cast<double>(position));
        lent.metrics.gauge("dealog_follower_lag_events", "Events between the head of the log and the follower", labels)
            .set(static_cast<double>(head - position));
        lent.metrics
            .gauge("dealog_follower_stopped", "1 while the follower is stopped at an event it cannot apply", labels)
            .set(status.state == "stopped" ? 1 : 0);
    }
}

Response Gateway::State::ready() const {
    std::string reasons;
    const auto add = [&](const std::string& reason) {
        reasons += reasons.empty() ? "" : ",";
        json::append_quoted(reason, reasons);
    };
    if (stopping) add("the server is stopping");
    if (const auto fenced = lent.log.fenced_reason(); !fenced.empty()) add("the store is fenced: " + fenced);
    for (const auto& status : lent.engine.status()) {
        if (status.state == "stopped")
            add("projection " + status.name + " stopped at " + std::to_string(status.position.value()) + ": " +
                status.error);
    }
    return reasons.empty() ? json_text(R"({"status":"ready"})")
                           : json_text(R"({"status":"not_ready","reasons":[)" + reasons + "]}", 503);
}

void Gateway::State::route(const Shared& exchange) {
    const Found found = routes.find(exchange->request.method, exchange->request.path);
    if (const auto* match = std::get_if<Match>(&found)) {
        exchange->match = *match;
        if (authenticate(*exchange)) dispatch(exchange);
    } else if (const auto* other = std::get_if<OtherMethods>(&found)) {
        Response refused =
            problem(rejection(Code::Problem_Code_METHOD_NOT_ALLOWED), exchange->request.path, exchange->request.id);
        refused.headers.emplace_back("Allow", other->allow);
        exchange->answer(std::move(refused));
    } else {
        exchange->refuse(rejection(Code::Problem_Code_NOT_FOUND, "there is no such path"));
    }
}

/// False when the request was refused.
bool Gateway::State::authenticate(Exchange& exchange) {
    const auto key = bearer(exchange.request);
    auto principal = key ? lent.dispatcher.authenticate(*key) : std::nullopt;
    if (!principal) {
        exchange.refuse(rejection(Code::Problem_Code_UNAUTHENTICATED));
        return false;
    }
    if (!rates.take(principal->key_id, lent.clock.now())) {
        exchange.refuse(rejection(Code::Problem_Code_RATE_LIMITED));
        return false;
    }
    exchange.caller = std::move(*principal);
    exchange.secret = *key;
    return true;
}

void Gateway::State::dispatch(const Shared& exchange) {
    const Route& route = *exchange->match.route;
    const auto media = answer_media(exchange->request, route.http->live());
    if (!media) return exchange->refuse(media.error());
    exchange->answer_in = *media;
    if (route.verb == Verb::post) return writes.run(exchange);
    const auto verdict =
        access::authorise(exchange->caller, route.access->area(), access::Ability::read, route.access->head_only());
    if (verdict == access::Verdict::forbidden) return exchange->refuse(rejection(Code::Problem_Code_FORBIDDEN));
    if (History::knows(*route.message)) return history->run(exchange);
    reads->run(exchange);
}

Gateway::Gateway(GatewaySettings settings, Lent lent) : state_(std::make_unique<State>(settings, std::move(lent))) {}
Gateway::~Gateway() = default;
void Gateway::handle(Request request, Respond respond) { state_->handle(std::move(request), std::move(respond)); }
void Gateway::begin_stop() { state_->stopping = true; }

}  // namespace dealog::gateway
