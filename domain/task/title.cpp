#include "domain/task/title.hpp"

#include <algorithm>

#include "domain/text.hpp"

namespace dealog::task {

bool is_descriptive(std::string_view title, const settings::v1::TitleStopList& list) {
    const std::string plain = domain::lower(domain::squeezed(title));
    if (plain.empty() || domain::length(plain) < list.min_length()) return false;
    return std::ranges::none_of(
        list.words(), [&](const std::string& word) { return domain::lower(domain::squeezed(word)) == plain; });
}

}  // namespace dealog::task
