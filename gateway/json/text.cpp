#include "gateway/json/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace dealog::gateway::json {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::int64_t duration_seconds_max = 9'000'000'000;

unsigned byte_at(std::string_view bytes, std::size_t i) { return static_cast<unsigned char>(bytes[i]); }

bool digits(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Seconds and decimals of "1.5" without sign; the decimals as nanoseconds.
std::optional<Nanos> parse_seconds(std::string_view text) {
    const auto dot = text.find('.');
    const auto whole = text.substr(0, dot);
    std::string decimals(dot == std::string_view::npos ? "0" : text.substr(dot + 1));
    if (!digits(whole) || whole.size() > 10 || !digits(decimals) || decimals.size() > 9) return std::nullopt;
    decimals.resize(9, '0');
    std::int64_t seconds = 0;
    std::int64_t nanos = 0;
    std::from_chars(whole.data(), whole.data() + whole.size(), seconds);
    std::from_chars(decimals.data(), decimals.data() + decimals.size(), nanos);
    if (seconds > duration_seconds_max) return std::nullopt;
    return Nanos{seconds * 1'000'000'000 + nanos};
}

template <class Number>
std::optional<Number> parse_integer(std::string_view text) {
    const auto magnitude = text.substr(!text.empty() && text.front() == '-' ? 1 : 0);
    if (!digits(magnitude) || (magnitude.front() == '0' && text.size() > 1)) return std::nullopt;
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

void append_escaped(unsigned char c, std::string& out) {
    switch (c) {
        case '"':
            out += "\\\"";
            return;
        case '\\':
            out += "\\\\";
            return;
        case '\n':
            out += "\\n";
            return;
        case '\r':
            out += "\\r";
            return;
        case '\t':
            out += "\\t";
            return;
        default:
            break;
    }
    constexpr std::string_view hex = "0123456789abcdef";
    out += "\\u00";
    out += hex[c >> 4];
    out += hex[c & 15];
}

/// Length of the well-formed sequence at `i`, 0 when there is none.
std::size_t sequence(std::string_view text, std::size_t i) {
    const unsigned lead = byte_at(text, i);
    if (lead < 0x80) return 1;
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || i + length > text.size()) return 0;
    for (std::size_t k = 1; k < length; ++k) {
        if ((byte_at(text, i + k) & 0xC0) != 0x80) return 0;
    }
    const unsigned second = byte_at(text, i + 1);
    const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    const bool beyond = (lead == 0xED && second > 0x9F) || (lead == 0xF4 && second > 0x8F);
    return overlong || beyond ? 0 : length;
}

}  // namespace

void append_base64(std::string_view bytes, std::string& out) {
    std::size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3) {
        const unsigned group = byte_at(bytes, i) << 16 | byte_at(bytes, i + 1) << 8 | byte_at(bytes, i + 2);
        for (const int shift : {18, 12, 6, 0}) out += alphabet[group >> shift & 63];
    }
    if (i == bytes.size()) return;
    const bool two = i + 2 == bytes.size();
    const unsigned group = byte_at(bytes, i) << 16 | (two ? byte_at(bytes, i + 1) << 8 : 0);
    out += alphabet[group >> 18 & 63];
    out += alphabet[group >> 12 & 63];
    out += two ? alphabet[group >> 6 & 63] : '=';
    out += '=';
}

std::optional<std::string> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    for (std::size_t i = 0; i < text.size(); i += 4) {
        const bool last = i + 4 == text.size();
        const std::size_t padding = !last ? 0 : text[i + 3] != '=' ? 0 : text[i + 2] != '=' ? 1 : 2;
        unsigned group = 0;
        for (std::size_t k = 0; k < 4; ++k) {
            const auto value = k >= 4 - padding ? 0 : alphabet.find(text[i + k]);
            if (value == std::string_view::npos) return std::nullopt;
            group = group << 6 | static_cast<unsigned>(value);
        }
        if (padding > 0 && (group & (padding == 1 ? 0xFFu : 0xFFFFu)) != 0) return std::nullopt;
        for (std::size_t k = 0; k < 3 - padding; ++k) bytes += static_cast<char>(group >> (16 - 8 * k) & 0xFF);
    }
    return bytes;
}

std::optional<Nanos> parse_duration(std::string_view text) {
    if (text.empty() || text.back() != 's') return std::nullopt;
    text.remove_suffix(1);
    const bool negative = !text.empty() && text.front() == '-';
    if (negative) text.remove_prefix(1);
    const auto length = parse_seconds(text);
    return length ? std::optional(negative ? -*length : *length) : std::nullopt;
}

std::string format_duration(std::int64_t seconds, std::int32_t nanos) {
    std::string text;
    if (seconds < 0 || nanos < 0) text += '-';
    text += std::to_string(seconds < 0 ? -seconds : seconds);
    if (const auto fraction = static_cast<unsigned>(nanos < 0 ? -nanos : nanos); fraction != 0) {
        auto decimals = std::to_string(1'000'000'000u + fraction).substr(1);
        while (decimals.ends_with("000")) decimals.resize(decimals.size() - 3);
        text += '.' + decimals;
    }
    return text + 's';
}

std::optional<std::int64_t> parse_int64(std::string_view text) { return parse_integer<std::int64_t>(text); }
std::optional<std::uint64_t> parse_uint64(std::string_view text) { return parse_integer<std::uint64_t>(text); }

void append_quoted(std::string_view text, std::string& out) {
    out += '"';
    std::size_t plain = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c >= 0x20 && c != '"' && c != '\\') continue;
        out.append(text, plain, i - plain);
        append_escaped(c, out);
        plain = i + 1;
    }
    out.append(text, plain);
    out += '"';
}

bool valid_utf8(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = sequence(text, i);
        if (length == 0) return false;
        i += length;
    }
    return true;
}

}  // namespace dealog::gateway::json
