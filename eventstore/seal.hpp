#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "eventstore/vault.hpp"

namespace dealog::eventstore {

/// 256 secret bits; every copy is wiped when it goes.
class Key {
public:
    static constexpr std::size_t size = 32;

    Key() = default;
    Key(const Key&) = default;
    Key& operator=(const Key&) = default;
    ~Key();

    [[nodiscard]] static Key random();
    /// There must be 32 bytes.
    [[nodiscard]] static Key from_bytes(std::string_view bytes);
    [[nodiscard]] const std::uint8_t* data() const { return bytes_.data(); }
    [[nodiscard]] std::uint8_t* data() { return bytes_.data(); }
    [[nodiscard]] std::string_view view() const { return {reinterpret_cast<const char*>(bytes_.data()), size}; }

private:
    std::array<std::uint8_t, size> bytes_{};
};

/// libsodium must have been started once before anything else here.
void start_sodium();

/// `plain` under `key`: nonce ‖ XChaCha20-Poly1305, for keys that wrap keys.
[[nodiscard]] std::string wrap(const Key& key, std::string_view associated, std::string_view plain);
/// False when `wrapped` was not made by `wrap` with the same key and associated data.
[[nodiscard]] bool unwrap(const Key& key, std::string_view associated, std::string_view wrapped, std::string& plain);

/// Overwrites secret text with zeros.
void wipe(std::string& secret);

/// Four bytes of length before every piece: no two lists of pieces read the same.
void put_piece(std::string& out, std::string_view piece);

/// The version of subjects' keys and of the way they seal that this binary writes and reads.
inline constexpr std::uint32_t key_version = 1;

/// Fills nonce, commitment and ciphertext of `part`, whose field and subject are set.
void seal_part(const Key& subject_key, const SealContext& context, std::string_view plain, v1::SealedPart& part);
/// False when anything at all differs from what was sealed.
[[nodiscard]] bool open_part(const Key& subject_key, const SealContext& context, const v1::SealedPart& part,
                             std::string_view subject, std::string& plain);

/// BLAKE2b of the pieces under `key`. 32 bytes.
[[nodiscard]] std::string keyed_hash(const Key& key, std::string_view pieces);

}  // namespace dealog::eventstore
