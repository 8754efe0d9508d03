#include "base/log.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>

#include "base/time.hpp"

namespace dealog::log {

namespace {

constexpr std::array<std::string_view, 4> level_names{"debug", "info", "warn", "error"};

std::atomic<Level> lowest{Level::info};

/// Bytes of the UTF-8 sequence at the front of `text`; 0 when it is not well-formed.
std::size_t sequence_size(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const auto continued = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xc0) == 0x80; };
    const std::uint8_t first = byte(0);
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return continued(1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        if (!continued(1) || !continued(2)) return 0;
        const bool overlong = first == 0xe0 && byte(1) < 0xa0;
        const bool surrogate = first == 0xed && byte(1) > 0x9f;
        return overlong || surrogate ? 0 : 3;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        if (!continued(1) || !continued(2) || !continued(3)) return 0;
        const bool overlong = first == 0xf0 && byte(1) < 0x90;
        const bool beyond = first == 0xf4 && byte(1) > 0x8f;
        return overlong || beyond ? 0 : 4;
    }
    return 0;
}

void put_control(std::string& out, char c) {
    static constexpr char digits[] = "0123456789abcdef";
    const auto byte = static_cast<std::uint8_t>(c);
    switch (c) {
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
            out += "\\u00";
            out += digits[byte >> 4];
            out += digits[byte & 15];
    }
}

void put_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const char c = text.front();
        const std::size_t size = sequence_size(text);
        if (size == 0) {
            out += "\\ufffd";
        } else if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (static_cast<std::uint8_t>(c) < 0x20 || c == 0x7f) {
            put_control(out, c);
        } else {
            out += text.substr(0, size);
        }
        text.remove_prefix(size == 0 ? 1 : size);
    }
    out += '"';
}

void put_member(std::string& out, std::string_view name, std::string_view value) {
    put_string(out, name);
    out += ':';
    put_string(out, value);
}

/// One write per line, so that lines of several threads and processes do not mix.
void write_to_stderr(std::string_view line) {
    while (!line.empty()) {
        const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return;  // nowhere left to complain
        line.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
    if (level < lowest.load(std::memory_order_relaxed)) return;
    std::string line;
    line.reserve(256);
    line += '{';
    put_member(line, "time", format_rfc3339(SystemClock{}.now()));
    line += ',';
    put_member(line, "level", level_names[static_cast<std::size_t>(level)]);
    line += ',';
    put_member(line, "event", event);
    for (const auto& [name, value] : fields) {
        line += ',';
        put_member(line, name, value);
    }
    line += "}\n";
    write_to_stderr(line);
}

void set_level(Level level) { lowest.store(level, std::memory_order_relaxed); }

bool set_level(std::string_view name) {
    for (std::size_t i = 0; i < level_names.size(); ++i) {
        if (level_names[i] != name) continue;
        set_level(static_cast<Level>(i));
        return true;
    }
    return false;
}

}  // namespace dealog::log
