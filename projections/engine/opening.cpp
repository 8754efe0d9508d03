#include <rocksdb/write_batch.h>

#include "base/log.hpp"
#include "projections/engine/engine_state.hpp"

namespace dealog::projections {

using engine::Checkpoint;
using engine::Durability;
using engine::Generation;
using engine::Lane;
using engine::Purpose;
using engine::Serving;
using engine::Store;
using engine::StoreFault;

namespace {

/// Empty when these rows were made from this log.
std::string foreign_because(const Store& store, const Serving& serving, const eventstore::LogHead& head) {
    for (const auto& [name, generation] : serving) {
        const auto checkpoint = store.checkpoint(*generation);
        if (!checkpoint) return "the rows of " + name + " have no checkpoint";
        if (checkpoint->workspace != head.workspace)
            return "the rows of " + name + " are of workspace " + checkpoint->workspace;
        if (checkpoint->epoch != head.epoch)
            return "the rows of " + name + " are of epoch " + std::to_string(checkpoint->epoch);
        if (checkpoint->position > head.position) return "the rows of " + name + " are ahead of the log";
    }
    return {};
}

Store::Opened open_for(const EngineSettings& settings, const eventstore::LogHead& head) {
    auto opened = Store::open(settings.directory, settings.row_cache_bytes / 2);
    const auto foreign = foreign_because(*opened.store, opened.serving, head);
    if (!foreign.empty()) throw StoreFault(foreign, true);
    return opened;
}

/// Rows of projections that this binary does not have.
void drop_unknown(const Store& store, Serving& serving, const std::vector<std::unique_ptr<Projection>>& projections) {
    std::erase_if(serving, [&](const auto& one) {
        for (const auto& projection : projections) {
            if (projection->name() == one.first) return false;
        }
        rocksdb::WriteBatch batch;
        store.erase_pointer(batch, *one.second);
        store.erase_checkpoint(batch, *one.second);
        store.write(batch, Durability::synced);
        one.second->store()->drop(*one.second);
        return true;
    });
}

/// Empty rows that serve at once: for a log that the follower reads through in a moment.
std::shared_ptr<Generation> begin_empty(Store& store, const Projection& projection, const eventstore::LogHead& head,
                                        const std::shared_ptr<Generation>& former) {
    auto generation = store.create_generation(projection.name(), Purpose::serving);
    rocksdb::WriteBatch batch;
    store.put_checkpoint(
        batch, *generation,
        {.workspace = head.workspace, .epoch = head.epoch, .position = {}, .version = projection.version()});
    store.put_pointer(batch, *generation);
    if (former) store.erase_checkpoint(batch, *former);
    store.write(batch, Durability::synced);
    if (former) store.drop(*former);
    return generation;
}

}  // namespace

Engine::State::State(EngineSettings given, eventstore::EventLog& followed, std::vector<std::unique_ptr<Projection>> all)
    : settings(std::move(given)), log(followed), projections(std::move(all)) {
    for (const auto& projection : projections) {
        DEALOG_ASSERT(find(projection->name()) == nullptr, "a projection's name is its own");
        slots.emplace_back().projection = projection.get();
    }
}

void Engine::State::open() {
    const auto head = log.head();
    Store::Opened opened;
    try {
        opened = open_for(settings, head);
    } catch (const StoreFault& fault) {
        if (!fault.damaged) throw;
        opened = {};
        engine::set_aside(settings.directory, fault.what());
        opened = open_for(settings, head);
    }
    drop_unknown(*opened.store, opened.serving, projections);
    begin_lanes(std::move(opened));
}

void Engine::State::begin_lanes(Store::Opened opened) {
    const auto head = log.head();
    const std::lock_guard lock(mutex);
    for (auto& slot : slots) {
        const auto found = opened.serving.find(slot.projection->name());
        const auto former = found == opened.serving.end() ? nullptr : found->second;
        const auto checkpoint = former ? opened.store->checkpoint(*former) : std::nullopt;
        if (checkpoint && checkpoint->version == slot.projection->version()) {
            slot.serving = Lane::begin(*slot.projection, former, checkpoint->position);
        } else if (head.position.value() <= settings.build_from_events) {
            slot.serving =
                Lane::begin(*slot.projection, begin_empty(*opened.store, *slot.projection, head, former), {});
        } else {
            slot.wanted = true;
            slot.former = former;
        }
    }
    store = std::move(opened.store);
    store_error.clear();
}

void Engine::State::close(const StoreFault& fault) {
    log::error("projections.store_fault", {{"reason", fault.what()}, {"damaged", fault.damaged ? "true" : "false"}});
    abandon_builds = true;
    const std::lock_guard lock(mutex);
    for (auto& slot : slots) {
        slot.serving.reset();
        slot.successor.reset();
        slot.former.reset();
        slot.wanted = false;
    }
    for (auto& [slot, lane] : handed_over) slot->building = false;
    handed_over.clear();
    closed_store = store;
    closed_as_damaged = fault.damaged;
    store.reset();
    store_error = fault.what();
}

bool Engine::State::reopen() {
    if (!closed_store.expired()) return false;  // RocksDB refuses a second handle beside the first
    const auto now = std::chrono::steady_clock::now();
    if (now < reopen_not_before) return false;
    constexpr std::chrono::seconds between_attempts{1};
    reopen_not_before = now + between_attempts;
    try {
        if (std::exchange(closed_as_damaged, false)) engine::set_aside(settings.directory, store_error);
        abandon_builds = false;
        open();
        log::info("projections.store_reopened");
        return true;
    } catch (const std::exception& still) {
        log::error("projections.store_fault", {{"reason", still.what()}});
        return false;
    }
}

}  // namespace dealog::projections
