#include <algorithm>

#include <rocksdb/write_batch.h>

#include "base/log.hpp"
#include "projections/engine/engine_state.hpp"

namespace dealog::projections {

using engine::Lane;
using engine::RowChange;
using engine::StoreFault;
using engine::Waiters;

namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::size_t page_bytes_max = 8u << 20;
/// Without a wake: how long until the log, the store and its readers are looked at again.
constexpr std::chrono::milliseconds rest_max{1000};

/// The changes of one batch by append.
class Changes {
public:
    std::vector<Change>& of(Position append) {
        if (sets_.empty() || sets_.back().position < append)
            sets_.push_back(ChangeSet{.position = append, .changes = {}});
        const auto found =
            std::lower_bound(sets_.begin(), sets_.end(), append,
                             [](const ChangeSet& set, Position position) { return set.position < position; });
        return found->changes;
    }
    [[nodiscard]] const std::vector<ChangeSet>& sets() const { return sets_; }

private:
    std::vector<ChangeSet> sets_;
};

void apply_batch(Lane& lane, const engine::Decoded& decoded, std::optional<Position> until, Changes* changes) {
    std::vector<RowChange> rows;
    for (const auto& append : decoded.appends) {
        if (until && append.last > *until) return;
        rows.clear();
        if (!lane.apply(append, changes != nullptr ? &rows : nullptr)) return;
        if (changes == nullptr) continue;
        auto& told = changes->of(append.last);
        for (auto& row : rows) {
            told.push_back(Change{.projection = lane.projection->name(),
                                  .table = row.table,
                                  .key = std::move(row.key),
                                  .row = std::move(row.row)});
        }
    }
    if (decoded.broken) lane.stop(decoded.broken->position, decoded.broken->reason);
}

void put_changes(Lane& lane, rocksdb::WriteBatch& batch) {
    auto& writer = *lane.writer;
    const auto put = [&](rocksdb::ColumnFamilyHandle* family, std::string_view key, std::string_view value) {
        engine::check(batch.Put(family, rocksdb::Slice(key), rocksdb::Slice(value)), "put a row");
    };
    writer.versions().for_each([&](auto key, auto value) { put(lane.generation->history(), key, value); });
    writer.facts().for_each([&](auto key, auto value) { put(lane.generation->rows(), key, value); });
    writer.versions_taken();
    writer.take_rows(
        [&](auto key, auto value) { put(lane.generation->rows(), key, value); },
        [&](auto key) { engine::check(batch.Delete(lane.generation->rows(), rocksdb::Slice(key)), "erase a row"); });
}

}  // namespace

void Engine::State::follow() {
    while (!stopping) {
        try {
            follow_once();
        } catch (const StoreFault& fault) {
            close(fault);
        } catch (const eventstore::StoreBroken& trouble) {  // the log cannot be read at the moment
            if (log_error != trouble.what()) log::error("projections.log_unreadable", {{"reason", trouble.what()}});
            log_error = trouble.what();
            tell_waiters();
            rest();
        }
    }
}

void Engine::State::follow_once() {
    if (!store && !reopen()) {
        tell_waiters();
        rest();
        return;
    }
    adopt_built();
    if (store->met_damage()) throw StoreFault("a reader met damage", true);
    const bool more = step();
    log_error.clear();
    promote_ready();
    tell_waiters();
    if (!more) rest();
}

void Engine::State::adopt_built() {
    const std::lock_guard lock(mutex);
    if (builder_fault) throw StoreFault(*std::exchange(builder_fault, std::nullopt));
    for (auto& [slot, lane] : handed_over) {
        slot->building = false;
        if (lane.writer->remembered_bytes() > remembered_bytes_max()) lane.writer->forget();
        slot->successor = std::move(lane);
    }
    handed_over.clear();
}

bool Engine::State::serves(const Lane* lane) const {
    return std::any_of(slots.begin(), slots.end(),
                       [&](const Slot& slot) { return slot.serving && &*slot.serving == lane; });
}

bool Engine::State::step() {
    std::vector<Lane*> lanes;
    for (auto& slot : slots) {
        for (auto* lane : {&slot.serving, &slot.successor}) {
            if (*lane && !(*lane)->stopped_by) lanes.push_back(&**lane);
        }
    }
    std::sort(lanes.begin(), lanes.end(), [](const Lane* a, const Lane* b) { return a->position > b->position; });
    // The foremost first, so that one that lags delays them by one batch at most; it never overtakes them.
    bool more = false;
    std::optional<Position> ahead;
    for (auto begin = lanes.begin(); begin != lanes.end();) {
        const Position after = (*begin)->position;
        const auto end = std::find_if(begin, lanes.end(), [&](const Lane* lane) { return lane->position != after; });
        const std::vector<Lane*> together(begin, end);
        more |= advance(together, after, ahead);
        ahead = std::max(ahead.value_or(Position{}), together.front()->position);
        begin = end;
    }
    return more;
}

bool Engine::State::advance(const std::vector<Lane*>& lanes, Position after, std::optional<Position> until) {
    const bool told = listeners.any();
    const auto events_max =
        told ? std::min(settings.batch_events_max, settings.change_feed_appends_max) : settings.batch_events_max;
    const auto page = log.read(after, {.records = events_max, .bytes = page_bytes_max});
    if (page.records.empty()) return false;
    const auto decoded = decoder.decode(page.records, after);
    const auto head = log.head();

    rocksdb::WriteBatch rows;
#ifdef DEALOG_BREAK_CHECKPOINT_BATCH  // the fault that the crash test has to notice
    rocksdb::WriteBatch checkpoints;
#else
    rocksdb::WriteBatch& checkpoints = rows;  // one batch: they are there together or not at all
#endif
    Changes changes;
    std::vector<Lane> applied;  // published after the commit
    for (auto* lane : lanes) {
        auto& working = applied.emplace_back(Lane{.projection = lane->projection,
                                                  .generation = lane->generation,
                                                  .writer = std::move(lane->writer),
                                                  .position = lane->position,
                                                  .stopped_by = {}});
        apply_batch(working, decoded, until, told && serves(lane) ? &changes : nullptr);
        put_changes(working, rows);
        store->put_checkpoint(checkpoints, *working.generation,
                              {.workspace = head.workspace,
                               .epoch = head.epoch,
                               .position = working.position,
                               .version = working.projection->version()});
    }
    commit(rows, checkpoints);
    {
        const std::lock_guard lock(mutex);
        for (std::size_t i = 0; i < lanes.size(); ++i) *lanes[i] = std::move(applied[i]);
    }
    for (auto* lane : lanes) {
        if (lane->writer->remembered_bytes() > remembered_bytes_max()) lane->writer->forget();
        if (lane->stopped_by) {
            log::error("projections.stopped",
                       {{"projection", std::string(lane->projection->name())}, {"reason", *lane->stopped_by}});
        }
    }
    changed.notify_all();
    tell_waiters();
    for (const auto& set : changes.sets()) listeners.tell(set);
    return true;
}

/// Rows and checkpoints of all lanes in one batch. Not synced: what a power cut takes is applied again.
void Engine::State::commit(rocksdb::WriteBatch& rows, [[maybe_unused]] rocksdb::WriteBatch& checkpoints) {
#ifdef DEALOG_BREAK_CHECKPOINT_BATCH
    store->write(checkpoints, engine::Durability::buffered);
#endif
    if (settings.on_commit) settings.on_commit(CommitStage::before);
    store->write(rows, engine::Durability::buffered);
    if (settings.on_commit) settings.on_commit(CommitStage::after);
}

void Engine::State::tell_waiters() {
    std::vector<Waiters::Due> due;
    {
        const std::lock_guard lock(mutex);
        const auto now = SteadyClock::now();
        for (auto& slot : slots) {
            if (slot.serving) slot.waiters.take_reached(slot.serving->position, due);
            if (slot.serving && slot.serving->stopped_by && !slot.successor && !slot.building)
                slot.waiters.take_all(due);
            slot.waiters.take_late(now, due);
        }
    }
    for (const auto& one : due) one.then(one.reached);
}

/// A successor takes over where it answers for no less than the rows that serve.
void Engine::State::promote_ready() {
    for (auto& slot : slots) {
        if (!slot.successor) continue;
        const auto& successor = *slot.successor;
        const bool serving_works = slot.serving && !slot.serving->stopped_by;
        if (successor.stopped_by && serving_works) {
            log::error("projections.rebuild_failed",
                       {{"projection", std::string(slot.projection->name())}, {"reason", *successor.stopped_by}});
            store->drop(*successor.generation);
            const std::lock_guard lock(mutex);
            slot.rebuild_error = "rebuild: " + *successor.stopped_by;
            slot.successor.reset();
            ++slot.settled;
        } else if (successor.stopped_by ||
                   successor.position >= (serving_works ? slot.serving->position : log.head().position)) {
            promote(slot);
        }
    }
    changed.notify_all();
}

void Engine::State::promote(Slot& slot) {
    std::vector<std::shared_ptr<engine::Generation>> replaced;
    {
        const std::lock_guard lock(mutex);  // a view takes its generation and its snapshot under this lock, too
        rocksdb::WriteBatch batch;
        store->put_pointer(batch, *slot.successor->generation);
        if (slot.serving) replaced.push_back(slot.serving->generation);
        if (slot.former) replaced.push_back(std::exchange(slot.former, nullptr));
        for (const auto& generation : replaced) store->erase_checkpoint(batch, *generation);
        store->write(batch, engine::Durability::synced);
        slot.serving = std::move(slot.successor);
        slot.successor.reset();
        slot.done = slot.total = 0;
        slot.rate = 0;
        slot.rebuild_error.clear();
        ++slot.settled;
    }
    for (const auto& generation : replaced) store->drop(*generation);
    log::info("projections.promoted", {{"projection", std::string(slot.projection->name())},
                                       {"position", std::to_string(slot.serving->position.value())}});
}

void Engine::State::rest() {
    auto until = SteadyClock::now() + rest_max;
    {
        const std::lock_guard lock(mutex);
        for (const auto& slot : slots) {
            if (const auto deadline = slot.waiters.next_deadline()) until = std::min(until, *deadline);
        }
    }
    std::unique_lock lock(wake_mutex);
    woken.wait_until(lock, until, [&] { return awake || stopping; });
    awake = false;
}

}  // namespace dealog::projections
