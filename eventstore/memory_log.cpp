#include "eventstore/memory_log.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <unordered_set>

#include "base/assert.hpp"
#include "eventstore/committer.hpp"
#include "eventstore/vault.hpp"

namespace dealog::eventstore {
namespace {

struct Written {
    std::string bytes;
    Position append_last;
    Instant recorded_at;
};

using Key = std::pair<std::string, std::string>;

class MemoryLedger final : public Ledger {
public:
    mutable std::shared_mutex mutex;  // held exclusively while a group becomes visible
    Tip end;
    std::vector<Written> records;
    std::unordered_map<std::string, std::vector<Position>> streams;
    std::map<Key, std::vector<Position>> tags;
    std::unordered_set<std::string> event_ids;
    std::map<Key, KnownCommand> commands;
    std::map<Key, std::string> owners;
    std::map<Key, std::vector<std::string>> holdings;

    // Only the committer changes anything, so its own reads need no lock.
    [[nodiscard]] Tip tip() const override { return end; }
    [[nodiscard]] Revision latest_revision(const std::string& stream) override {
        const auto found = streams.find(stream);
        return Revision{found == streams.end() ? 0 : found->second.size()};
    }
    [[nodiscard]] std::optional<KnownCommand> known_command(std::string_view scope, std::string_view key) override {
        const auto found = commands.find({std::string{scope}, std::string{key}});
        if (found == commands.end()) return std::nullopt;
        return found->second;
    }
    [[nodiscard]] bool has_event(std::string_view event_id) override {
        return event_ids.contains(std::string{event_id});
    }
    [[nodiscard]] std::optional<Position> first_tagged(const std::vector<log::v1::Tag>& wanted,
                                                       Position after) override {
        const auto first = tags.find({wanted.front().key(), wanted.front().value()});
        if (first == tags.end()) return std::nullopt;
        for (auto p = std::ranges::upper_bound(first->second, after); p != first->second.end(); ++p) {
            const auto carried = [&](const log::v1::Tag& tag) {
                const auto positions = tags.find({tag.key(), tag.value()});
                return positions != tags.end() && std::ranges::binary_search(positions->second, *p);
            };
            if (std::ranges::all_of(wanted, carried)) return *p;
        }
        return std::nullopt;
    }
    [[nodiscard]] std::optional<std::string> owner_of(std::string_view kind, std::string_view hash) override {
        const auto found = owners.find({std::string{kind}, std::string{hash}});
        if (found == owners.end()) return std::nullopt;
        return found->second;
    }
    [[nodiscard]] std::vector<std::string> held_by(std::string_view kind, std::string_view owner) override {
        const auto found = holdings.find({std::string{kind}, std::string{owner}});
        return found == holdings.end() ? std::vector<std::string>{} : found->second;
    }
    [[nodiscard]] std::string written_record(Position position) override {
        return records.at(position.value() - 1).bytes;
    }

    void write(const Group& group) override {
        const std::unique_lock lock{mutex};
        for (const StagedAppend& append : group.appends()) {
            for (std::size_t i = 0; i < append.encoded.size(); ++i) index(append, i);
            if (const auto& command = append.prepared.command) {
                commands[{command->scope, command->key}] = {append.first, append.last, command->mac,
                                                            append.prepared.receipt};
            }
        }
        for (const auto& [key, owner] : group.owners()) {
            if (owner)
                owners[key] = *owner;
            else
                owners.erase(key);
        }
        for (const auto& [key, hashes] : group.holdings()) holdings[key] = hashes;
        end = group.tip();
        DEALOG_ASSERT(end.position.value() == records.size(), "positions are dense");
    }

private:
    void index(const StagedAppend& append, std::size_t i) {
        const log::v1::Record& record = append.prepared.records[i];
        const Position position{record.position()};
        records.push_back({append.encoded[i], append.last, append.recorded_at});
        streams[record.stream()].push_back(position);
        event_ids.insert(record.event_id());
        for (const log::v1::Tag& tag : record.tags()) {
            std::vector<Position>& positions = tags[{tag.key(), tag.value()}];
            if (positions.empty() || positions.back() != position) positions.push_back(position);
        }
    }
};

bool is_full(const Page& page, std::size_t bytes, ReadLimits limits) {
    return page.records.size() >= limits.records || bytes >= limits.bytes;
}

}  // namespace

struct MemoryLog::State {
    State(std::string name, Vault& v, const Clock& clock)
        : workspace(std::move(name)),
          vault(v),
          committer({.ledger = ledger, .vault = v, .workspace = workspace, .epoch = 1, .now = [&clock] {
                         return clock.now();
                     }}) {}

    /// Single records at the given positions, in order.
    [[nodiscard]] Page page_of(std::vector<Position>::const_iterator from, std::vector<Position>::const_iterator to,
                               ReadLimits limits) const {
        Page page{.records = {}, .head = ledger.end.position};
        std::size_t bytes = 0;
        for (; from != to && !is_full(page, bytes, limits); ++from) {
            page.records.push_back(ledger.records[from->value() - 1].bytes);
            bytes += page.records.back().size();
        }
        return page;
    }

    std::string workspace;
    Vault& vault;
    MemoryLedger ledger;
    Committer committer;
};

MemoryLog::MemoryLog(std::string workspace, Vault& vault, const Clock& clock)
    : state_(std::make_unique<State>(std::move(workspace), vault, clock)) {}
MemoryLog::~MemoryLog() = default;

void MemoryLog::append(Append append, Completion done) { state_->committer.append(std::move(append), std::move(done)); }

Page MemoryLog::read(Position after, ReadLimits limits) const {
    const std::shared_lock lock{state_->ledger.mutex};
    const std::vector<Written>& records = state_->ledger.records;
    Page page{.records = {}, .head = state_->ledger.end.position};
    std::size_t bytes = 0;
    for (std::uint64_t p = after.value() + 1; p <= records.size(); ++p) {
        page.records.push_back(records[p - 1].bytes);
        bytes += page.records.back().size();
        if (is_full(page, bytes, limits) && records[p - 1].append_last.value() == p) break;
    }
    return page;
}

Page MemoryLog::read_stream(const StreamName& stream, Revision after, ReadLimits limits) const {
    const std::shared_lock lock{state_->ledger.mutex};
    const auto found = state_->ledger.streams.find(stream.value());
    if (found == state_->ledger.streams.end()) return {.records = {}, .head = state_->ledger.end.position};
    const std::vector<Position>& positions = found->second;
    const auto skipped = std::min<std::uint64_t>(after.value(), positions.size());
    return state_->page_of(positions.begin() + static_cast<std::ptrdiff_t>(skipped), positions.end(), limits);
}

Page MemoryLog::read_tag(const log::v1::Tag& tag, Position after, ReadLimits limits) const {
    const std::shared_lock lock{state_->ledger.mutex};
    const auto found = state_->ledger.tags.find({tag.key(), tag.value()});
    if (found == state_->ledger.tags.end()) return {.records = {}, .head = state_->ledger.end.position};
    return state_->page_of(std::ranges::upper_bound(found->second, after), found->second.end(), limits);
}

std::optional<std::string> MemoryLog::record_at(Position position) const {
    const std::shared_lock lock{state_->ledger.mutex};
    if (position == Position{0} || position > state_->ledger.end.position) return std::nullopt;
    return state_->ledger.written_record(position);
}

Revision MemoryLog::revision(const StreamName& stream) const {
    const std::shared_lock lock{state_->ledger.mutex};
    return state_->ledger.latest_revision(stream.value());
}

std::optional<KnownCommand> MemoryLog::find_command(std::string_view scope, std::string_view key) const {
    const std::shared_lock lock{state_->ledger.mutex};
    return state_->ledger.known_command(scope, key);
}

std::optional<std::string> MemoryLog::claim_owner(std::string_view kind, std::string_view value) const {
    const std::string hash = state_->vault.claim_hash(kind, value);
    const std::shared_lock lock{state_->ledger.mutex};
    return state_->ledger.owner_of(kind, hash);
}

LogHead MemoryLog::head() const {
    const std::shared_lock lock{state_->ledger.mutex};
    return {state_->ledger.end.position, state_->ledger.end.recorded_at, state_->workspace, 1};
}

Position MemoryLog::position_at(Instant t) const {
    const std::shared_lock lock{state_->ledger.mutex};
    const std::vector<Written>& records = state_->ledger.records;
    const auto later = std::ranges::upper_bound(records, t, {}, &Written::recorded_at);
    return Position{static_cast<std::uint64_t>(later - records.begin())};
}

std::shared_ptr<void> MemoryLog::on_head(std::function<void(Position)> wake) {
    return state_->committer.on_head(std::move(wake));
}

std::string MemoryLog::fenced_reason() const { return state_->committer.fenced_reason(); }

void MemoryLog::fence(const std::string& reason) { state_->committer.fence(reason); }

}  // namespace dealog::eventstore
