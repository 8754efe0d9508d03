#include "eventstore/group.hpp"

#include <algorithm>
#include <set>

namespace dealog::eventstore {
namespace {

bool holds(const Expected& expected, Revision actual) {
    struct Match {
        Revision actual;
        bool operator()(const AnyRevision&) const { return true; }
        bool operator()(const NoStream&) const { return actual == Revision{0}; }
        bool operator()(const StreamExists&) const { return actual > Revision{0}; }
        bool operator()(const ExactRevision& exact) const { return actual == exact.revision; }
    };
    return std::visit(Match{actual}, expected);
}

bool carries(const log::v1::Record& record, const log::v1::Tag& wanted) {
    return std::ranges::any_of(record.tags(), [&](const log::v1::Tag& tag) {
        return tag.key() == wanted.key() && tag.value() == wanted.value();
    });
}

bool contains(const std::vector<std::string>& list, const std::string& item) {
    return std::ranges::find(list, item) != list.end();
}

}  // namespace

Group::Verdict Group::admit(Prepared prepared, Instant recorded_at) {
    if (auto answer = known(prepared)) return *std::move(answer);
    std::vector<Conflict> conflicts;
    check_streams(prepared, conflicts);
    check_events(prepared, conflicts);
    check_conditions(prepared, conflicts);
    check_claims(prepared, conflicts);
    if (!conflicts.empty()) return AppendError{Conflicts{std::move(conflicts)}};

    const std::uint64_t before = tip_.position.value();
    const std::uint64_t count = prepared.records.size();
    StagedAppend append{.prepared = std::move(prepared),
                        .encoded = {},
                        .first = Position{before + 1},
                        .last = Position{before + count},
                        .recorded_at = std::max(recorded_at, tip_.recorded_at)};
    stage_records(append);
    stage_claims(append.prepared.claims);
    if (const auto& command = append.prepared.command) {
        commands_[{command->scope, command->key}] =
            KnownCommand{append.first, append.last, command->mac, append.prepared.receipt};
    }
    tip_.position = append.last;
    tip_.recorded_at = append.recorded_at;
    appends_.push_back(std::move(append));
    return appends_.size() - 1;
}

std::optional<Group::Verdict> Group::known(const Prepared& prepared) {
    if (!prepared.command) return std::nullopt;
    const CommandId& command = *prepared.command;
    std::optional<KnownCommand> before;
    if (const auto found = commands_.find({command.scope, command.key}); found != commands_.end()) {
        before = found->second;
    } else {
        before = ledger_.known_command(command.scope, command.key);
    }
    if (!before) return std::nullopt;
    if (before->mac != command.mac) return AppendError{Conflicts{{CommandReused{}}}};
    return *std::move(before);
}

void Group::check_streams(const Prepared& prepared, std::vector<Conflict>& conflicts) {
    for (const StreamCheck& check : prepared.checks) {
        const Revision actual = revision(check.stream.value());
        if (!holds(check.expected, actual)) conflicts.emplace_back(WrongRevision{check.stream, actual});
    }
}

void Group::check_events(const Prepared& prepared, std::vector<Conflict>& conflicts) {
    for (const log::v1::Record& record : prepared.records) {
        if (event_ids_.contains(record.event_id()) || ledger_.has_event(record.event_id())) {
            conflicts.emplace_back(EventIdReused{uuid_from_bytes(record.event_id())});
        }
    }
}

void Group::check_conditions(const Prepared& prepared, std::vector<Conflict>& conflicts) {
    for (const TagCondition& condition : prepared.conditions) {
        if (const auto found = first_tagged(condition)) conflicts.emplace_back(ConditionFailed{*found});
    }
}

// What the append's own owners let go is free for its other owners, in whatever order they are named.
void Group::check_claims(const Prepared& prepared, std::vector<Conflict>& conflicts) {
    if (prepared.claims.empty()) return;
    std::set<Key> released;
    for (const HashedClaims& set : prepared.claims) {
        for (const std::string& hash : holding({set.kind, set.owner})) {
            if (!contains(set.hashes, hash)) released.emplace(set.kind, hash);
        }
    }
    std::map<Key, std::string> taken;
    for (const HashedClaims& set : prepared.claims) {
        for (std::size_t i = 0; i < set.hashes.size(); ++i) {
            const Key key{set.kind, set.hashes[i]};
            std::optional<std::string> holder = released.contains(key) ? std::nullopt : owner(key);
            if (!holder || *holder == set.owner) holder = taken.emplace(key, set.owner).first->second;
            if (*holder != set.owner) conflicts.emplace_back(ClaimTaken{set.kind, std::to_string(i), *holder});
        }
    }
}

void Group::stage_records(StagedAppend& append) {
    std::uint64_t position = append.first.value();
    const std::int64_t recorded_at = append.recorded_at.time_since_epoch().count();
    append.encoded.reserve(append.prepared.records.size());
    for (std::size_t i = 0; i < append.prepared.records.size(); ++i) {
        log::v1::Record& record = append.prepared.records[i];
        Revision& last = revisions_.try_emplace(record.stream(), revision(record.stream())).first->second;
        last = Revision{last.value() + 1};
        record.set_position(position++);
        record.set_revision(last.value());
        record.set_recorded_at(recorded_at);
        if (!append.prepared.dated[i]) record.set_occurred_at(recorded_at);
        record.set_append_first(append.first.value());
        const std::string& bytes = append.encoded.emplace_back(record.SerializeAsString());
        tip_.frontier.add(leaf_hash(bytes));
        event_ids_.insert(record.event_id());
    }
}

void Group::stage_claims(const std::vector<HashedClaims>& claims) {
    for (const HashedClaims& set : claims) {
        for (const std::string& hash : holding({set.kind, set.owner})) owners_[{set.kind, hash}] = std::nullopt;
    }
    for (const HashedClaims& set : claims) {
        std::vector<std::string>& held = holdings_[{set.kind, set.owner}];
        held.clear();
        for (const std::string& hash : set.hashes) {
            if (contains(held, hash)) continue;
            held.push_back(hash);
            owners_[{set.kind, hash}] = set.owner;
        }
    }
}

Revision Group::revision(const std::string& stream) {
    const auto staged = revisions_.find(stream);
    return staged != revisions_.end() ? staged->second : ledger_.latest_revision(stream);
}

std::optional<std::string> Group::owner(const Key& kind_and_hash) {
    const auto staged = owners_.find(kind_and_hash);
    return staged != owners_.end() ? staged->second : ledger_.owner_of(kind_and_hash.first, kind_and_hash.second);
}

std::vector<std::string> Group::holding(const Key& kind_and_owner) {
    const auto staged = holdings_.find(kind_and_owner);
    return staged != holdings_.end() ? staged->second : ledger_.held_by(kind_and_owner.first, kind_and_owner.second);
}

std::optional<Position> Group::first_tagged(const TagCondition& condition) {
    if (const auto found = ledger_.first_tagged(condition.tags, condition.after)) return found;
    for (const StagedAppend& append : appends_) {
        for (const log::v1::Record& record : append.prepared.records) {
            const auto carried = [&](const log::v1::Tag& tag) { return carries(record, tag); };
            if (record.position() > condition.after.value() && std::ranges::all_of(condition.tags, carried)) {
                return Position{record.position()};
            }
        }
    }
    return std::nullopt;
}

}  // namespace dealog::eventstore
