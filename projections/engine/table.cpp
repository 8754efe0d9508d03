#include "projections/engine/table.hpp"

#include <stdexcept>

namespace dealog::projections {

namespace {

template <class Unsigned>
void append_big_endian(std::string& out, Unsigned value) {
    for (std::size_t shift = sizeof(Unsigned) * 8; shift != 0;) {
        shift -= 8;
        out.push_back(static_cast<char>((value >> shift) & 0xff));
    }
}

template <class Unsigned>
Unsigned from_big_endian(std::string_view bytes) {
    Unsigned value = 0;
    for (const char byte : bytes) value = static_cast<Unsigned>(value << 8 | static_cast<std::uint8_t>(byte));
    return value;
}

constexpr std::uint64_t sign_bit = std::uint64_t{1} << 63;

}  // namespace

Key& Key::u8(std::uint8_t value) {
    bytes_.push_back(static_cast<char>(value));
    return *this;
}

Key& Key::u32(std::uint32_t value) {
    append_big_endian(bytes_, value);
    return *this;
}

Key& Key::u64(std::uint64_t value) {
    append_big_endian(bytes_, value);
    return *this;
}

Key& Key::i64(std::int64_t value) { return u64(static_cast<std::uint64_t>(value) ^ sign_bit); }

Key& Key::id(std::string_view uuid_text) {
    bytes_ += to_bytes(parse_uuid(uuid_text).value_or(Uuid{}));
    return *this;
}

Key& Key::text(std::string_view value, std::size_t length) {
    if (value.size() > length) throw std::length_error("a text is longer than its part of the key");
    bytes_.append(value).append(length - value.size(), '\0');
    return *this;
}

std::string_view KeyReader::take(std::size_t n) {
    DEALOG_ASSERT(rest_.size() >= n, "a key is read in the order it was built");
    const auto part = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return part;
}

std::uint8_t KeyReader::u8() { return from_big_endian<std::uint8_t>(take(1)); }

std::uint32_t KeyReader::u32() { return from_big_endian<std::uint32_t>(take(4)); }

std::uint64_t KeyReader::u64() { return from_big_endian<std::uint64_t>(take(8)); }

std::int64_t KeyReader::i64() { return static_cast<std::int64_t>(u64() ^ sign_bit); }

std::string KeyReader::id() {
    const auto id = uuid_from_bytes(take(16));
    return id == Uuid{} ? std::string{} : to_text(id);
}

std::string KeyReader::text(std::size_t length) {
    const auto padded = take(length);
    const auto end = padded.find_last_not_of('\0');
    return std::string(padded.substr(0, end == std::string_view::npos ? 0 : end + 1));
}

}  // namespace dealog::projections
