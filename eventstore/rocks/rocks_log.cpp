#include "eventstore/rocks/rocks_log.hpp"

#include <utility>

#include <fmt/format.h>

#include "eventstore/rocks/rocks_log_state.hpp"
#include "eventstore/rocks/verification.hpp"
#include "eventstore/vault.hpp"

namespace dealog::eventstore::rocks {
namespace {

class PageBuilder {
public:
    PageBuilder(Position head, ReadLimits limits) : limits_(limits) { page_.head = head; }
    void add(std::string_view record) {
        page_.records.emplace_back(record);
        bytes_ += record.size();
    }
    [[nodiscard]] bool full() const { return page_.records.size() >= limits_.records || bytes_ >= limits_.bytes; }
    [[nodiscard]] bool empty() const { return page_.records.empty(); }
    [[nodiscard]] Page take() && { return std::move(page_); }

private:
    ReadLimits limits_;
    std::size_t bytes_ = 0;
    Page page_;
};

bool ends_append(std::string_view bytes) {
    const log::v1::Record record = decode_record(bytes);
    return record.position() + 1 == record.append_first() + record.append_count();
}

std::string record_in(const Database& database, const View& view, Position position) {
    auto record = database.get(Family::events, event_key(position), view.snapshot);
    if (!record) throw StoreBroken{fmt::format("the record at position {} is missing", position.value())};
    return *std::move(record);
}

Revision revision_in(const Database& database, const View& view, const std::string& stream) {
    const auto stored = database.get(Family::heads, stream, view.snapshot);
    return Revision{stored ? decode_number(*stored) : 0};
}

}  // namespace

RocksLog::RocksLog(std::unique_ptr<State> state) : state_(std::move(state)) {}
RocksLog::~RocksLog() = default;

void RocksLog::append(Append append, Completion done) { state_->committer->append(std::move(append), std::move(done)); }

Page RocksLog::read(Position after, ReadLimits limits) const {
    const View view = state_->ledger.view();
    PageBuilder page{view.head, limits};
    if (after >= view.head) return std::move(page).take();
    std::uint64_t expected = after.value() + 1;
    Scan scan = state_->database->scan(Family::events, event_key(Position{expected}), event_key(next(view.head)),
                                       Database::Order::total, view.snapshot);
    for (; scan.valid(); scan.next(), ++expected) {
        if (decode_number(scan.key()) != expected) break;
        page.add(scan.value());
        if (page.full() && ends_append(scan.value())) return std::move(page).take();
    }
    if (expected != view.head.value() + 1)
        throw StoreBroken{fmt::format("the record at position {} is missing", expected)};
    return std::move(page).take();
}

Page RocksLog::read_stream(const StreamName& stream, Revision after, ReadLimits limits) const {
    const View view = state_->ledger.view();
    PageBuilder page{view.head, limits};
    const Revision last = revision_in(*state_->database, view, stream.value());
    if (after >= last) return std::move(page).take();
    std::uint64_t expected = after.value() + 1;
    const std::size_t prefix = stream_prefix(stream.value()).size();
    Scan scan = state_->database->scan(Family::streams, stream_key(stream.value(), Revision{expected}),
                                       stream_key(stream.value(), Revision{last.value() + 1}),
                                       Database::Order::within_prefix, view.snapshot);
    for (; scan.valid() && !page.full(); scan.next(), ++expected) {
        if (decode_number(scan.key().substr(prefix)) != expected) break;
        page.add(scan.value());
    }
    if (!page.full() && expected != last.value() + 1) {
        throw StoreBroken{fmt::format("revision {} of stream {} is missing", expected, stream.value())};
    }
    return std::move(page).take();
}

Page RocksLog::read_tag(const log::v1::Tag& tag, Position after, ReadLimits limits) const {
    const View view = state_->ledger.view();
    PageBuilder page{view.head, limits};
    const std::size_t prefix = tag_prefix(tag).size();
    if (tag.key().size() > 255 || tag.value().size() > 255 || after >= view.head) return std::move(page).take();
    Scan scan = state_->database->scan(Family::tags, tag_key(tag, next(after)), tag_key(tag, next(view.head)),
                                       Database::Order::within_prefix, view.snapshot);
    for (; scan.valid() && !page.full(); scan.next()) {
        page.add(record_in(*state_->database, view, Position{decode_number(scan.key().substr(prefix))}));
    }
    return std::move(page).take();
}

std::optional<std::string> RocksLog::record_at(Position position) const {
    const View view = state_->ledger.view();
    if (position == Position{0} || position > view.head) return std::nullopt;
    return record_in(*state_->database, view, position);
}

Revision RocksLog::revision(const StreamName& stream) const {
    return revision_in(*state_->database, state_->ledger.view(), stream.value());
}

std::optional<KnownCommand> RocksLog::find_command(std::string_view scope, std::string_view key) const {
    if (scope.size() > 255) return std::nullopt;
    const auto stored = state_->database->get(Family::ids, command_key(scope, key), state_->ledger.view().snapshot);
    if (!stored) return std::nullopt;
    return decode_command(*stored);
}

std::optional<std::string> RocksLog::claim_owner(std::string_view kind, std::string_view value) const {
    if (kind.size() > 255) return std::nullopt;
    const std::string hash = state_->vault.claim_hash(kind, value);
    return state_->database->get(Family::claims, claim_key(kind, hash), state_->ledger.view().snapshot);
}

LogHead RocksLog::head() const {
    const View view = state_->ledger.view();
    return {view.head, view.recorded_at, state_->identity.workspace, state_->identity.epoch};
}

Position RocksLog::position_at(Instant t) const {
    const View view = state_->ledger.view();
    if (t >= view.recorded_at) return view.head;
    // recorded_at never goes back: the first position recorded after t lies in [low, high].
    std::uint64_t low = 1;
    std::uint64_t high = view.head.value();
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        const log::v1::Record record = decode_record(record_in(*state_->database, view, Position{middle}));
        if (record.recorded_at() <= t.time_since_epoch().count())
            low = middle + 1;
        else
            high = middle;
    }
    return Position{low - 1};
}

std::shared_ptr<void> RocksLog::on_head(std::function<void(Position)> wake) {
    return state_->committer->on_head(std::move(wake));
}

std::string RocksLog::fenced_reason() const { return state_->committer->fenced_reason(); }

std::vector<StreamName> RocksLog::streams(std::string_view prefix) const {
    const View view = state_->ledger.view();
    std::vector<StreamName> names;
    Scan scan = state_->database->scan(Family::heads, std::string{prefix}, std::string(prefix) + '\xff',
                                       Database::Order::total, view.snapshot);
    for (; scan.valid(); scan.next()) names.emplace_back(std::string{scan.key()});
    return names;
}

void RocksLog::accept_clock() { state_->time.accept(); }

VerifyReport RocksLog::verify(const VerifyProgress& progress) const {
    const View view = state_->ledger.view();
    return verify_database(*state_->database, view.snapshot, state_->identity.workspace, progress);
}

}  // namespace dealog::eventstore::rocks
