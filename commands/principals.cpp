#include "commands/principals.hpp"

#include <sodium.h>

#include <array>

#include "domain/api_key/api_key.hpp"
#include "domain/given.hpp"
#include "domain/seller/seller.hpp"

namespace dealog::commands {

namespace {

bool opens(const api_key::ApiKey& key, std::string_view secret) {
    std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
    crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(secret.data()), secret.size());
    return key.secret_sha256.size() == hash.size() &&
           sodium_memcmp(key.secret_sha256.data(), hash.data(), hash.size()) == 0;
}

std::optional<Principal> principal_of_key(const api_key::ApiKey* key, domain::Aggregates& aggregates, Instant now) {
    if (key == nullptr) return std::nullopt;
    const auto* seller = key->seller_id.empty() ? nullptr : aggregates.seller(key->seller_id);
    return api_key::principal_of(*key, seller, now);
}

}  // namespace

std::optional<Principal> present_principal(const Principal& shown, domain::Aggregates& aggregates, Instant now) {
    if (!shown.key_id.empty()) return principal_of_key(aggregates.api_key(shown.key_id), aggregates, now);
    if (shown.kind == Principal::Kind::service) return principal_of_key(aggregates.api_key(shown.id), aggregates, now);
    if (shown.kind == Principal::Kind::seller) {
        const auto* seller = aggregates.seller(shown.id);
        if (seller == nullptr || !seller->active) return std::nullopt;
    }
    return shown;
}

std::optional<Principal> principal_of_secret(std::string_view secret, domain::Aggregates& aggregates, Instant now) {
    const auto key_id = api_key::key_id_of(secret);
    if (!key_id) return std::nullopt;
    const auto* key = aggregates.api_key(*key_id);
    if (key == nullptr || !opens(*key, secret)) return std::nullopt;
    return principal_of_key(key, aggregates, now);
}

}  // namespace dealog::commands
