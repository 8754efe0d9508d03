#include <algorithm>

#include "base/log.hpp"
#include "projections/engine/engine_state.hpp"

namespace dealog::projections {

using engine::Build;
using engine::Lane;
using engine::Purpose;

void Engine::State::build_wanted() {
    while (!stopping) {
        const auto chosen = take_wanted();
        if (!chosen.empty()) {
            build_once(chosen);
            wake();
            continue;
        }
        std::unique_lock lock(mutex);
        constexpr std::chrono::seconds look_again{1};
        changed.wait_for(lock, look_again, [&] {
            return stopping ||
                   (store && std::any_of(slots.begin(), slots.end(), [](const Slot& slot) { return slot.wanted; }));
        });
    }
}

std::vector<Engine::State::Slot*> Engine::State::take_wanted() {
    std::vector<Slot*> chosen;
    const std::lock_guard lock(mutex);
    if (!store) return chosen;
    for (auto& slot : slots) {
        if (!slot.wanted || slot.building || slot.successor) continue;
        slot.wanted = false;
        slot.building = true;
        chosen.push_back(&slot);
    }
    return chosen;
}

void Engine::State::build_once(const std::vector<Slot*>& chosen) {
    std::shared_ptr<engine::Store> into;
    {
        const std::lock_guard lock(mutex);
        into = store;
    }
    if (!into) return build_failed(chosen);
    std::vector<Lane> lanes;
    const auto began = std::chrono::steady_clock::now();
    try {
        for (const auto* slot : chosen) {
            lanes.push_back(Lane::begin(*slot->projection,
                                        into->create_generation(slot->projection->name(), Purpose::bulk_load), {}));
        }
        const engine::BuildLimits limits{.batch_events_max = settings.batch_events_max,
                                         .remembered_bytes_max = settings.row_cache_bytes,
                                         .run_bytes_max = settings.row_cache_bytes};
        const bool complete =
            Build(into, log, limits, abandon_builds).run(lanes, [&](std::uint64_t done, std::uint64_t total) {
                const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - began;
                show_progress(chosen, done, total, static_cast<double>(done) / std::max(elapsed.count(), 1e-6));
            });
        if (!complete) return build_failed(chosen);  // its column families go at the next open
        std::unique_lock lock(mutex);
        if (store != into) {
            lock.unlock();
            return build_failed(chosen);
        }
        for (std::size_t i = 0; i < chosen.size(); ++i) handed_over.emplace_back(chosen[i], std::move(lanes[i]));
    } catch (const engine::StoreFault& fault) {
        build_failed(chosen);
        const std::lock_guard lock(mutex);
        if (store == into) builder_fault = fault;
    } catch (const eventstore::StoreBroken& trouble) {
        log::error("projections.rebuild_failed", {{"reason", trouble.what()}});
        for (const auto& lane : lanes) into->drop(*lane.generation);
        build_failed(chosen);
        std::unique_lock lock(mutex);
        for (auto* slot : chosen) slot->wanted = !slot->serving;  // without rows there is nothing to fall back on
        constexpr std::chrono::seconds before_next{1};
        changed.wait_for(lock, before_next, [&] { return stopping.load(); });
    }
}

/// Without threads: everything on the caller's.
void Engine::State::build_here() {
    build_once(take_wanted());
    adopt_built();
    const auto open = [&] {
        return std::any_of(slots.begin(), slots.end(), [](const Slot& slot) { return slot.successor.has_value(); });
    };
    while (open()) {
        static_cast<void>(step());
        promote_ready();
    }
}

void Engine::State::build_failed(const std::vector<Slot*>& chosen) {
    const std::lock_guard lock(mutex);
    for (auto* slot : chosen) {
        slot->building = false;
        ++slot->settled;
    }
    changed.notify_all();
}

void Engine::State::show_progress(const std::vector<Slot*>& chosen, std::uint64_t done, std::uint64_t total,
                                  double rate) {
    const std::lock_guard lock(mutex);
    for (auto* slot : chosen) {
        slot->done = done;
        slot->total = total;
        slot->rate = rate;
    }
    changed.notify_all();
}

}  // namespace dealog::projections
