#include "projections/engine/engine.hpp"

#include <openssl/evp.h>
#include <rocksdb/db.h>
#include <rocksdb/snapshot.h>

#include "base/log.hpp"
#include "projections/engine/encoding.hpp"
#include "projections/engine/engine_state.hpp"
#include "projections/engine/view.hpp"

namespace dealog::projections {

namespace {

/// SHA-256 over keys and values with their lengths.
class Fingerprint {
public:
    Fingerprint() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
        EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr);
    }

    void add(engine::Cursor cursor) {
        for (cursor.seek({}); cursor.valid(); cursor.next()) {
            add(cursor.key());
            add(cursor.value());
        }
        add("end");
    }
    [[nodiscard]] std::string hex() {
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned int length = 0;
        EVP_DigestFinal_ex(context_.get(), digest, &length);
        constexpr std::string_view digits = "0123456789abcdef";
        std::string text;
        for (unsigned int i = 0; i < length; ++i) {
            text.push_back(digits[digest[i] >> 4]);
            text.push_back(digits[digest[i] & 15]);
        }
        return text;
    }

private:
    void add(std::string_view part) {
        std::string length;
        engine::append_u64(length, part.size());
        EVP_DigestUpdate(context_.get(), length.data(), length.size());
        EVP_DigestUpdate(context_.get(), part.data(), part.size());
    }
    std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

/// The end of the append that `at` is in.
Position append_end(const eventstore::EventLog& log, Position at) {
    const auto bytes = log.record_at(at);
    log::v1::Record record;
    if (!bytes || !record.ParseFromString(*bytes)) {
        throw eventstore::StoreBroken("the record at position " + std::to_string(at.value()) + " cannot be read");
    }
    return Position{record.append_first() + record.append_count() - 1};
}

}  // namespace

Engine::Engine(EngineSettings settings, eventstore::EventLog& log, std::vector<std::unique_ptr<Projection>> projections)
    : state_(std::make_unique<State>(std::move(settings), log, std::move(projections))) {
    try {
        state_->open();
    } catch (const engine::StoreFault& fault) {  // tried again by the follower; the log does not wait for it
        state_->close(fault);
    }
}

Engine::~Engine() {
    state_->head_subscription.reset();
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
        state_->abandon_builds = true;
    }
    state_->changed.notify_all();
    state_->wake();
    if (state_->follower.joinable()) state_->follower.join();
    if (state_->builder.joinable()) state_->builder.join();
    std::vector<engine::Waiters::Due> due;
    for (auto& slot : state_->slots) slot.waiters.take_all(due);
    for (const auto& one : due) one.then(false);
}

void Engine::start() {
    DEALOG_ASSERT(!state_->follower.joinable(), "an engine is started once");
    state_->head_subscription = state_->log.on_head([state = state_.get()](Position) { state->wake(); });
    state_->follower = std::thread([state = state_.get()] { state->follow(); });
    state_->builder = std::thread([state = state_.get()] { state->build_wanted(); });
}

std::unique_ptr<View> Engine::view(std::string_view projection, std::optional<Position> at) const {
    std::shared_ptr<engine::Generation> generation;
    std::unique_ptr<rocksdb::ManagedSnapshot> snapshot;
    {
        const std::lock_guard lock(state_->mutex);
        const auto* slot = state_->find(projection);
        if (slot == nullptr || !slot->serving) return nullptr;
        generation = slot->serving->generation;
        snapshot = std::make_unique<rocksdb::ManagedSnapshot>(&generation->store()->db());
    }
    const auto checkpoint = generation->store()->checkpoint(*generation, snapshot->snapshot());
    if (!checkpoint) throw engine::StoreFault("rows without a checkpoint", true);
    const Position newest = checkpoint->position;
    if (at && *at > newest) return nullptr;
    const bool inside = at && *at != newest && *at != Position{};
    const Position answered = inside ? append_end(state_->log, *at) : at.value_or(newest);
    return engine::make_view(std::move(generation), std::move(snapshot), newest, answered);
}

void Engine::when_reached(std::string_view projection, Position position, std::chrono::milliseconds patience,
                          std::function<void(bool reached)> then) {
    bool reached = false;
    {
        const std::lock_guard lock(state_->mutex);
        auto* slot = state_->find(projection);
        if (slot != nullptr) {
            reached = slot->serving && slot->serving->position >= position;
            const bool stopped = slot->serving && slot->serving->stopped_by && !slot->building && !slot->successor;
            const auto deadline = std::chrono::steady_clock::now() + patience;
            if (!reached && !stopped && slot->waiters.add(position, deadline, then)) then = nullptr;
        }
    }
    if (then)
        then(reached);
    else
        state_->wake();  // its deadline may be the next
}

void Engine::rebuild(std::string_view projection) {
    const std::lock_guard lock(state_->mutex);
    if (auto* slot = state_->find(projection)) slot->wanted = !slot->building && !slot->successor;
    state_->changed.notify_all();
}

void Engine::rebuild_all(const std::function<void(const Status&)>& progress) {
    std::vector<std::uint64_t> before;
    {
        const std::lock_guard lock(state_->mutex);
        if (!state_->store) throw eventstore::StoreBroken(state_->store_error);
        for (auto& slot : state_->slots) {
            slot.wanted = !slot.building && !slot.successor;
            before.push_back(slot.settled);
        }
    }
    const auto report = [&] {
        if (!progress) return;
        for (const auto& one : status()) progress(one);
    };
    if (!state_->follower.joinable()) {
        state_->build_here();
        return report();
    }
    state_->changed.notify_all();
    for (bool done = false; !done;) {
        {
            std::unique_lock lock(state_->mutex);
            constexpr std::chrono::milliseconds report_every{200};
            state_->changed.wait_for(lock, report_every);
            if (!state_->store) throw eventstore::StoreBroken(state_->store_error);
            done = true;
            for (std::size_t i = 0; i < before.size(); ++i) done = done && state_->slots[i].settled > before[i];
        }
        report();
    }
}

std::vector<Status> Engine::status() const {
    const auto head = state_->log.head().position;
    std::vector<Status> all;
    const std::lock_guard lock(state_->mutex);
    for (const auto& slot : state_->slots) all.push_back(state_->status_of(slot, head));
    return all;
}

std::shared_ptr<void> Engine::on_change(std::function<void(const ChangeSet&)> wake) {
    return state_->listeners.add(std::move(wake));
}

std::string Engine::fingerprint(std::string_view projection) const {
    std::shared_ptr<engine::Generation> generation;
    {
        const std::lock_guard lock(state_->mutex);
        const auto* slot = state_->find(projection);
        if (slot == nullptr || !slot->serving) return {};
        generation = slot->serving->generation;
    }
    rocksdb::ManagedSnapshot snapshot(&generation->store()->db());
    Fingerprint fingerprint;
    for (auto* family : {generation->rows(), generation->history()}) {
        fingerprint.add(engine::Cursor(*generation->store(), family, snapshot.snapshot(), std::nullopt));
    }
    return fingerprint.hex();
}

// ---- State ----

Engine::State::Slot* Engine::State::find(std::string_view projection) {
    for (auto& slot : slots) {
        if (slot.projection->name() == projection) return &slot;
    }
    return nullptr;
}

void Engine::State::wake() {
    const std::lock_guard lock(wake_mutex);
    awake = true;
    woken.notify_one();
}

Status Engine::State::status_of(const Slot& slot, Position head) const {
    Status status{.name = std::string(slot.projection->name()), .version = slot.projection->version()};
    if (slot.serving) status.position = slot.serving->position;
    const bool stopped = !store || (slot.serving && slot.serving->stopped_by);
    const bool rebuilding = slot.wanted || slot.building || slot.successor;
    status.error = !store ? store_error : stopped ? *slot.serving->stopped_by : slot.rebuild_error;
    status.state = rebuilding && store       ? "rebuilding"
                   : stopped                 ? "stopped"
                   : status.position >= head ? "live"
                                             : "catching_up";
    status.rebuild_done = slot.done;
    status.rebuild_total = slot.total;
    status.rebuild_rate = slot.rate;
    return status;
}

}  // namespace dealog::projections
