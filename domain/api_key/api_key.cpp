#include "domain/api_key/api_key.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/assert.hpp"
#include "domain/rules.hpp"
#include "domain/seller/seller.hpp"

namespace dealog::api_key {

namespace {

constexpr std::string_view prefix = "dlg_";
constexpr std::size_t hex_digits = 32;
constexpr std::size_t secret_digits = 43;  // base64url of 32 bytes

std::string base64url(std::string_view bytes) {
    static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    std::uint32_t bits = 0;
    int held = 0;
    for (const char c : bytes) {
        bits = bits << 8 | static_cast<unsigned char>(c);
        for (held += 8; held >= 6; held -= 6) out.push_back(digits[bits >> (held - 6) & 63u]);
    }
    if (held > 0) out.push_back(digits[bits << (6 - held) & 63u]);
    return out;
}

bool has(const std::vector<RoleName>& roles, RoleName role) { return std::ranges::find(roles, role) != roles.end(); }

bool is_scope(std::string_view scope) {
    if (scope == "commands" || scope == "queries" || scope == "events") return true;
    return scope.starts_with("events:") && scope.size() > std::string_view{"events:"}.size();
}

std::optional<Rejection> bad_seller_key(const v1::IssueApiKey& command, const domain::Given& given) {
    const auto seller = domain::active_seller(given, command.seller_id(), "sellerId");
    if (!seller) return seller.error();
    for (const int role : command.roles()) {
        if (!has((*seller)->roles, static_cast<RoleName>(role))) {
            return domain::broken(Code::Problem_Code_ROLE_NOT_GRANTABLE, "roles",
                                  fmt::format("The seller does not have the role {}.",
                                              dealog::v1::Role::Name_Name(static_cast<RoleName>(role))));
        }
    }
    if (!command.scopes().empty()) {
        return domain::broken(Code::Problem_Code_INVALID_FIELD, "scopes", "Scopes are for services.");
    }
    return {};
}

std::optional<Rejection> bad_service_key(const v1::IssueApiKey& command) {
    if (command.roles().empty() && command.scopes().empty()) {
        return domain::broken(Code::Problem_Code_INVALID_FIELD, "roles", "A service needs roles or scopes.");
    }
    for (int i = 0; i < command.scopes_size(); ++i) {
        if (!is_scope(command.scopes(i))) {
            return domain::broken(Code::Problem_Code_INVALID_FIELD, fmt::format("scopes[{}]", i),
                                  "A scope is commands, queries, events or events:<category>.");
        }
    }
    return {};
}

}  // namespace

void evolve(ApiKey& state, const v1::ApiKeyIssued& event, const domain::Envelope& envelope) {
    state.exists = true;
    state.revision = envelope.revision;
    state.id = event.key_id();
    state.seller_id = event.seller_id();
    state.service = event.service();
    state.roles.clear();
    for (const int role : event.roles()) state.roles.push_back(static_cast<RoleName>(role));
    state.scopes.assign(event.scopes().begin(), event.scopes().end());
    state.expires_at = domain::instant_if(event.has_expires_at(), event.expires_at());
    state.secret_sha256 = event.secret_sha256();
    state.whole_workspace = event.whole_workspace();
}

void evolve(ApiKey& state, const v1::ApiKeyRevoked&, const domain::Envelope& envelope) {
    state.revision = envelope.revision;
    state.revoked = true;
}

StreamName stream_of(std::string_view id) { return StreamName{fmt::format("apikey-{}", id)}; }

std::optional<std::string> key_id_of(std::string_view secret) {
    if (secret.size() != prefix.size() + hex_digits + 1 + secret_digits || !secret.starts_with(prefix)) return {};
    const std::string_view hex = secret.substr(prefix.size(), hex_digits);
    if (secret[prefix.size() + hex_digits] != '_') return {};
    const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (!std::ranges::all_of(hex, is_hex)) return {};
    return fmt::format("{}-{}-{}-{}-{}", hex.substr(0, 8), hex.substr(8, 4), hex.substr(12, 4), hex.substr(16, 4),
                       hex.substr(20));
}

Issued issue(const std::string& key_id, const domain::Given& given) {
    DEALOG_ASSERT(given.secrets != nullptr, "a key cannot be issued without a source of secrets");
    std::string hex;
    for (const char c : key_id) {
        if (c != '-') hex.push_back(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
    }
    Issued issued;
    issued.secret = fmt::format("{}{}_{}", prefix, hex, base64url(given.secrets->next()));
    issued.event.set_key_id(key_id);
    issued.event.set_secret_sha256(given.secrets->sha256(issued.secret));
    return issued;
}

std::optional<Principal> principal_of(const ApiKey& key, const seller::Seller* seller, Instant now) {
    if (!key.accepted_at(now)) return {};
    if (key.seller_id.empty()) {
        return Principal{.kind = Principal::Kind::service,
                         .id = key.id,
                         .name = key.service,
                         .key_id = key.id,
                         .roles = key.roles,
                         .team_id = {},
                         .whole_workspace = key.whole_workspace,
                         .scopes = key.scopes};
    }
    if (seller == nullptr || !seller->active) return {};
    Principal principal{.kind = Principal::Kind::seller,
                        .id = seller->id,
                        .name = seller->name,
                        .key_id = key.id,
                        .roles = {},
                        .team_id = seller->team_id,
                        .whole_workspace = seller->whole_workspace,
                        .scopes = {}};
    for (const RoleName role : seller->roles) {
        if (key.roles.empty() || has(key.roles, role)) principal.roles.push_back(role);
    }
    return principal;
}

domain::Decided decide(const v1::IssueApiKey& command, const domain::Given& given) {
    const std::string id = given.id_or_new(command.id());
    if (given.aggregates.api_key(id) != nullptr) {
        return domain::refused(Code::Problem_Code_ALREADY_EXISTS, "id", "There is a key with this id.");
    }
    if (command.seller_id().empty() == command.service().empty()) {
        return domain::refused(Code::Problem_Code_INVALID_FIELD, "sellerId", "Name a seller or a service.");
    }
    if (command.has_expires_at() && from_proto(command.expires_at()) <= given.now) {
        return domain::refused(Code::Problem_Code_INVALID_FIELD, "expiresAt", "The key would be expired already.");
    }
    const bool of_service = command.seller_id().empty();
    DEALOG_REFUSE_IF(of_service ? bad_service_key(command) : bad_seller_key(command, given));
    Issued issued = issue(id, given);
    v1::ApiKeyIssued& event = issued.event;
    event.set_seller_id(command.seller_id());
    event.set_service(command.service());
    *event.mutable_roles() = command.roles();
    if (of_service && command.roles().empty()) event.add_roles(RoleName::Role_Name_INTEGRATION);
    *event.mutable_scopes() = command.scopes();
    if (command.has_expires_at()) *event.mutable_expires_at() = command.expires_at();
    event.set_whole_workspace(of_service && command.whole_workspace());
    domain::Decision decision{.id = id, .stream = stream_of(id), .created = true, .secret = std::move(issued.secret)};
    domain::add(decision, decision.stream, std::move(event));
    return decision;
}

domain::Decided decide(const v1::RevokeApiKey& command, const domain::Given& given) {
    const ApiKey* key = given.aggregates.api_key(command.key());
    if (key == nullptr) return domain::not_found("key", command.key());
    if (key->revoked) return domain::refused(Code::Problem_Code_KEY_REVOKED, "", "The key is revoked already.");
    v1::ApiKeyRevoked event;
    event.set_key_id(key->id);
    domain::Decision decision{.id = key->id, .stream = stream_of(key->id)};
    domain::add(decision, decision.stream, std::move(event));
    return decision;
}

}  // namespace dealog::api_key
