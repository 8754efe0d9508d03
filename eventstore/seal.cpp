#include "eventstore/seal.hpp"

#include <sodium.h>

#include <cstring>
#include <stdexcept>

#include "base/assert.hpp"

namespace dealog::eventstore {

namespace {

constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_size = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t commitment_size = 32;
constexpr std::string_view seal_label = "dealog seal 1";

static_assert(Key::size == crypto_aead_xchacha20poly1305_ietf_KEYBYTES);

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

void encrypt(const Key& key, std::string_view nonce, std::string_view associated, std::string_view plain,
             unsigned char* out) {
    crypto_aead_xchacha20poly1305_ietf_encrypt(out, nullptr, bytes_of(plain), plain.size(), bytes_of(associated),
                                               associated.size(), nullptr, bytes_of(nonce), key.data());
}

bool decrypt(const Key& key, std::string_view nonce, std::string_view associated, std::string_view ciphertext,
             std::string& plain) {
    if (nonce.size() != nonce_size || ciphertext.size() < tag_size) return false;
    plain.resize(ciphertext.size() - tag_size);
    const int refused = crypto_aead_xchacha20poly1305_ietf_decrypt(
        bytes_of(plain), nullptr, nullptr, bytes_of(ciphertext), ciphertext.size(), bytes_of(associated),
        associated.size(), bytes_of(nonce), key.data());
    if (refused != 0) plain.clear();
    return refused == 0;
}

/// What one nonce makes of a subject's key: a key for this part alone, and a public value that no other key yields
/// (the AEAD by itself would accept a second key made to fit).
struct PartKey {
    Key key;
    std::array<char, commitment_size> commitment{};

    PartKey(const Key& subject_key, std::string_view nonce) {
        std::array<unsigned char, Key::size + commitment_size> out{};
        std::array<unsigned char, seal_label.size() + nonce_size> in{};
        std::memcpy(in.data(), seal_label.data(), seal_label.size());
        std::memcpy(in.data() + seal_label.size(), nonce.data(), nonce_size);
        crypto_generichash(out.data(), out.size(), in.data(), in.size(), subject_key.data(), Key::size);
        std::memcpy(key.data(), out.data(), Key::size);
        std::memcpy(commitment.data(), out.data() + Key::size, commitment_size);
        sodium_memzero(out.data(), out.size());
    }
};

std::string associated_data(const SealContext& context, std::string_view field, std::string_view subject) {
    std::string out;
    out.reserve(256);
    for (const std::string_view piece :
         {seal_label, context.workspace, context.event_id, context.stream, context.type, field, subject}) {
        put_piece(out, piece);
    }
    return out;
}

std::string random_nonce() {
    std::string nonce(nonce_size, '\0');
    randombytes_buf(nonce.data(), nonce.size());
    return nonce;
}

}  // namespace

Key::~Key() { sodium_memzero(bytes_.data(), bytes_.size()); }

Key Key::random() {
    Key key;
    randombytes_buf(key.data(), size);
    return key;
}

Key Key::from_bytes(std::string_view bytes) {
    DEALOG_ASSERT(bytes.size() == size, "a key has 32 bytes");
    Key key;
    std::memcpy(key.data(), bytes.data(), size);
    return key;
}

void start_sodium() {
    static const int started = sodium_init();
    if (started < 0) throw std::runtime_error{"libsodium does not start"};
}

std::string wrap(const Key& key, std::string_view associated, std::string_view plain) {
    std::string out = random_nonce();
    out.resize(nonce_size + plain.size() + tag_size);
    encrypt(key, std::string_view{out}.substr(0, nonce_size), associated, plain, bytes_of(out) + nonce_size);
    return out;
}

bool unwrap(const Key& key, std::string_view associated, std::string_view wrapped, std::string& plain) {
    if (wrapped.size() < nonce_size) return false;
    return decrypt(key, wrapped.substr(0, nonce_size), associated, wrapped.substr(nonce_size), plain);
}

void wipe(std::string& secret) { sodium_memzero(secret.data(), secret.size()); }

void put_piece(std::string& out, std::string_view piece) {
    const auto size = static_cast<std::uint32_t>(piece.size());
    for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(size >> shift & 0xff));
    out.append(piece);
}

void seal_part(const Key& subject_key, const SealContext& context, std::string_view plain, v1::SealedPart& part) {
    part.set_key_version(key_version);
    part.set_nonce(random_nonce());
    const PartKey made{subject_key, part.nonce()};
    part.set_commitment(made.commitment.data(), made.commitment.size());
    std::string& ciphertext = *part.mutable_ciphertext();
    ciphertext.resize(plain.size() + tag_size);
    encrypt(made.key, part.nonce(), associated_data(context, part.field(), part.subject()), plain,
            bytes_of(ciphertext));
}

bool open_part(const Key& subject_key, const SealContext& context, const v1::SealedPart& part, std::string_view subject,
               std::string& plain) {
    plain.clear();
    if (part.key_version() != key_version || part.subject() != subject) return false;
    if (part.nonce().size() != nonce_size || part.commitment().size() != commitment_size) return false;
    const PartKey made{subject_key, part.nonce()};
    if (sodium_memcmp(made.commitment.data(), part.commitment().data(), commitment_size) != 0) return false;
    return decrypt(made.key, part.nonce(), associated_data(context, part.field(), subject), part.ciphertext(), plain);
}

std::string keyed_hash(const Key& key, std::string_view pieces) {
    std::string out(32, '\0');
    crypto_generichash(bytes_of(out), out.size(), bytes_of(pieces), pieces.size(), key.data(), Key::size);
    return out;
}

}  // namespace dealog::eventstore
