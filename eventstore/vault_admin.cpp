#include "eventstore/vault_admin.hpp"

#include "eventstore/key_store.hpp"

namespace dealog::eventstore {

namespace {

VaultSettings never_founding(VaultSettings settings) {
    settings.founding = VaultSettings::Founding::refused;
    return settings;
}

}  // namespace

VaultCounts count_subjects(const VaultSettings& settings) {
    const KeyStore store{never_founding(settings)};
    VaultCounts counts{.subjects = store.count_keys(), .erased = 0};
    store.for_each_erased([&](std::string_view, Instant) { ++counts.erased; });
    return counts;
}

void rotate_master_key(const VaultSettings& settings) { KeyStore{never_founding(settings)}.rotate_master_key(); }

void erase_subjects(const VaultSettings& settings, std::span<const std::string> subjects) {
    KeyStore store{never_founding(settings)};
    std::vector<std::string> standing;
    for (const std::string& subject : subjects) {
        if (!store.buried_at(subject)) standing.push_back(subject);
    }
    if (standing.empty()) return;
    const SystemClock machine_clock;
    store.bury(standing, settings.clock ? settings.clock->now() : machine_clock.now());
    store.scrub(standing);
}

}  // namespace dealog::eventstore
