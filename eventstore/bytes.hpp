#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace dealog::eventstore {

/// Big-endian, so that byte order is number order.
inline void put_u64(std::string& out, std::uint64_t n) {
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>((n >> shift) & 0xff));
}

/// Reads the first eight bytes; there must be eight.
[[nodiscard]] inline std::uint64_t get_u64(std::string_view bytes) {
    std::uint64_t n = 0;
    for (std::size_t i = 0; i < 8; ++i) n = (n << 8) | static_cast<std::uint8_t>(bytes[i]);
    return n;
}

/// One length byte, then the text: no name is a prefix of another. At most 255 bytes.
inline void put_short(std::string& out, std::string_view text) {
    out.push_back(static_cast<char>(static_cast<std::uint8_t>(text.size())));
    out.append(text);
}

}  // namespace dealog::eventstore
