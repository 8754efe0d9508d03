#include "domain/access/access.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace dealog::access {

namespace {

using Grant = v1::Grants::Grant;

/// The grants of each role as the contract states them beside the role's name.
const std::vector<Grant>& grants_of(RoleName role) {
    static const auto table = [] {
        std::array<std::vector<Grant>, v1::Role::Name_ARRAYSIZE> made;
        const auto* names = v1::Role::Name_descriptor();
        for (int i = 0; i < names->value_count(); ++i) {
            const auto& grants = names->value(i)->options().GetExtension(v1::grants);
            made[static_cast<std::size_t>(names->value(i)->number())].assign(grants.grant().begin(),
                                                                             grants.grant().end());
        }
        return made;
    }();
    static const std::vector<Grant> none;
    return v1::Role::Name_IsValid(role) ? table[static_cast<std::size_t>(role)] : none;
}

/// What a scoped grant asks of the key before it counts.
bool scope_allows(const Principal& principal, AreaName area, Ability ability) {
    if (area == v1::Area::HISTORY) {
        return std::ranges::any_of(principal.scopes, [](const std::string& scope) {
            return scope == "events" || scope.starts_with("events:");
        });
    }
    return has_scope(principal, ability == Ability::write ? "commands" : "queries");
}

Extent extent_of(v1::Reach::Name reach, bool whole_workspace) {
    switch (reach) {
        case v1::Reach::OWN:
            return Extent::own;
        case v1::Reach::TEAM:
            return whole_workspace ? Extent::all : Extent::team;
        case v1::Reach::ALL:
            return Extent::all;
        default:
            return Extent::none;
    }
}

enum class Which { any, head };

Extent widest(const Principal& principal, AreaName area, Ability ability, Which which) {
    if (principal.kind == Principal::Kind::system) return Extent::all;
    Extent result = Extent::none;
    for (const RoleName role : principal.roles) {
        for (const Grant& grant : grants_of(role)) {
            if (grant.area() != area || (which == Which::head && !grant.head())) continue;
            if (grant.scoped() && !scope_allows(principal, area, ability)) continue;
            const auto reach = ability == Ability::read ? grant.read() : grant.write();
            result = std::max(result, extent_of(reach, principal.whole_workspace));
        }
    }
    return result;
}

bool covers(Extent extent, const Principal& principal, const Resource& resource) {
    const bool own = !resource.owner_id.empty() && resource.owner_id == principal.id;
    const bool of_team = !resource.team_id.empty() && resource.team_id == principal.team_id;
    switch (extent) {
        case Extent::none:
            return false;
        case Extent::own:
            return own;
        case Extent::team:
            return own || of_team;
        case Extent::all:
            return true;
    }
    return false;
}

}  // namespace

Extent extent(const Principal& principal, AreaName area, Ability ability) {
    return widest(principal, area, ability, Which::any);
}

bool is_head(const Principal& principal) {
    if (principal.kind == Principal::Kind::system) return true;
    return std::ranges::any_of(principal.roles, [](RoleName role) {
        return std::ranges::any_of(grants_of(role), [](const Grant& grant) { return grant.head(); });
    });
}

Verdict authorise(const Principal& principal, AreaName area, Ability ability, bool head_only) {
    const Extent reach = widest(principal, area, ability, head_only ? Which::head : Which::any);
    return reach == Extent::none ? Verdict::forbidden : Verdict::allowed;
}

Verdict authorise(const Principal& principal, AreaName area, Ability ability, bool head_only,
                  const Resource& resource) {
    const Extent reach = widest(principal, area, ability, head_only ? Which::head : Which::any);
    if (reach == Extent::none) return Verdict::forbidden;
    if (covers(reach, principal, resource)) return Verdict::allowed;
    // Who may read the thing may be told that it is not his to change; to everybody else it is not there.
    const bool seen = covers(widest(principal, area, Ability::read, Which::any), principal, resource);
    return seen ? Verdict::forbidden : Verdict::hidden;
}

bool may_see_category(const Principal& principal, std::string_view category) {
    if (principal.kind == Principal::Kind::system) return true;
    for (const RoleName role : principal.roles) {
        for (const Grant& grant : grants_of(role)) {
            if (grant.area() != v1::Area::HISTORY || grant.read() == v1::Reach::REACH_UNSPECIFIED) continue;
            const auto& categories = grant.categories();
            const bool named = categories.empty() || std::ranges::find(categories, category) != categories.end();
            const bool scoped = !grant.scoped() || has_scope(principal, "events") ||
                                has_scope(principal, "events:" + std::string{category});
            if (named && scoped) return true;
        }
    }
    return false;
}

bool has_scope(const Principal& principal, std::string_view scope) {
    return std::ranges::find(principal.scopes, scope) != principal.scopes.end();
}

}  // namespace dealog::access
