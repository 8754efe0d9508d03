#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/principal.hpp"
#include "domain/decision.hpp"
#include "domain/fold.hpp"
#include "domain/given.hpp"
#include "domain/seller/seller.pb.h"

namespace dealog::seller {

/// A person of the department. Nothing that happens per deal is kept here: the stream stays cold.
struct Seller {
    bool exists = false;
    Revision revision;
    std::string id;
    std::string name;
    std::vector<RoleName> roles;
    std::string team_id;    // empty = none
    std::string time_zone;  // empty = the workspace's
    bool active = false;    // may own work and act
    bool whole_workspace = false;
};

void evolve(Seller& state, const v1::SellerJoined& event, const domain::Envelope& envelope);
void evolve(Seller& state, const v1::SellerUpdated& event, const domain::Envelope& envelope);

using Fold = domain::Folder<Seller, v1::SellerJoined, v1::SellerUpdated>;

[[nodiscard]] StreamName stream_of(std::string_view id);

[[nodiscard]] domain::Decided decide(const v1::AddSeller& command, const domain::Given& given);
[[nodiscard]] domain::Decided decide(const v1::UpdateSeller& command, const domain::Given& given);

}  // namespace dealog::seller
