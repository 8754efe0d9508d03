#include "domain/text.hpp"

#include <algorithm>
#include <cstdint>

namespace dealog::domain {

namespace {

struct CodePoint {
    char32_t value = 0;
    std::size_t bytes = 1;
};

CodePoint decode(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto continuation = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0u) == 0x80u; };
    if ((byte(0) & 0xE0u) == 0xC0u && continuation(1)) {
        return {static_cast<char32_t>((byte(0) & 0x1Fu) << 6 | (byte(1) & 0x3Fu)), 2};
    }
    if ((byte(0) & 0xF0u) == 0xE0u && continuation(1) && continuation(2)) {
        return {static_cast<char32_t>((byte(0) & 0x0Fu) << 12 | (byte(1) & 0x3Fu) << 6 | (byte(2) & 0x3Fu)), 3};
    }
    return {byte(0), 1};
}

/// All letters with a lower case here take two bytes in both cases.
void append_two_bytes(std::string& out, char32_t value) {
    out.push_back(static_cast<char>(0xC0u | (value >> 6)));
    out.push_back(static_cast<char>(0x80u | (value & 0x3Fu)));
}

char32_t lower_of(char32_t c) {
    const auto between = [c](char32_t first, char32_t last) { return first <= c && c <= last; };
    if (between(0xC0, 0xDE) && c != 0xD7) return c + 0x20;  // Latin-1
    if (between(0x391, 0x3A9)) return c + 0x20;             // Greek
    if (between(0x410, 0x42F)) return c + 0x20;             // Cyrillic
    if (between(0x400, 0x40F)) return c + 0x50;             // Cyrillic with marks
    const bool paired = between(0x100, 0x12F) || between(0x132, 0x137) || between(0x14A, 0x177) ||
                        between(0x460, 0x481) || between(0x48A, 0x4BF) || between(0x4D0, 0x52F);
    return paired && c % 2 == 0 ? c + 1 : c;
}

bool is_space(char32_t c) {
    return c == ' ' || (c >= 0x09 && c <= 0x0D) || c == 0xA0 || (c >= 0x2000 && c <= 0x200B) || c == 0x202F;
}

}  // namespace

std::string lower(std::string_view utf8) {
    std::string out;
    out.reserve(utf8.size());
    while (!utf8.empty()) {
        const CodePoint point = decode(utf8);
        if (point.bytes == 1) {
            const char c = utf8.front();
            out.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
        } else if (point.bytes == 2) {
            append_two_bytes(out, lower_of(point.value));
        } else {
            out.append(utf8.substr(0, point.bytes));
        }
        utf8.remove_prefix(point.bytes);
    }
    return out;
}

std::string squeezed(std::string_view utf8) {
    std::string out;
    bool gap = false;
    while (!utf8.empty()) {
        const CodePoint point = decode(utf8);
        if (point.bytes == 1 ? is_space(static_cast<unsigned char>(utf8.front())) && utf8.front() != char(0xA0)
                             : is_space(point.value)) {
            gap = true;
        } else {
            if (gap && !out.empty()) out.push_back(' ');
            gap = false;
            out.append(utf8.substr(0, point.bytes));
        }
        utf8.remove_prefix(point.bytes);
    }
    return out;
}

std::size_t length(std::string_view utf8) {
    return static_cast<std::size_t>(
        std::ranges::count_if(utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; }));
}

std::optional<int> parse_minute(std::string_view hh_mm) {
    const auto digit = [&](std::size_t i) { return hh_mm[i] - '0'; };
    if (hh_mm.size() != 5 || hh_mm[2] != ':') return std::nullopt;
    for (const std::size_t i : {0u, 1u, 3u, 4u}) {
        if (digit(i) < 0 || digit(i) > 9) return std::nullopt;
    }
    const int hours = digit(0) * 10 + digit(1);
    const int minutes = digit(3) * 10 + digit(4);
    if (minutes > 59 || hours > 24 || (hours == 24 && minutes != 0)) return std::nullopt;
    return hours * 60 + minutes;
}

}  // namespace dealog::domain
