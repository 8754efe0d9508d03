#pragma once

#include <string>
#include <vector>

#include "base/options.pb.h"

namespace dealog {

using RoleName = v1::Role::Name;

/// Who asks. Made by authentication from the key and the present state of its seller; never from the request.
struct Principal {
    enum class Kind { seller, service, system };
    Kind kind = Kind::system;
    std::string id;      // seller id; a service's key id; "system"
    std::string name;    // of a service: its name
    std::string key_id;  // the key that was shown; empty for system
    std::vector<RoleName> roles;
    std::string team_id;           // empty = none
    bool whole_workspace = false;  // a HEAD of every team
    std::vector<std::string> scopes;

    /// What idempotency keys are scoped by: the principal, not its key.
    [[nodiscard]] std::string scope() const {
        return (kind == Kind::seller ? "seller:" : kind == Kind::service ? "service:" : "system:") + id;
    }
};

}  // namespace dealog
