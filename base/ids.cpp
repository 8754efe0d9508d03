#include "base/ids.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace dealog {

namespace {

constexpr std::size_t uuid_text_size = 36;
constexpr std::uint64_t tail_mask = (std::uint64_t{1} << 62) - 1;

void start_sodium() {
    static const int started = sodium_init();
    if (started < 0) throw std::runtime_error{"libsodium does not start"};
}

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool dash_at(std::size_t index) { return index == 8 || index == 13 || index == 18 || index == 23; }

void put_big_endian(std::uint64_t value, std::uint8_t* out) {
    for (int i = 7; i >= 0; --i, value >>= 8) out[i] = static_cast<std::uint8_t>(value & 0xff);
}

/// Milliseconds ‖ the fraction of the millisecond in 1/4096, as RFC 9562 §6.2 method 3 lays it out.
std::uint64_t tick_of(Instant now) {
    const std::int64_t nanos = std::max<std::int64_t>(now.time_since_epoch().count(), 0);
    const auto milliseconds = static_cast<std::uint64_t>(nanos / 1'000'000);
    const auto fraction = static_cast<std::uint64_t>(nanos % 1'000'000) * 4096 / 1'000'000;
    return milliseconds << 12 | fraction;
}

}  // namespace

std::string to_text(const Uuid& id) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out(uuid_text_size, '-');
    std::size_t at = 0;
    for (const std::uint8_t byte : id) {
        if (dash_at(at)) ++at;
        out[at++] = digits[byte >> 4];
        out[at++] = digits[byte & 15];
    }
    return out;
}

std::optional<Uuid> parse_uuid(std::string_view text) {
    if (text.size() != uuid_text_size) return std::nullopt;
    Uuid id{};
    std::size_t at = 0;
    for (std::uint8_t& byte : id) {
        if (dash_at(at) && text[at++] != '-') return std::nullopt;
        const int high = hex_value(text[at++]);
        const int low = hex_value(text[at++]);
        if (high < 0 || low < 0) return std::nullopt;
        byte = static_cast<std::uint8_t>(high << 4 | low);
    }
    return id;
}

std::string to_bytes(const Uuid& id) {
    std::string bytes(id.size(), '\0');
    std::memcpy(bytes.data(), id.data(), id.size());
    return bytes;
}

Uuid uuid_from_bytes(std::string_view sixteen_bytes) {
    Uuid id{};
    if (sixteen_bytes.size() != id.size()) throw std::invalid_argument{"an id has 16 bytes"};
    std::memcpy(id.data(), sixteen_bytes.data(), id.size());
    return id;
}

Uuid RandomIds::next(Instant now) {
    start_sodium();
    const std::uint64_t wanted = tick_of(now);
    std::uint64_t random = 0;
    randombytes_buf(&random, sizeof random);

    std::uint64_t tick = wanted;
    std::uint64_t tail = random & tail_mask >> 1;  // the top bit is left to the steps below
    {
        const std::lock_guard lock{mutex_};
        if (wanted >> 12 == last_tick_ >> 12 && wanted <= last_tick_) {
            tick = last_tick_;
            tail = last_tail_ + 1 + (random & std::numeric_limits<std::uint32_t>::max());
            if (tail > tail_mask) {
                ++tick;
                tail = random & tail_mask >> 1;
            }
        }
        last_tick_ = tick;
        last_tail_ = tail;
    }
    Uuid id{};
    put_big_endian((tick >> 12) << 16 | 0x7000 | (tick & 0xfff), id.data());
    put_big_endian(std::uint64_t{2} << 62 | tail, id.data() + 8);
    return id;
}

Uuid named_uuid(std::string_view name) {
    std::array<std::uint8_t, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(name.data()), name.size());
    Uuid id{};
    std::copy_n(hash.begin(), id.size(), id.begin());
    id[6] = static_cast<std::uint8_t>((id[6] & 0x0f) | 0x80);
    id[8] = static_cast<std::uint8_t>((id[8] & 0x3f) | 0x80);
    return id;
}

}  // namespace dealog
