#pragma once

#include <memory>
#include <string>
#include <vector>

namespace dealog::app {

/// A running server as the command line sees it.
class Client {
public:
    /// `url` is `http://host:port`. Throws std::invalid_argument for anything else.
    Client(const std::string& url, std::string key);
    ~Client();
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;

    struct Answer {
        int status = 0;  // 0: no answer
        std::string body;
        std::string error;  // why there is no answer
        [[nodiscard]] bool good() const { return status >= 200 && status < 300; }
    };

    [[nodiscard]] Answer get(const std::string& path_and_query);
    /// Retries while the server says 429 or 503, or is unreachable, for at most `patience_s` seconds; the key makes
    /// that safe.
    [[nodiscard]] Answer post(const std::string& path, const std::string& json, const std::string& idempotency_key,
                              int patience_s = 60);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace dealog::app
