#include "commands/secrets.hpp"

#include <sodium.h>

namespace dealog::commands {

std::string RandomSecrets::next() {
    std::string bytes(32, '\0');
    randombytes_buf(bytes.data(), bytes.size());
    return bytes;
}

std::string RandomSecrets::sha256(std::string_view bytes) const {
    std::string hash(crypto_hash_sha256_BYTES, '\0');
    crypto_hash_sha256(reinterpret_cast<unsigned char*>(hash.data()),
                       reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
    return hash;
}

}  // namespace dealog::commands
