#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/principal.hpp"
#include "domain/api_key/api_key.pb.h"
#include "domain/decision.hpp"
#include "domain/fold.hpp"
#include "domain/given.hpp"

namespace dealog::api_key {

namespace v1 = dealog::apikey::v1;

/// Who a secret stands for. A seller's key has the roles named here as far as the seller still has them; no roles
/// named: all of the seller's.
struct ApiKey {
    bool exists = false;
    Revision revision;
    std::string id;
    std::string seller_id;  // the principal, or
    std::string service;
    std::vector<RoleName> roles;
    std::vector<std::string> scopes;
    std::optional<Instant> expires_at;
    std::string secret_sha256;
    bool whole_workspace = false;
    bool revoked = false;

    [[nodiscard]] bool accepted_at(Instant t) const { return exists && !revoked && (!expires_at || t < *expires_at); }
};

void evolve(ApiKey& state, const v1::ApiKeyIssued& event, const domain::Envelope& envelope);
void evolve(ApiKey& state, const v1::ApiKeyRevoked& event, const domain::Envelope& envelope);

using Fold = domain::Folder<ApiKey, v1::ApiKeyIssued, v1::ApiKeyRevoked>;

[[nodiscard]] StreamName stream_of(std::string_view id);

/// The id of the key inside a secret `dlg_<32 hex digits>_<43 base64url characters>`; absent when it is none of ours.
[[nodiscard]] std::optional<std::string> key_id_of(std::string_view secret);

/// A new key's event, still without owner and rights, and its secret in clear. Needs given.secrets.
struct Issued {
    v1::ApiKeyIssued event;
    std::string secret;
};
[[nodiscard]] Issued issue(const std::string& key_id, const domain::Given& given);

/// Who asks with this key now: its seller's present roles and team, or the service. Absent when the key is not accepted
/// or its seller is not there or does not work any more. `seller` is the key's seller, null for a service.
[[nodiscard]] std::optional<Principal> principal_of(const ApiKey& key, const seller::Seller* seller, Instant now);

[[nodiscard]] domain::Decided decide(const v1::IssueApiKey& command, const domain::Given& given);
[[nodiscard]] domain::Decided decide(const v1::RevokeApiKey& command, const domain::Given& given);

}  // namespace dealog::api_key
