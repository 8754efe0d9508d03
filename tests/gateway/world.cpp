#include "tests/gateway/world.hpp"

#include <cstdlib>
#include <stdexcept>

#include "projections/board/board.hpp"
#include "projections/day_list/day_list.hpp"
#include "projections/deals/deals.hpp"
#include "projections/directory/directory.hpp"
#include "projections/kpis/kpis.hpp"

namespace dealog::test {

namespace {

std::filesystem::path temporary() {
    auto pattern = (std::filesystem::temp_directory_path() / "dealog-gateway-XXXXXX").string();
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

struct ChunkArrival {
    std::mutex mutex;
    bool here = false;
    std::optional<std::string> chunk;
};

}  // namespace

std::string Got::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (key == name) return value;
    }
    return {};
}

std::string Got::code() const {
    return header("Content-Type") == "application/problem+json" ? json().at("code").get<std::string>() : std::string();
}

Office::Office(gateway::GatewaySettings settings)
    : log("0190aaaa-0000-7000-8000-000000000002", vault, clock), directory_(temporary()) {
    const auto post = [this](std::function<void()> work) { loop_.post(std::move(work)); };
    admin = commands::found_workspace({.log = log, .vault = vault, .clock = clock, .ids = ids, .post = {}}).value();
    dispatcher_ = std::make_unique<commands::Dispatcher>(
        commands::Dispatcher::Lent{.log = log, .vault = vault, .clock = clock, .ids = ids, .post = post});
    std::vector<std::unique_ptr<projections::Projection>> all;
    all.push_back(directory::make_directory());
    all.push_back(deals::make());
    all.push_back(day_list::make());
    all.push_back(board::make_board());
    all.push_back(kpis::make_kpis());
    std::vector<const projections::Projection*> served;
    for (const auto& projection : all) served.push_back(projection.get());
    engine_ = std::make_unique<projections::Engine>(projections::EngineSettings{.directory = directory_ / "rows"}, log,
                                                    std::move(all));
    engine_->start();
    gateway_ = std::make_unique<gateway::Gateway>(settings, gateway::Gateway::Lent{.log = log,
                                                                                   .vault = vault,
                                                                                   .dispatcher = *dispatcher_,
                                                                                   .engine = *engine_,
                                                                                   .projections = served,
                                                                                   .clock = clock,
                                                                                   .metrics = metrics_,
                                                                                   .post = post});
    settle();
}

Office::~Office() {
    gateway_.reset();
    engine_.reset();
    dispatcher_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

Got Office::send(gateway::Request request) {
    if (request.id.empty()) request.id = "request-1";
    const auto arrival = std::make_shared<Arrival>();
    gateway_->handle(std::move(request), [this, arrival](gateway::Response response) {
        {
            const std::lock_guard lock(arrival->mutex);
            if (arrival->response) throw std::logic_error("answered twice");
            arrival->response = std::move(response);
        }
        wake_loop();
    });
    loop_.run_until([&] { return arrival->here(); });
    auto& response = *arrival->response;
    return {.status = response.status,
            .headers = std::move(response.headers),
            .body = std::move(response.body),
            .stream = std::move(response.stream)};
}

Got Office::get(const std::string& target, const std::string& key, gateway::Headers headers) {
    const auto mark = std::min(target.find('?'), target.size());
    if (!key.empty()) headers.emplace_back("authorization", "Bearer " + key);
    return send({.method = "GET",
                 .path = target.substr(0, mark),
                 .query = target.substr(std::min(mark + 1, target.size())),
                 .headers = std::move(headers),
                 .body = {},
                 .remote = {},
                 .id = {}});
}

Got Office::post(const std::string& target, const std::string& key, const Json& body, gateway::Headers headers) {
    if (!key.empty()) headers.emplace_back("authorization", "Bearer " + key);
    const auto has = [&](std::string_view name) {
        return std::any_of(headers.begin(), headers.end(), [&](const auto& header) { return header.first == name; });
    };
    if (!has("idempotency-key")) headers.emplace_back("idempotency-key", "key-" + std::to_string(++keys_));
    if (!has("content-type")) headers.emplace_back("content-type", "application/json");
    return send({.method = "POST",
                 .path = target,
                 .query = {},
                 .headers = std::move(headers),
                 .body = body.is_string() ? body.get<std::string>() : body.dump(),
                 .remote = {},
                 .id = {}});
}

Office::Person Office::hire(const std::string& name, const Json& roles, const std::string& team_id) {
    Json body{{"name", name}, {"roles", roles}};
    if (!team_id.empty()) body["teamId"] = team_id;
    const Got seller = post("/v1/sellers", admin, body);
    if (seller.status != 201) throw std::runtime_error("not hired: " + seller.body);
    const std::string id = seller.json().at("id");
    const Got key = post("/v1/apiKeys", admin, {{"sellerId", id}, {"roles", roles}});
    if (key.status != 201) throw std::runtime_error("no key: " + key.body);
    return {.id = id, .key = key.json().at("secret")};
}

std::string Office::service_key(const std::string& name, const Json& scopes) {
    const Got key = post("/v1/apiKeys", admin, {{"service", name}, {"roles", {"INTEGRATION"}}, {"scopes", scopes}});
    if (key.status != 201) throw std::runtime_error("no key: " + key.body);
    return key.json().at("secret");
}

std::string Office::form_team(const std::string& name) {
    const Got team = post("/v1/teams", admin, {{"name", name}});
    if (team.status != 201) throw std::runtime_error("no team: " + team.body);
    return team.json().at("id");
}

std::string Office::open_deal(const std::string& owner_id, const std::string& title) {
    const Got deal =
        post("/v1/deals", admin,
             {{"title", title}, {"ownerId", owner_id}, {"value", {{"currencyCode", "RUB"}, {"units", "1000"}}}});
    if (deal.status != 201) throw std::runtime_error("not opened: " + deal.body);
    return deal.json().at("id");
}

void Office::settle() {
    const Position head = log.head().position;
    for (const auto& status : engine_->status()) {
        const auto reached = std::make_shared<std::atomic<int>>(0);
        engine_->when_reached(status.name, head, std::chrono::duration_cast<std::chrono::milliseconds>(deadline),
                              [this, reached](bool yes) {
                                  *reached = yes ? 1 : -1;
                                  wake_loop();
                              });
        loop_.run_until([&] { return *reached != 0; });
        if (*reached < 0) throw std::runtime_error("projection " + status.name + " did not arrive");
    }
}

bool Frames::read() {
    const auto arrival = std::make_shared<ChunkArrival>();
    stream_->next([this, arrival](std::optional<std::string> chunk) {
        {
            const std::lock_guard lock(arrival->mutex);
            arrival->chunk = std::move(chunk);
            arrival->here = true;
        }
        office_.wake_loop();
    });
    office_.run_until([&] {
        const std::lock_guard lock(arrival->mutex);
        return arrival->here;
    });
    if (!arrival->chunk) return false;
    buffer_ += *arrival->chunk;
    return true;
}

std::optional<Frames::Frame> Frames::next() {
    while (buffer_.find("\n\n") == std::string::npos) {
        if (!read()) return std::nullopt;
    }
    const auto end = buffer_.find("\n\n");
    std::string text = buffer_.substr(0, end + 1);
    buffer_.erase(0, end + 2);
    Frame frame;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.erase(0, line.size() + 1);
        if (line.starts_with("event: "))
            frame.event = line.substr(7);
        else if (line.starts_with("id: "))
            frame.id = line.substr(4);
        else if (line.starts_with("data: "))
            frame.data = Json::parse(line.substr(6));
        else
            throw std::runtime_error("not a line of an event stream: " + line);
    }
    return frame;
}

std::optional<Frames::Frame> Frames::next_append() {
    while (true) {
        auto frame = next();
        if (!frame || frame->event == "append") return frame;
    }
}

void Frames::close() {
    if (!std::exchange(closed_, true)) stream_->closed();
}

}  // namespace dealog::test
