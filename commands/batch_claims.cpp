#include "commands/batch_claims.hpp"

#include <charconv>

namespace dealog::commands {

std::optional<Code> BatchClaims::add(const domain::Claim& claim, std::size_t command) {
    for (const auto& value : claim.values) {
        const auto held = owners_.find({claim.kind, value});
        if (held != owners_.end() && held->second != claim.owner) return claim.taken;
    }
    auto& set = by_owner_[{claim.kind, claim.owner}];
    for (const auto& value : set.values) owners_.erase({claim.kind, value});
    for (const auto& value : claim.values) owners_[{claim.kind, value}] = claim.owner;
    set = Set{.values = claim.values, .origin = {.code = claim.taken, .command = command}};
    return std::nullopt;
}

std::optional<std::string> BatchClaims::owner(const std::string& kind, const std::string& value) const {
    if (const auto held = owners_.find({kind, value}); held != owners_.end()) return held->second;
    auto stored = log_.claim_owner(kind, value);
    if (stored && by_owner_.contains({kind, *stored})) return std::nullopt;  // let go by this request
    return stored;
}

std::optional<BatchClaims::Origin> BatchClaims::origin(const eventstore::ClaimTaken& taken) const {
    std::size_t index = 0;
    std::from_chars(taken.value_index.data(), taken.value_index.data() + taken.value_index.size(), index);
    for (const auto& [key, set] : by_owner_) {
        if (key.first != taken.kind || key.second == taken.owner || index >= set.values.size()) continue;
        const auto holder = log_.claim_owner(taken.kind, set.values[index]);
        if (holder == taken.owner) return set.origin;
    }
    for (const auto& [key, set] : by_owner_) {
        if (key.first == taken.kind) return set.origin;  // let go meanwhile: any of the kind has the same code
    }
    return std::nullopt;
}

std::optional<BatchClaims::Origin> BatchClaims::refused_now() const {
    for (const auto& [key, set] : by_owner_) {
        for (const auto& value : set.values) {
            const auto stored = log_.claim_owner(key.first, value);
            if (stored && *stored != key.second && !by_owner_.contains({key.first, *stored})) return set.origin;
        }
    }
    return std::nullopt;
}

std::vector<eventstore::ClaimSet> BatchClaims::sets() const {
    std::vector<eventstore::ClaimSet> all;
    all.reserve(by_owner_.size());
    for (const auto& [key, set] : by_owner_)
        all.push_back({.kind = key.first, .owner = key.second, .values = set.values});
    return all;
}

}  // namespace dealog::commands
