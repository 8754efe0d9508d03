#include "eventstore/rocks/rocks_ledger.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "eventstore/group.hpp"

namespace dealog::eventstore::rocks {
namespace {

// Family by family: neighbours in the batch then land near each other in memory.
template <class Put>
void for_each_record(const Group& group, const Put& put) {
    for (const StagedAppend& append : group.appends()) {
        for (std::size_t i = 0; i < append.encoded.size(); ++i) put(append.prepared.records[i], append.encoded[i]);
    }
}

void put_records(Database::Batch& batch, const Group& group) {
    using log::v1::Record;
    for_each_record(group, [&](const Record& record, const std::string& bytes) {
        batch.put(Family::events, event_key(Position{record.position()}), bytes);
    });
    for_each_record(group, [&](const Record& record, const std::string& bytes) {
        batch.put(Family::streams, stream_key(record.stream(), Revision{record.revision()}), bytes);
    });
    for_each_record(group, [&](const Record& record, const std::string&) {
        batch.put(Family::ids, event_id_key(record.event_id()), encode_number(record.position()));
    });
    for_each_record(group, [&](const Record& record, const std::string&) {
        for (const log::v1::Tag& tag : record.tags())
            batch.put(Family::tags, tag_key(tag, Position{record.position()}), {});
    });
}

void put_commands(Database::Batch& batch, const Group& group) {
    for (const StagedAppend& append : group.appends()) {
        const auto& command = append.prepared.command;
        if (!command) continue;
        const KnownCommand known{append.first, append.last, command->mac, append.prepared.receipt};
        batch.put(Family::ids, command_key(command->scope, command->key), encode_command(known));
    }
}

void put_claims(Database::Batch& batch, const Group& group) {
    for (const auto& [key, owner] : group.owners()) {
        const std::string claim = claim_key(key.first, key.second);
        if (owner)
            batch.put(Family::claims, claim, *owner);
        else
            batch.erase(Family::claims, claim);
    }
    for (const auto& [key, hashes] : group.holdings()) {
        const std::string holding = holding_key(key.first, key.second);
        if (hashes.empty())
            batch.erase(Family::claims, holding);
        else
            batch.put(Family::claims, holding, encode_hashes(hashes));
    }
}

}  // namespace

RocksLedger::RocksLedger(Database& database, WatermarkWriter& watermark, Marking marking, Tip tip)
    : database_(database), watermark_(watermark), marking_(marking), tip_(std::move(tip)) {
    mark();
    publish();
}

Revision RocksLedger::latest_revision(const std::string& stream) {
    if (const auto cached = revisions_.find(stream)) return *cached;
    const auto stored = database_.get(Family::heads, stream);
    const Revision revision{stored ? decode_number(*stored) : 0};
    revisions_.put(stream, revision);
    return revision;
}

std::optional<KnownCommand> RocksLedger::known_command(std::string_view scope, std::string_view key) {
    const auto stored = database_.get(Family::ids, command_key(scope, key));
    if (!stored) return std::nullopt;
    return decode_command(*stored);
}

bool RocksLedger::has_event(std::string_view event_id) { return database_.has(Family::ids, event_id_key(event_id)); }

std::optional<Position> RocksLedger::first_tagged(const std::vector<log::v1::Tag>& tags, Position after) {
    const log::v1::Tag& first = tags.front();
    Scan scan = database_.scan(Family::tags, tag_key(first, next(after)),
                               tag_key(first, Position{std::numeric_limits<std::uint64_t>::max()}),
                               Database::Order::within_prefix);
    const std::size_t prefix = tag_prefix(first).size();
    for (; scan.valid(); scan.next()) {
        const Position position{decode_number(scan.key().substr(prefix))};
        const auto carried = [&](const log::v1::Tag& tag) {
            return database_.has(Family::tags, tag_key(tag, position));
        };
        if (std::all_of(tags.begin() + 1, tags.end(), carried)) return position;
    }
    return std::nullopt;
}

std::optional<std::string> RocksLedger::owner_of(std::string_view kind, std::string_view hash) {
    return database_.get(Family::claims, claim_key(kind, hash));
}

std::vector<std::string> RocksLedger::held_by(std::string_view kind, std::string_view owner) {
    const auto stored = database_.get(Family::claims, holding_key(kind, owner));
    return stored ? decode_hashes(*stored) : std::vector<std::string>{};
}

std::string RocksLedger::written_record(Position position) {
    auto record = database_.get(Family::events, event_key(position));
    if (!record) throw StoreBroken{"the record at position " + std::to_string(position.value()) + " is missing"};
    return *std::move(record);
}

void RocksLedger::write(const Group& group) {
    Database::Batch batch{database_};
    put_records(batch, group);
    put_commands(batch, group);
    for (const auto& [stream, revision] : group.revisions()) {
        batch.put(Family::heads, stream, encode_number(revision.value()));
    }
    put_claims(batch, group);
    batch.put(Family::meta, meta_tip, encode_tip(group.tip()));
    batch.write();
    tip_ = group.tip();
    if (marking_ == Marking::before_each_answer) mark();
    for (const auto& [stream, revision] : group.revisions()) revisions_.put(stream, revision);
    publish();
}

void RocksLedger::tick() {
    on_tick();
    if (tip_.position == marked_) return;
    if (std::chrono::steady_clock::now() - marked_when_ >= watermark_interval) mark();
}

View RocksLedger::view() const {
    const std::lock_guard lock{view_mutex_};
    return view_;
}

void RocksLedger::close() {
    if (tip_.position != marked_) mark();
    const std::lock_guard lock{view_mutex_};
    view_ = {};
}

void RocksLedger::mark() {
    watermark_.write(tip_.frontier);
    marked_ = tip_.position;
    marked_when_ = std::chrono::steady_clock::now();
}

void RocksLedger::publish() {
    View next{.head = tip_.position, .recorded_at = tip_.recorded_at, .snapshot = database_.snapshot()};
    const std::lock_guard lock{view_mutex_};
    std::swap(view_, next);
}

}  // namespace dealog::eventstore::rocks
