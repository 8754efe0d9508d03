#include <cstdint>

#include "projections/directory/answers.hpp"

namespace dealog::directory {
namespace {

/// Of a code point below U+0800.
std::uint32_t lower(std::uint32_t letter) {
    if (letter >= 'A' && letter <= 'Z') return letter + 0x20;
    if (letter >= 0xC0 && letter <= 0xDE && letter != 0xD7) return letter + 0x20;  // À … Þ, not ×
    if (letter >= 0x0410 && letter <= 0x042F) return letter + 0x20;                // А … Я
    if (letter >= 0x0400 && letter <= 0x040F) return letter + 0x50;                // Ѐ … Џ, Ё among them
    return letter;
}

}  // namespace

std::string folded(std::string_view utf8) {
    std::string out;
    out.reserve(utf8.size());
    for (std::size_t i = 0; i < utf8.size(); ++i) {
        const auto first = static_cast<unsigned char>(utf8[i]);
        const bool two_bytes = (first & 0xE0U) == 0xC0U && i + 1 < utf8.size();
        if (!two_bytes) {
            out += first < 0x80 ? static_cast<char>(lower(first)) : utf8[i];
            continue;
        }
        const auto second = static_cast<unsigned char>(utf8[++i]);
        const std::uint32_t letter = lower((first & 0x1FU) << 6U | (second & 0x3FU));
        out += static_cast<char>(0xC0U | letter >> 6U);
        out += static_cast<char>(0x80U | (letter & 0x3FU));
    }
    return out;
}

}  // namespace dealog::directory
