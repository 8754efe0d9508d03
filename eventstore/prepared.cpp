#include "eventstore/prepared.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "eventstore/vault.hpp"

namespace dealog::eventstore {
namespace {

// Position, revision, recorded_at, occurred_at, append_first and append_count, at most.
constexpr std::size_t committer_bytes_max = 72;

bool is_stream_name(const std::string& name) {
    const auto visible = [](char c) { return c >= '!' && c <= '~'; };
    return !name.empty() && name.size() <= stream_name_bytes_max && std::ranges::all_of(name, visible);
}

bool is_name(const std::string& name) { return !name.empty() && name.size() <= name_bytes_max; }

bool is_tag(const log::v1::Tag& tag) { return is_name(tag.key()) && is_name(tag.value()); }

std::string event_flaw(const NewEvent& event) {
    if (!is_stream_name(event.stream.value())) return "a stream name is not 1 to 128 bytes of visible ASCII";
    if (event.type.empty()) return "an event has no type";
    if (event.event_id == Uuid{}) return "an event has no id";
    if (event.tags.size() > event_tags_max) return "an event has too many tags";
    if (!std::ranges::all_of(event.tags, is_tag)) return "a tag's key or value is not 1 to 255 bytes";
    return {};
}

std::string events_flaw(const std::vector<NewEvent>& events) {
    if (events.empty()) return "an append needs an event";
    if (events.size() > append_events_max) return fmt::format("more than {} events in one append", append_events_max);
    std::set<Uuid> ids;
    for (const NewEvent& event : events) {
        if (std::string flaw = event_flaw(event); !flaw.empty()) return flaw;
        if (!ids.insert(event.event_id).second) return "an event id is used twice in one append";
    }
    return {};
}

std::string claims_flaw(const std::vector<ClaimSet>& claims) {
    std::size_t values = 0;
    std::set<std::pair<std::string, std::string>> seen;
    for (const ClaimSet& set : claims) {
        if (!is_name(set.kind) || !is_name(set.owner)) return "a claim's kind or owner is not 1 to 255 bytes";
        if (!seen.emplace(set.kind, set.owner).second) return "an owner's claims are set twice in one append";
        values += set.values.size();
    }
    if (values > append_claim_values_max) return "too many claims in one append";
    return {};
}

std::string flaw_of(const Append& append) {
    if (std::string flaw = events_flaw(append.events); !flaw.empty()) return flaw;
    if (append.checks.size() > append_checks_max) return "too many stream checks in one append";
    for (const StreamCheck& check : append.checks) {
        if (!is_stream_name(check.stream.value()))
            return "a checked stream's name is not 1 to 128 bytes of visible ASCII";
    }
    if (append.conditions.size() > append_conditions_max) return "too many tag conditions in one append";
    for (const TagCondition& condition : append.conditions) {
        if (condition.tags.empty() || !std::ranges::all_of(condition.tags, is_tag)) return "a tag condition needs tags";
    }
    if (append.command) {
        if (!is_name(append.command->scope)) return "a command id's scope is not 1 to 255 bytes";
        if (append.command->key.empty() || append.command->key.size() > command_key_bytes_max) {
            return "a command id's key is not 1 to 1024 bytes";
        }
    }
    if (append.receipt.size() > receipt_bytes_max) return "a receipt is too large";
    return claims_flaw(append.claims);
}

log::v1::Record record_of(NewEvent& event, const Append& append, const std::string& workspace, std::uint32_t epoch) {
    log::v1::Record record;
    record.set_workspace(workspace);
    record.set_epoch(epoch);
    record.set_stream(event.stream.value());
    record.set_event_id(to_bytes(event.event_id));
    record.set_type(std::move(event.type));
    if (event.occurred_at) record.set_occurred_at(event.occurred_at->time_since_epoch().count());
    record.set_backdated(event.backdated);
    *record.mutable_actor() = append.actor;
    if (append.on_behalf_of) *record.mutable_on_behalf_of() = *append.on_behalf_of;
    record.set_source(append.source);
    if (append.command) {
        record.set_command_id(append.command->key);
        record.set_request_mac(append.command->mac);
    }
    record.set_correlation_id(append.correlation_id);
    record.set_causation_id(append.causation_id);
    record.set_traceparent(append.traceparent);
    record.set_append_count(static_cast<std::uint32_t>(append.events.size()));
    for (log::v1::Tag& tag : event.tags) *record.add_tags() = std::move(tag);
    record.set_payload(std::move(event.payload));
    for (v1::SealedPart& part : event.sealed) *record.add_sealed() = std::move(part);
    return record;
}

}  // namespace

Result<Prepared, NotAppendable> prepare(Append append, const Vault& vault, const std::string& workspace,
                                        std::uint32_t epoch) {
    if (std::string flaw = flaw_of(append); !flaw.empty()) return refuse(NotAppendable{std::move(flaw)});
    Prepared prepared;
    prepared.records.reserve(append.events.size());
    for (NewEvent& event : append.events) {
        prepared.dated.push_back(event.occurred_at.has_value());
        const log::v1::Record& record = prepared.records.emplace_back(record_of(event, append, workspace, epoch));
        const std::size_t bytes = record.ByteSizeLong() + committer_bytes_max;
        if (bytes > record_bytes_max) return refuse(NotAppendable{"a record is larger than 256 KiB"});
        prepared.bytes += bytes;
    }
    if (prepared.bytes > append_bytes_max) return refuse(NotAppendable{"an append is larger than 4 MiB"});
    for (ClaimSet& set : append.claims) {
        HashedClaims& hashed =
            prepared.claims.emplace_back(HashedClaims{std::move(set.kind), std::move(set.owner), {}});
        for (const std::string& value : set.values) hashed.hashes.push_back(vault.claim_hash(hashed.kind, value));
    }
    prepared.checks = std::move(append.checks);
    prepared.conditions = std::move(append.conditions);
    prepared.command = std::move(append.command);
    prepared.receipt = std::move(append.receipt);
    prepared.new_subjects = std::move(append.new_subjects);
    prepared.bytes += prepared.receipt.size();
    return prepared;
}

}  // namespace dealog::eventstore
