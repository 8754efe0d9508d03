#include "gateway/http.hpp"

#include <algorithm>

namespace dealog::gateway {

std::optional<std::string_view> Request::header(std::string_view lower_case_name) const {
    const auto found = std::find_if(headers.begin(), headers.end(),
                                    [&](const auto& header) { return header.first == lower_case_name; });
    return found == headers.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

}  // namespace dealog::gateway
