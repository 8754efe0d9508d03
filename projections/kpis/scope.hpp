#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "projections/business_time.hpp"
#include "projections/engine/projection.hpp"
#include "projections/kpis/fact.hpp"
#include "projections/kpis/kpis.pb.h"
#include "projections/kpis/tables.hpp"

namespace dealog::kpis {

/// A seller with the teams he was in.
struct SellerInScope {
    std::string id;
    std::string name;
    std::string team_id;                                      // now
    std::vector<std::pair<std::int64_t, std::string>> teams;  // since when, in order

    /// The team at a moment; before the first known one the earliest.
    [[nodiscard]] std::string_view team_at(std::int64_t t) const;
    [[nodiscard]] bool was_in(std::string_view team_id, std::int64_t from, std::int64_t to) const;
};

/// Whose figures are asked for, of which stretch of business time, and of which team.
struct Scope {
    std::int64_t from = 0;
    std::int64_t to = 0;                 // exclusive
    std::string team_id;                 // empty: of all
    std::vector<SellerInScope> sellers;  // by name, then id
};

[[nodiscard]] Result<Scope, Rejection> find_scope(const v1::ShowSellerKpis& asked, const projections::View& view,
                                                  const projections::QueryContext& context);

/// Where a row of `facts` or `open_changes` stands.
struct FactPlace {
    std::string_view key;
    std::int64_t at = 0;
    std::uint64_t position = 0;
};

[[nodiscard]] inline FactPlace place_of(std::string_view key) {
    KeyReader reader{key.substr(id_length)};
    const auto at = reader.i64();
    return {.key = key, .at = at, .position = reader.u64()};
}

/// The seller's facts in the period that are the asked team's. What takes back a closing belongs to the team of the
/// closing.
template <class Each>  // void(const FactPlace&, const rows::v1::Fact&)
void each_fact(const Scope& scope, const SellerInScope& seller, const projections::View& view, const Each& each) {
    const Key prefix = Key{}.id(seller.id);
    facts.scan(view, prefix, Key{}.id(seller.id).i64(scope.from),
               [&](std::string_view key, rows::v1::Fact&& fact, Position) {
                   const auto place = place_of(key);
                   if (place.at >= scope.to) return false;
                   const auto of_team_at = takes_back_closing(fact) ? fact.closed_at() : place.at;
                   if (scope.team_id.empty() || seller.team_at(of_team_at) == scope.team_id) each(place, fact);
                   return true;
               });
}

/// Everything that changed the seller's number of open deals before the period's end, if he is of the asked team then.
template <class Each>  // void(const FactPlace&, int change)
void each_open_change(const Scope& scope, const SellerInScope& seller, const projections::View& view,
                      const Each& each) {
    if (!scope.team_id.empty() && seller.team_at(scope.to - 1) != scope.team_id) return;
    open_changes.scan(view, Key{}.id(seller.id), {}, [&](std::string_view key, rows::v1::OpenChange&& row, Position) {
        const auto place = place_of(key);
        if (place.at >= scope.to) return false;
        each(place, row.change());
        return true;
    });
}

}  // namespace dealog::kpis
