#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/principal.hpp"
#include "base/time.hpp"

namespace dealog::settings {
struct Settings;
}
namespace dealog::pipeline {
struct Pipeline;
}
namespace dealog::team {
struct Team;
}
namespace dealog::seller {
struct Seller;
}
namespace dealog::api_key {
struct ApiKey;
}
namespace dealog::company {
struct Company;
}
namespace dealog::contact {
struct Contact;
}
namespace dealog::deal {
struct Deal;
}

namespace dealog::domain {

/// The folded aggregates that a decision looks at. Each look is a read of that stream: the decision is written only if
/// the stream has not moved since. Null: there is none. References live as long as the decision.
class Aggregates {
public:
    virtual ~Aggregates() = default;
    [[nodiscard]] virtual const settings::Settings& settings() = 0;
    [[nodiscard]] virtual const pipeline::Pipeline* pipeline(std::string_view key) = 0;
    [[nodiscard]] virtual const team::Team* team(std::string_view id) = 0;
    [[nodiscard]] virtual const seller::Seller* seller(std::string_view id) = 0;
    [[nodiscard]] virtual const api_key::ApiKey* api_key(std::string_view id) = 0;
    [[nodiscard]] virtual const company::Company* company(std::string_view id) = 0;
    [[nodiscard]] virtual const contact::Contact* contact(std::string_view id) = 0;
    [[nodiscard]] virtual const deal::Deal* deal(std::string_view id) = 0;
    /// True when personal values of this subject can no longer be written.
    [[nodiscard]] virtual bool erased(std::string_view subject) = 0;
};

/// Chance and one-way hashing, lent so that the rules need no cryptography.
class Secrets {
public:
    virtual ~Secrets() = default;
    /// 32 unpredictable bytes.
    [[nodiscard]] virtual std::string next() = 0;
    /// The 32 raw bytes of SHA-256.
    [[nodiscard]] virtual std::string sha256(std::string_view bytes) const = 0;
};

/// What a decision is given beside the command. Nothing of it comes from the client.
struct Given {
    Instant now;
    IdSource& ids;
    const Principal& actor;
    Aggregates& aggregates;
    /// Where the command came in: api, import, rule, demo.
    std::string_view source = "api";
    /// Needed by the commands that issue keys.
    Secrets* secrets = nullptr;

    [[nodiscard]] std::string new_id() const { return to_text(ids.next(now)); }
    /// The client's id when it made one, else a new one.
    [[nodiscard]] std::string id_or_new(const std::string& wanted) const { return wanted.empty() ? new_id() : wanted; }
};

}  // namespace dealog::domain
