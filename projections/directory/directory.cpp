#include "projections/directory/directory.hpp"

#include "domain/access/access.hpp"
#include "projections/directory/answers.hpp"
#include "projections/directory/directory.pb.h"
#include "projections/directory/tables.hpp"

namespace dealog::directory {

std::vector<projections::QueryHandler> Directory::queries() const {
    std::vector<projections::QueryHandler> handlers;
    const auto add = [&](const google::protobuf::Descriptor* request, auto* answer) {
        handlers.push_back({.request = request, .answer = answer});
    };
    add(v1::ListSellers::descriptor(), &list_sellers);
    add(v1::GetSeller::descriptor(), &get_seller);
    add(v1::ListTeams::descriptor(), &list_teams);
    add(v1::ListApiKeys::descriptor(), &list_api_keys);
    add(v1::ListCompanies::descriptor(), &list_companies);
    add(v1::GetCompany::descriptor(), &get_company);
    add(v1::ListContacts::descriptor(), &list_contacts);
    add(v1::GetContact::descriptor(), &get_contact);
    add(v1::ListPipelines::descriptor(), &list_pipelines);
    add(v1::ListSettings::descriptor(), &list_settings);
    add(v1::WhoAmI::descriptor(), &who_am_i);
    return handlers;
}

std::unique_ptr<projections::Projection> make_directory() { return std::make_unique<Directory>(); }

std::unordered_set<std::string> sellers_of_team(const View& view, std::string_view team_id) {
    std::unordered_set<std::string> members;
    if (team_id.empty()) return members;
    sellers.scan(view, Key{}.u8(0), {}, [&](std::string_view key, rows::v1::Seller&& seller, Position) {
        if (seller.team_id() == team_id) members.insert(KeyReader{key.substr(1)}.id());
        return true;
    });
    return members;
}

std::optional<std::string> team_of_seller(const View& view, std::string_view seller_id) {
    auto row = sellers.get(view, person_key(seller_id));
    if (!row) return std::nullopt;
    return std::move(*row->mutable_team_id());
}

projections::Visibility visibility_of(const View& view, const Principal& caller) {
    projections::Visibility visible;
    switch (access::extent(caller, dealog::v1::Area::WORK, access::Ability::read)) {
        case access::Extent::all:
            visible.everything = true;
            break;
        case access::Extent::team:
            visible.sellers = sellers_of_team(view, caller.team_id);
            visible.sellers.insert(caller.id);
            break;
        case access::Extent::own:
            visible.sellers.insert(caller.id);
            break;
        case access::Extent::none:
            break;
    }
    return visible;
}

std::optional<std::string> owner_of_company(const View& view, std::string_view company_id) {
    auto row = companies.get(view, Key{}.id(company_id));
    if (!row) return std::nullopt;
    return std::move(*row->mutable_owner_id());
}

std::optional<std::string> owner_of_contact(const View& view, std::string_view contact_id) {
    auto row = contacts.get(view, Key{}.id(contact_id));
    if (!row) return std::nullopt;
    return std::move(*row->mutable_owner_id());
}

std::optional<std::string> owner_of_deal(const View& view, std::string_view deal_id) {
    auto row = deal_owners.get(view, Key{}.id(deal_id));
    if (!row) return std::nullopt;
    return std::move(*row->mutable_owner_id());
}

Zone workspace_zone(const View& view, Instant t) {
    std::optional<std::string> name;
    settings_values.scan(view, Key{}.text("locale", definition_key_length), {},
                         [&](std::string_view key, settings::v1::Value&& value, Position) {
                             KeyReader reader{key.substr(definition_key_length)};
                             if (name && instant_of(reader.i64()) > t) return false;
                             name = value.locale().time_zone();
                             return true;
                         });
    return name ? Zone::find(*name).value_or(Zone::utc()) : Zone::utc();
}

}  // namespace dealog::directory
