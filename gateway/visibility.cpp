#include "gateway/visibility.hpp"

#include "projections/directory/directory.hpp"

namespace dealog::gateway {

projections::Visibility visible_in(access::AreaName area, const Principal& caller, const projections::View* directory) {
    projections::Visibility visible;
    switch (access::extent(caller, area, access::Ability::read)) {
        case access::Extent::all:
            visible.everything = true;
            break;
        case access::Extent::team:
            if (directory != nullptr && !caller.team_id.empty())
                visible.sellers = directory::sellers_of_team(*directory, caller.team_id);
            [[fallthrough]];
        case access::Extent::own:
            if (caller.kind == Principal::Kind::seller) visible.sellers.insert(caller.id);
            break;
        case access::Extent::none:
            break;
    }
    return visible;
}

}  // namespace dealog::gateway
