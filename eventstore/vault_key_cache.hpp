#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "eventstore/seal.hpp"

namespace dealog::eventstore {

/// Looks strings up by views.
struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};
template <class Value>
using TextMap = std::unordered_map<std::string, Value, TextHash, std::equal_to<>>;

/// The subjects' keys used last, in memory that is neither swapped nor dumped. Not thread-safe.
class KeyCache {
public:
    explicit KeyCache(std::size_t keys_max);
    KeyCache(const KeyCache&) = delete;
    KeyCache& operator=(const KeyCache&) = delete;

    [[nodiscard]] std::optional<Key> find(std::string_view subject);
    /// Takes the place of the key that was unused for longest when the cache is full.
    void put(std::string_view subject, const Key& key);
    /// Wipes the key.
    void drop(std::string_view subject);
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    struct FreeGuarded {
        void operator()(std::uint8_t* bytes) const noexcept;
    };
    struct Entry {
        std::size_t slot;
        std::list<std::string>::iterator used;
    };
    [[nodiscard]] std::uint8_t* at(std::size_t slot) const { return slots_.get() + slot * Key::size; }

    std::unique_ptr<std::uint8_t[], FreeGuarded> slots_;
    std::vector<std::size_t> free_;
    std::list<std::string> by_use_;  // the last used first
    TextMap<Entry> entries_;
};

}  // namespace dealog::eventstore
