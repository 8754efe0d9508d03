#include "domain/access/access.hpp"
#include "projections/directory/answers.hpp"
#include "projections/directory/directory.hpp"
#include "projections/directory/directory.pb.h"
#include "projections/directory/tables.hpp"

namespace dealog::directory {
namespace {

using access::Ability;
using access::Extent;

constexpr std::size_t name_order_length = 100;  // what of a name orders a list; keeps page tokens short

std::string by_name(std::string_view name, std::string_view id) {
    return Key{}.text(name.substr(0, name_order_length), name_order_length).id(id).bytes();
}

/// Which people the caller may see: by their teams of now.
class Reach {
public:
    explicit Reach(const QueryContext& context)
        : caller_(context.caller),
          present_(context.present),
          extent_(access::extent(caller_, dealog::v1::Area::PEOPLE, Ability::read)) {}

    /// `team_then` is the seller's team where the query reads.
    [[nodiscard]] bool seller(std::string_view id, const std::string& team_then) const {
        if (extent_ == Extent::all) return true;
        if (extent_ == Extent::none) return false;
        if (id == caller_.id) return true;
        if (extent_ != Extent::team) return false;
        return team(present_ == nullptr ? team_then : team_of_seller(*present_, id).value_or(team_then));
    }
    [[nodiscard]] bool team(std::string_view id) const {
        return extent_ == Extent::all || (extent_ != Extent::none && !id.empty() && id == caller_.team_id);
    }
    [[nodiscard]] bool everything() const { return extent_ == Extent::all; }

private:
    const Principal& caller_;
    const View* present_;
    Extent extent_;
};

v1::SellerView view_of(std::string_view id, const rows::v1::Seller& row) {
    v1::SellerView out;
    out.set_id(std::string(id));
    out.set_external_id(row.external_id());
    out.set_name(row.name());
    *out.mutable_roles() = row.roles();
    out.set_team_id(row.team_id());
    out.set_time_zone(row.time_zone());
    out.set_active(row.active());
    out.set_whole_workspace(row.whole_workspace());
    out.set_revision(row.revision());
    return out;
}

v1::ApiKeyView view_of(std::string_view id, const rows::v1::ApiKey& row) {
    v1::ApiKeyView out;
    out.set_id(std::string(id));
    out.set_seller_id(row.seller_id());
    out.set_service(row.service());
    *out.mutable_roles() = row.roles();
    *out.mutable_scopes() = row.scopes();
    to_proto(instant_of(row.issued_at()), *out.mutable_issued_at());
    if (row.has_expires_at()) to_proto(instant_of(row.expires_at()), *out.mutable_expires_at());
    if (row.has_revoked_at()) to_proto(instant_of(row.revoked_at()), *out.mutable_revoked_at());
    out.set_whole_workspace(row.whole_workspace());
    return out;
}

template <class Row, class Each>  // void(const std::string& id, Row&&)
void each_person(const Typed<Row>& table, const View& view, const Each& each) {
    table.scan(view, Key{}.u8(0), {}, [&](std::string_view key, Row&& row, Position) {
        each(KeyReader{key.substr(1)}.id(), std::move(row));
        return true;
    });
}

}  // namespace

QueryResult list_sellers(const Message& request, const View& view, const QueryContext& context) {
    const auto& asked = static_cast<const v1::ListSellers&>(request);
    const Reach reach(context);
    const auto part = folded(asked.q());
    std::vector<Ordered<v1::SellerView>> found;
    each_person(sellers, view, [&](const std::string& id, rows::v1::Seller&& row) {
        if (!reach.seller(id, row.team_id())) return;
        if (!asked.team().empty() && row.team_id() != asked.team()) return;
        if (!asked.external_id().empty() && row.external_id() != asked.external_id()) return;
        if (!part.empty() && !contains_folded(row.name(), part)) return;
        found.push_back({.order = by_name(row.name(), id), .item = view_of(id, row)});
    });
    auto answer = answer_of<v1::SellerList>(view, context);
    auto* out = answer->mutable_sellers();
    return page_of(asked, std::move(found), view, std::move(answer), out);
}

QueryResult get_seller(const Message& request, const View& view, const QueryContext& context) {
    const auto& asked = static_cast<const v1::GetSeller&>(request);
    const auto row = sellers.get(view, person_key(asked.seller()));
    if (!row || !Reach(context).seller(asked.seller(), row->team_id())) {
        return refuse(rejection(Code::Problem_Code_NOT_FOUND));
    }
    auto answer = answer_of<v1::SellerCard>(view, context);
    *answer->mutable_seller() = view_of(asked.seller(), *row);
    return answer;
}

QueryResult list_teams(const Message& request, const View& view, const QueryContext& context) {
    const auto& asked = static_cast<const v1::ListTeams&>(request);
    const Reach reach(context);
    std::vector<Ordered<v1::TeamView>> found;
    each_person(teams, view, [&](const std::string& id, rows::v1::Team&& row) {
        if (!reach.team(id)) return;
        v1::TeamView team;
        team.set_id(id);
        team.set_external_id(row.external_id());
        team.set_name(row.name());
        team.set_head_id(row.head_id());
        team.set_revision(row.revision());
        found.push_back({.order = by_name(row.name(), id), .item = std::move(team)});
    });
    auto answer = answer_of<v1::TeamList>(view, context);
    auto* out = answer->mutable_teams();
    return page_of(asked, std::move(found), view, std::move(answer), out);
}

QueryResult list_api_keys(const Message& request, const View& view, const QueryContext& context) {
    const auto& asked = static_cast<const v1::ListApiKeys&>(request);
    const Reach reach(context);
    std::vector<Ordered<v1::ApiKeyView>> found;
    each_person(api_keys, view, [&](const std::string& id, rows::v1::ApiKey&& row) {
        if (!asked.seller().empty() && row.seller_id() != asked.seller()) return;
        const bool of_a_service = row.seller_id().empty();
        const auto team = of_a_service ? std::nullopt : team_of_seller(view, row.seller_id());
        if (of_a_service ? !reach.everything() : !reach.seller(row.seller_id(), team.value_or(std::string{}))) return;
        found.push_back({.order = Key{}.i64(row.issued_at()).id(id).bytes(), .item = view_of(id, row)});
    });
    auto answer = answer_of<v1::ApiKeyList>(view, context);
    auto* out = answer->mutable_api_keys();
    return page_of(asked, std::move(found), view, std::move(answer), out);
}

QueryResult who_am_i(const Message&, const View& view, const QueryContext& context) {
    const Principal& caller = context.caller;
    auto me = answer_of<v1::Me>(view, context);
    if (caller.kind == Principal::Kind::seller) {
        me->set_seller_id(caller.id);
        const auto row = sellers.get(view, person_key(caller.id));
        me->set_name(row ? row->name() : caller.name);
    } else {
        me->set_service(caller.name);
        me->set_name(caller.name);
    }
    for (const auto role : caller.roles) me->add_roles(role);
    me->set_team_id(caller.team_id);
    me->set_whole_workspace(caller.whole_workspace);
    for (const auto& scope : caller.scopes) me->add_scopes(scope);
    me->set_key_id(caller.key_id);
    return me;
}

}  // namespace dealog::directory
