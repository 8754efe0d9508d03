#include "gateway/history_rights.hpp"

#include <algorithm>

#include "projections/directory/directory.hpp"

namespace dealog::gateway {

HistoryRights::HistoryRights(const Principal& caller, const projections::View* directory, Owners& owners)
    : caller_(caller), owners_(owners) {
    any_ = access::authorise(caller, v1::Area::HISTORY, access::Ability::read, false) == access::Verdict::allowed;
    if (directory != nullptr && !caller.team_id.empty()) team_ = directory::sellers_of_team(*directory, caller.team_id);
    if (caller.kind == Principal::Kind::seller) team_.insert(caller.id);
}

access::Extent HistoryRights::reach(std::string_view category) const {
    if (caller_.kind == Principal::Kind::system) return access::Extent::all;
    access::Extent widest = access::Extent::none;
    Principal one = caller_;
    for (const RoleName role : caller_.roles) {
        one.roles = {role};
        if (!access::may_see_category(one, category)) continue;
        widest = std::max(widest, access::extent(one, v1::Area::HISTORY, access::Ability::read));
    }
    return widest;
}

bool HistoryRights::sees(const std::string& stream) {
    if (!any_) return false;
    const std::string category = stream.substr(0, stream.find('-'));
    const auto [entry, fresh] = by_category_.try_emplace(category, access::Extent::none);
    if (fresh) entry->second = reach(category);
    switch (entry->second) {
        case access::Extent::all:
            return true;
        case access::Extent::none:
            return false;
        case access::Extent::team:
            return team_.contains(owners_.of(stream));
        case access::Extent::own:
            return caller_.kind == Principal::Kind::seller && owners_.of(stream) == caller_.id;
    }
    __builtin_unreachable();
}

}  // namespace dealog::gateway
