#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/decision.hpp"
#include "eventstore/event_log.hpp"

namespace dealog::commands {

/// The claims of one request, each command's on top of the earlier ones'. The last word on an owner's values stands.
class BatchClaims {
public:
    explicit BatchClaims(const eventstore::EventLog& log) : log_(log) {}

    /// Takes what a command claims; answers its refusal when an earlier command of the request holds a value.
    [[nodiscard]] std::optional<Code> add(const domain::Claim& claim, std::size_t command);
    /// The owner of a value, those of this request first.
    [[nodiscard]] std::optional<std::string> owner(const std::string& kind, const std::string& value) const;

    /// Which command a refused claim belongs to, and what it is refused with.
    struct Origin {
        Code code;
        std::size_t command;
    };
    [[nodiscard]] std::optional<Origin> origin(const eventstore::ClaimTaken& taken) const;
    /// The first claim that the log would refuse as it is now.
    [[nodiscard]] std::optional<Origin> refused_now() const;
    [[nodiscard]] std::vector<eventstore::ClaimSet> sets() const;

private:
    struct Set {
        std::vector<std::string> values;
        Origin origin;
    };
    using Key = std::pair<std::string, std::string>;  // kind and owner, or kind and value

    const eventstore::EventLog& log_;
    std::map<Key, Set> by_owner_;
    std::map<Key, std::string> owners_;
};

}  // namespace dealog::commands
