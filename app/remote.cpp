#include "app/remote.hpp"

#include <fstream>
#include <iostream>
#include <stdexcept>

#include <nlohmann/json.hpp>

namespace dealog::app {

Client connect(const Remote& remote) {
    auto key = remote.key;
    if (key.empty()) {
        std::ifstream file(remote.data / "admin.key");
        std::getline(file, key);
    }
    if (key.empty()) {
        throw std::runtime_error(
            "no API key: give --key, set DEALOG_KEY, or name with --data a directory with admin.key");
    }
    return Client(remote.url, key);
}

int complain(const Client::Answer& answer) {
    if (answer.status == 0) {
        std::cerr << "no answer from the server: " << answer.error << "\n";
        return exit_failed;
    }
    const auto problem = nlohmann::json::parse(answer.body, nullptr, false);
    if (problem.is_object() && problem.contains("code")) {
        std::cerr << problem["code"].get<std::string>() << ": " << problem.value("detail", problem.value("title", ""))
                  << "\n";
        for (const auto& violation : problem.value("violations", nlohmann::json::array())) {
            std::cerr << "  " << violation.value("field", "") << ": " << violation.value("message", "") << "\n";
        }
    } else {
        std::cerr << "the server answered " << answer.status << ": " << answer.body << "\n";
    }
    return exit_failed;
}

}  // namespace dealog::app
