#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dealog::projections::engine {

/// Many small keys and values in one piece of memory, to be sorted and written in one go.
class RunBuffer {
public:
    /// The key and the value are what the callables append.
    template <class WriteKey, class WriteValue>
    void add(const WriteKey& write_key, const WriteValue& write_value) {
        const std::size_t begin = bytes_.size();
        write_key(bytes_);
        const std::size_t middle = bytes_.size();
        write_value(bytes_);
        entries_.push_back(Entry{.begin = begin,
                                 .key_length = static_cast<std::uint32_t>(middle - begin),
                                 .value_length = static_cast<std::uint32_t>(bytes_.size() - middle)});
    }

    void sort() {
        std::sort(entries_.begin(), entries_.end(), [this](const Entry& a, const Entry& b) { return key(a) < key(b); });
    }

    template <class Each>  // void(key, value)
    void for_each(const Each& each) const {
        for (const auto& entry : entries_) each(key(entry), value(entry));
    }

    [[nodiscard]] bool empty() const { return entries_.empty(); }
    [[nodiscard]] std::size_t bytes() const { return bytes_.size() + entries_.size() * sizeof(Entry); }
    void clear() {
        constexpr std::size_t kept_bytes_max = 4u << 20;
        if (bytes() > kept_bytes_max) {
            bytes_ = {};
            entries_ = {};
        }
        bytes_.clear();
        entries_.clear();
    }

private:
    struct Entry {
        std::size_t begin;
        std::uint32_t key_length;
        std::uint32_t value_length;
    };
    [[nodiscard]] std::string_view key(const Entry& entry) const {
        return std::string_view(bytes_).substr(entry.begin, entry.key_length);
    }
    [[nodiscard]] std::string_view value(const Entry& entry) const {
        return std::string_view(bytes_).substr(entry.begin + entry.key_length, entry.value_length);
    }

    std::string bytes_;
    std::vector<Entry> entries_;
};

}  // namespace dealog::projections::engine
