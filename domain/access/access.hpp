#pragma once

#include <string>
#include <string_view>

#include "base/principal.hpp"

namespace dealog::access {

using AreaName = v1::Area::Name;

enum class Ability { read, write };

/// What a right reaches for: the seller who owns the thing and that seller's present team. Empty owner: nobody's, which
/// only team-wide-or-more reach covers.
struct Resource {
    std::string owner_id;
    std::string team_id;
};

/// How a role table entry reaches.
enum class Extent { none, own, team, all };

/// The widest reach of the principal's roles for this area and ability. A HEAD of the whole workspace reaches all.
[[nodiscard]] Extent extent(const Principal& principal, AreaName area, Ability ability);
/// Whether a role of the principal carries the head's privileges (reassign, waive).
[[nodiscard]] bool is_head(const Principal& principal);

enum class Verdict {
    allowed,
    forbidden,  // the role may never do it: 403
    hidden,     // foreign: looks like missing, 404
};

/// The one decision on rights, used by commands, queries, streams and export alike.
[[nodiscard]] Verdict authorise(const Principal& principal, AreaName area, Ability ability, bool head_only,
                                const Resource& resource);
/// Before the resource is known: forbidden when no role could ever do it.
[[nodiscard]] Verdict authorise(const Principal& principal, AreaName area, Ability ability, bool head_only);

/// Whether a principal with HISTORY rights may see events of this stream category at all.
[[nodiscard]] bool may_see_category(const Principal& principal, std::string_view category);
/// Whether a scoped principal (INTEGRATION) has the scope. `commands`, `queries`, `events`, `events:<category>`.
[[nodiscard]] bool has_scope(const Principal& principal, std::string_view scope);

}  // namespace dealog::access
