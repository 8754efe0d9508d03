#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/strong.hpp"

namespace dealog::eventstore::rocks {

/// Last revisions of the streams used most recently. One thread.
class RevisionCache {
public:
    static constexpr std::size_t streams_max = 200'000;

    [[nodiscard]] std::optional<Revision> find(const std::string& stream) {
        const auto found = index_.find(stream);
        if (found == index_.end()) return std::nullopt;
        entries_.splice(entries_.begin(), entries_, found->second);
        return found->second->second;
    }
    void put(const std::string& stream, Revision revision) {
        if (const auto found = index_.find(stream); found != index_.end()) {
            found->second->second = revision;
            entries_.splice(entries_.begin(), entries_, found->second);
            return;
        }
        if (entries_.size() == streams_max) {
            index_.erase(entries_.back().first);
            entries_.pop_back();
        }
        entries_.emplace_front(stream, revision);
        index_.emplace(stream, entries_.begin());
    }
    void clear() {
        index_.clear();
        entries_.clear();
    }

private:
    using Entries = std::list<std::pair<std::string, Revision>>;
    Entries entries_;
    std::unordered_map<std::string, Entries::iterator> index_;
};

}  // namespace dealog::eventstore::rocks
