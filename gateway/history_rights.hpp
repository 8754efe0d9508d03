#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "base/principal.hpp"
#include "domain/access/access.hpp"
#include "gateway/owners.hpp"
#include "projections/engine/table.hpp"

namespace dealog::gateway {

/// Which events a principal may see, by the rights of now. Each role counts by itself: what one role sees of settings
/// does not widen what another sees of deals. Use from one thread.
class HistoryRights {
public:
    /// `directory` is the newest view, null before there is one.
    HistoryRights(const Principal& caller, const projections::View* directory, Owners& owners);

    /// False: 403.
    [[nodiscard]] bool any() const { return any_; }
    [[nodiscard]] bool sees(const std::string& stream);

private:
    [[nodiscard]] access::Extent reach(std::string_view category) const;

    Principal caller_;
    Owners& owners_;
    bool any_ = false;
    std::unordered_set<std::string> team_;
    std::unordered_map<std::string, access::Extent> by_category_;
};

}  // namespace dealog::gateway
