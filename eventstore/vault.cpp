#include "eventstore/vault.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <unordered_set>

#include "eventstore/event_log.hpp"
#include "eventstore/key_store.hpp"
#include "eventstore/open_vault.hpp"
#include "eventstore/vault_key_cache.hpp"

namespace dealog::eventstore {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Keys of refused commands are never persisted. They are forgotten after a time no append spends in the queue.
constexpr std::chrono::minutes pending_age_max{10};
constexpr std::size_t pending_before_tidying = 4096;
constexpr std::size_t pending_max = std::size_t{1} << 20;

class KeyedVault final : public Vault {
public:
    explicit KeyedVault(const VaultSettings& settings)
        : store_(settings),
          clock_(settings.clock ? *settings.clock : machine_clock_),
          cache_(settings.cached_keys_max) {
        store_.for_each_erased([this](std::string_view subject, Instant) { erased_.emplace(subject); });
    }

    [[nodiscard]] bool erased(std::string_view subject) const override {
        const std::lock_guard lock{mutex_};
        return erased_.contains(subject);
    }

    [[nodiscard]] v1::SealedPart seal(const SealContext& context, std::string_view field, std::string_view subject,
                                      std::string_view plain, std::vector<std::string>& new_subjects) override {
        v1::SealedPart part;
        part.set_field(field.data(), field.size());
        part.set_subject(subject.data(), subject.size());
        seal_part(key_to_seal(subject, new_subjects), context, plain, part);
        return part;
    }

    [[nodiscard]] Opened open(const SealContext& context, const v1::SealedPart& part, std::string_view subject,
                              std::string& plain) const override {
        plain.clear();
        std::optional<Key> key = key_in_memory(subject).key;
        if (!key) key = key_on_disk(subject);
        if (erased(subject)) return Opened::erased;
        if (!key) return Opened::sealed;
        if (!open_part(*key, context, part, subject, plain)) {
            throw StoreBroken{
                fmt::format("the part {} of an event in {} is damaged or was moved", part.field(), context.stream)};
        }
        return Opened::open;
    }

    void persist(std::span<const std::string> subjects) override {
        if (subjects.empty()) return;
        const std::lock_guard write_lock{write_mutex_};
        const auto keys = pending_keys(subjects);
        store_.put(keys);
        const std::lock_guard lock{mutex_};
        for (const auto& [subject, key] : keys) {
            cache_.put(subject, key);
            pending_.erase(subject);
        }
    }

    void erase(std::string_view subject) override {
        const std::vector<std::string> subjects{std::string{subject}};
        const std::lock_guard erase_lock{erase_mutex_};
        // An erasure that failed half-way left keys in files that this subject's rewrite need not touch.
        const bool unfinished = store_.needs_scrub();
        bool buried_now = false;
        {
            const std::lock_guard write_lock{write_mutex_};
            forget(subjects.front());
            buried_now = !store_.buried_at(subject).has_value();
            if (buried_now) store_.bury(subjects, clock_.now());
        }
        if (unfinished) {
            store_.scrub_everything();
        } else if (buried_now) {
            store_.scrub(subjects);
        }
    }

    [[nodiscard]] std::string claim_hash(std::string_view kind, std::string_view value) const override {
        std::string pieces;
        put_piece(pieces, kind);
        put_piece(pieces, value);
        return keyed_hash(store_.pepper(), pieces);
    }

    [[nodiscard]] std::string request_mac(std::span<const std::string_view> parts) const override {
        std::string pieces;
        for (const std::string_view part : parts) put_piece(pieces, part);
        return keyed_hash(store_.mac_key(), pieces);
    }

private:
    struct Pending {
        Key key;
        SteadyTime since;
    };
    struct Known {
        std::optional<Key> key;
        bool durable = false;
    };

    [[nodiscard]] Known key_in_memory(std::string_view subject) const {
        const std::lock_guard lock{mutex_};
        if (auto key = cache_.find(subject)) return {.key = std::move(key), .durable = true};
        if (const auto found = pending_.find(subject); found != pending_.end())
            return {.key = found->second.key, .durable = false};
        return {};
    }

    [[nodiscard]] std::optional<Key> key_on_disk(std::string_view subject) const {
        auto key = store_.find(subject);
        if (!key) return std::nullopt;
        const std::lock_guard lock{mutex_};
        if (erased_.contains(subject)) return std::nullopt;
        cache_.put(subject, *key);
        return key;
    }

    [[nodiscard]] Key key_to_seal(std::string_view subject, std::vector<std::string>& new_subjects) {
        refuse_erased(subject);
        Known known = key_in_memory(subject);
        if (!known.key) {
            // One at a time from here: two keys for one subject would make the first unreadable.
            const std::lock_guard lock{make_mutex_};
            known = key_in_memory(subject);
            if (!known.key) known = {.key = key_on_disk(subject), .durable = true};
            if (!known.key) known = {.key = make_key(subject), .durable = false};
        }
        // Another append may have made the key and fail; whoever uses a key that is not durable sees to it.
        if (!known.durable && std::ranges::find(new_subjects, subject) == new_subjects.end())
            new_subjects.emplace_back(subject);
        return *known.key;
    }

    [[nodiscard]] Key make_key(std::string_view subject) {
        const Key key = Key::random();
        const std::lock_guard lock{mutex_};
        refuse_erased_locked(subject);
        const SteadyTime now = std::chrono::steady_clock::now();
        if (pending_.size() >= pending_before_tidying && now - tidied_ > pending_age_max / 10) {
            std::erase_if(pending_, [&](const auto& entry) { return now - entry.second.since > pending_age_max; });
            tidied_ = now;
        }
        if (pending_.size() >= pending_max) throw std::runtime_error{"too many subjects without an append"};
        pending_.emplace(subject, Pending{.key = key, .since = now});
        return key;
    }

    /// Throws std::logic_error for a subject whose key was never made: its parts could never be opened.
    [[nodiscard]] std::vector<std::pair<std::string, Key>> pending_keys(std::span<const std::string> subjects) const {
        std::vector<std::pair<std::string, Key>> keys;
        for (const std::string& subject : subjects) {
            if (erased(subject)) continue;
            const Known known = key_in_memory(subject);
            if (known.key && !known.durable) {
                keys.emplace_back(subject, *known.key);
            } else if (!known.key && !store_.find(subject)) {
                throw std::logic_error{fmt::format("there is no key of {} to persist", subject)};
            }
        }
        return keys;
    }

    void forget(const std::string& subject) {
        const std::lock_guard lock{mutex_};
        erased_.insert(subject);
        cache_.drop(subject);
        pending_.erase(subject);
    }

    void refuse_erased(std::string_view subject) const {
        const std::lock_guard lock{mutex_};
        refuse_erased_locked(subject);
    }
    void refuse_erased_locked(std::string_view subject) const {
        if (erased_.contains(subject)) throw SubjectErased{fmt::format("{} was erased", subject)};
    }

    KeyStore store_;
    SystemClock machine_clock_;
    const Clock& clock_;
    std::mutex erase_mutex_;    // before write_mutex_
    std::mutex write_mutex_;    // before mutex_; held while the store is written
    std::mutex make_mutex_;     // before mutex_; held while a key is looked for and made
    mutable std::mutex mutex_;  // what follows
    mutable KeyCache cache_;
    TextMap<Pending> pending_;
    std::unordered_set<std::string, TextHash, std::equal_to<>> erased_;
    SteadyTime tidied_{};
};

}  // namespace

std::unique_ptr<Vault> open_vault(const VaultSettings& settings) { return std::make_unique<KeyedVault>(settings); }

}  // namespace dealog::eventstore
