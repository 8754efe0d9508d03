#include "app/client.hpp"

#include <chrono>
#include <stdexcept>
#include <thread>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wdouble-promotion"
#pragma GCC diagnostic ignored "-Wduplicated-branches"
#include <httplib.h>
#pragma GCC diagnostic pop

namespace dealog::app {

struct Client::State {
    httplib::Client http;
    std::string key;

    State(const std::string& url, std::string secret) : http(url), key(std::move(secret)) {
        http.set_keep_alive(true);
        http.set_tcp_nodelay(true);
        http.set_read_timeout(60);
        http.set_bearer_token_auth(key);
    }
};

namespace {

Client::Answer answer_of(const httplib::Result& result) {
    if (!result) return {.status = 0, .body = {}, .error = httplib::to_string(result.error())};
    return {.status = result->status, .body = result->body, .error = {}};
}

}  // namespace

Client::Client(const std::string& url, std::string key) : state_(std::make_unique<State>(url, std::move(key))) {
    if (!url.starts_with("http://") || !state_->http.is_valid()) {
        throw std::invalid_argument("'" + url + "' is not http://<host>:<port>");
    }
}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Client::Answer Client::get(const std::string& path_and_query) { return answer_of(state_->http.Get(path_and_query)); }

Client::Answer Client::post(const std::string& path, const std::string& json, const std::string& idempotency_key,
                            int patience_s) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(patience_s);
    auto pause = std::chrono::milliseconds(50);
    while (true) {
        auto answer =
            answer_of(state_->http.Post(path, {{"Idempotency-Key", idempotency_key}}, json, "application/json"));
        const bool again = answer.status == 0 || answer.status == 429 || answer.status == 503;
        if (!again || std::chrono::steady_clock::now() + pause > deadline) return answer;
        std::this_thread::sleep_for(pause);
        pause = std::min(pause * 2, std::chrono::milliseconds(2000));
    }
}

}  // namespace dealog::app
