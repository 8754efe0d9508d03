#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <string_view>

namespace dealog::test {

/// Numbers that look random and are the same in every run.
class Chance {
public:
    explicit Chance(std::uint64_t seed) : engine_(seed) {}
    /// lowest … highest, both included.
    std::int64_t number(std::int64_t lowest, std::int64_t highest) {
        return std::uniform_int_distribution<std::int64_t>{lowest, highest}(engine_);
    }
    char byte() { return static_cast<char>(number(0, 255)); }
    bool one_in(int n) { return number(1, n) == 1; }
    char one_of(std::string_view characters) {
        return characters[static_cast<std::size_t>(number(0, static_cast<std::int64_t>(characters.size()) - 1))];
    }

    /// `text` after one to three small accidents: a character changed, lost, doubled or put in.
    std::string damaged(std::string text, std::string_view alphabet) {
        for (std::int64_t accidents = number(1, 3); accidents > 0; --accidents) {
            const auto at = static_cast<std::size_t>(number(0, static_cast<std::int64_t>(text.size())));
            const char c = one_in(8) ? byte() : one_of(alphabet);
            switch (number(0, 3)) {
                case 0:
                    if (at < text.size()) text[at] = c;
                    break;
                case 1:
                    if (at < text.size()) text.erase(at, 1);
                    break;
                case 2:
                    if (at < text.size()) text.insert(at, 1, text[at]);
                    break;
                default:
                    text.insert(at, 1, c);
            }
        }
        return text;
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace dealog::test
