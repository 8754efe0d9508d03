#include "eventstore/vault_key_cache.hpp"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace dealog::eventstore {

void KeyCache::FreeGuarded::operator()(std::uint8_t* bytes) const noexcept { sodium_free(bytes); }

KeyCache::KeyCache(std::size_t keys_max) {
    const std::size_t slots = std::max<std::size_t>(keys_max, 1);
    start_sodium();
    slots_.reset(static_cast<std::uint8_t*>(sodium_allocarray(slots, Key::size)));
    if (!slots_) throw std::bad_alloc{};
    free_.reserve(slots);
    for (std::size_t slot = slots; slot-- > 0;) free_.push_back(slot);
}

std::optional<Key> KeyCache::find(std::string_view subject) {
    const auto found = entries_.find(subject);
    if (found == entries_.end()) return std::nullopt;
    by_use_.splice(by_use_.begin(), by_use_, found->second.used);
    Key key;
    std::memcpy(key.data(), at(found->second.slot), Key::size);
    return key;
}

void KeyCache::put(std::string_view subject, const Key& key) {
    drop(subject);
    if (free_.empty()) drop(std::string{by_use_.back()});
    const std::size_t slot = free_.back();
    free_.pop_back();
    std::memcpy(at(slot), key.data(), Key::size);
    by_use_.emplace_front(subject);
    entries_.emplace(subject, Entry{.slot = slot, .used = by_use_.begin()});
}

void KeyCache::drop(std::string_view subject) {
    const auto found = entries_.find(subject);
    if (found == entries_.end()) return;
    const Entry entry = found->second;
    sodium_memzero(at(entry.slot), Key::size);
    free_.push_back(entry.slot);
    by_use_.erase(entry.used);
    entries_.erase(found);
}

}  // namespace dealog::eventstore
