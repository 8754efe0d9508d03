#include <array>

#include "domain/api_key/api_key.pb.h"
#include "domain/company/company.pb.h"
#include "domain/contact/contact.pb.h"
#include "domain/deal/deal.pb.h"
#include "domain/seller/seller.pb.h"
#include "domain/team/team.pb.h"
#include "projections/directory/directory.hpp"
#include "projections/directory/tables.hpp"

namespace dealog::directory {
namespace {

using projections::Event;
using projections::Rows;

// ---- People ----

void on(const Event& event, const seller::v1::SellerJoined& joined, Rows& rows) {
    rows::v1::Seller row;
    row.set_external_id(joined.external_id());
    row.set_name(joined.name());
    *row.mutable_roles() = joined.roles();
    row.set_team_id(joined.team_id());
    row.set_time_zone(joined.time_zone());
    row.set_active(true);
    row.set_whole_workspace(joined.whole_workspace());
    row.set_revision(event.record.revision());
    sellers.put(rows, person_key(joined.seller_id()), row);
}

void on(const Event& event, const seller::v1::SellerUpdated& updated, Rows& rows) {
    const auto key = person_key(event.subject_id());
    auto row = sellers.get_or_new(rows, key);
    if (updated.has_name()) row.set_name(updated.name());
    if (updated.has_roles()) *row.mutable_roles() = updated.roles().names();
    if (updated.has_team_id()) row.set_team_id(updated.team_id());
    if (updated.has_time_zone()) row.set_time_zone(updated.time_zone());
    if (updated.has_active()) row.set_active(updated.active());
    if (updated.has_whole_workspace()) row.set_whole_workspace(updated.whole_workspace());
    row.set_revision(event.record.revision());
    sellers.put(rows, key, row);
}

void on(const Event& event, const team::v1::TeamFormed& formed, Rows& rows) {
    rows::v1::Team row;
    row.set_external_id(formed.external_id());
    row.set_name(formed.name());
    row.set_head_id(formed.head_id());
    row.set_revision(event.record.revision());
    teams.put(rows, person_key(formed.team_id()), row);
}

void on(const Event& event, const team::v1::TeamUpdated& updated, Rows& rows) {
    const auto key = person_key(event.subject_id());
    auto row = teams.get_or_new(rows, key);
    if (updated.has_name()) row.set_name(updated.name());
    if (updated.has_head_id()) row.set_head_id(updated.head_id());
    row.set_revision(event.record.revision());
    teams.put(rows, key, row);
}

void on(const Event& event, const apikey::v1::ApiKeyIssued& issued, Rows& rows) {
    rows::v1::ApiKey row;
    row.set_seller_id(issued.seller_id());
    row.set_service(issued.service());
    *row.mutable_roles() = issued.roles();
    *row.mutable_scopes() = issued.scopes();
    if (issued.has_expires_at()) row.set_expires_at(nanos_of(from_proto(issued.expires_at())));
    row.set_issued_at(event.record.recorded_at());
    row.set_whole_workspace(issued.whole_workspace());
    api_keys.put(rows, person_key(issued.key_id()), row);
}

void on(const Event& event, const apikey::v1::ApiKeyRevoked& revoked, Rows& rows) {
    const auto key = person_key(revoked.key_id());
    auto row = api_keys.get_or_new(rows, key);
    row.set_revoked_at(event.record.recorded_at());
    api_keys.put(rows, key, row);
}

// ---- Clients ----

void list(const Event& event, const Typed<rows::v1::Registered>& table, const std::string& id, Rows& rows) {
    rows::v1::Registered registered;
    registered.set_id(id);
    table.put(rows, listed_key(event.record.position()), registered);
}

void on(const Event& event, const company::v1::CompanyRegistered& registered, Rows& rows) {
    rows::v1::Company row;
    row.set_external_id(registered.external_id());
    row.set_name(registered.name());
    row.set_industry(registered.industry());
    row.set_tax_id(registered.tax_id());
    row.set_owner_id(registered.owner_id());
    row.set_source(registered.source());
    row.set_revision(event.record.revision());
    row.set_registered_at(event.record.occurred_at());
    companies.put(rows, Key{}.id(registered.company_id()), row);
    list(event, company_list, registered.company_id(), rows);
}

void on(const Event&, const company::v1::CompanyUpdated& updated, rows::v1::Company& row) {
    if (updated.has_name()) row.set_name(updated.name());
    if (updated.has_industry()) row.set_industry(updated.industry());
    if (updated.has_tax_id()) row.set_tax_id(updated.tax_id());
    if (updated.has_owner_id()) row.set_owner_id(updated.owner_id());
    if (updated.has_source()) row.set_source(updated.source());
}

void on(const Event& event, const contact::v1::ContactRegistered& registered, Rows& rows) {
    rows::v1::Contact row;
    row.set_external_id(registered.external_id());
    row.set_company_id(registered.company_id());
    row.set_owner_id(registered.owner_id());
    row.set_source(registered.source());
    row.set_subject(registered.subject());
    if (auto personal = event.sealed("personal")) *row.mutable_personal() = std::move(*personal);
    row.set_revision(event.record.revision());
    row.set_registered_at(event.record.occurred_at());
    contacts.put(rows, Key{}.id(registered.contact_id()), row);
    list(event, contact_list, registered.contact_id(), rows);
}

void on(const Event& event, const contact::v1::ContactUpdated& updated, rows::v1::Contact& row) {
    if (updated.has_company_id()) row.set_company_id(updated.company_id());
    if (updated.has_owner_id()) row.set_owner_id(updated.owner_id());
    if (updated.has_source()) row.set_source(updated.source());
    if (auto personal = event.sealed("personal")) {
        *row.mutable_personal() = std::move(*personal);
        row.set_subject(updated.subject());
    }
}

/// Any event of a company's or a contact's stream moves its revision; tasks planned there do too.
template <class Row, class Updated>
void touch(const Event& event, const Typed<Row>& table, Rows& rows) {
    const auto key = Key{}.id(event.subject_id());
    auto row = table.get(rows, key);
    if (!row) return;
    if (const auto* updated = event.as<Updated>()) on(event, *updated, *row);
    row->set_revision(event.record.revision());
    table.put(rows, key, *row);
}

void own_deal(std::string_view deal_id, const std::string& owner_id, Rows& rows) {
    rows::v1::DealOwner row;
    row.set_owner_id(owner_id);
    deal_owners.put(rows, Key{}.id(deal_id), row);
}

void on(const Event& event, const deal::v1::DealOpened& opened, Rows& rows) {
    own_deal(event.subject_id(), opened.owner_id(), rows);
}
void on(const Event& event, const deal::v1::DealOwnerChanged& changed, Rows& rows) {
    own_deal(event.subject_id(), changed.to_owner_id(), rows);
}
void on(const Event& event, const deal::v1::DealReopened& reopened, Rows& rows) {
    own_deal(event.subject_id(), reopened.owner_id(), rows);
}

// ---- Definitions ----

void on(const Event& event, const pipeline::v1::PipelineDefined& defined, Rows& rows) {
    const Instant valid_from = defined.has_valid_from() ? from_proto(defined.valid_from()) : event.recorded_at();
    rows::v1::PipelineVersion row;
    *row.mutable_defined() = defined;
    row.set_version(event.record.revision());
    row.set_valid_from(nanos_of(valid_from));
    pipelines.put(rows, definition_key(defined.key(), valid_from, event.record.revision()), row);
}

void on(const Event& event, const settings::v1::SettingChanged& changed, Rows& rows) {
    const Instant valid_from = changed.has_valid_from() ? from_proto(changed.valid_from()) : event.recorded_at();
    settings_values.put(rows, definition_key(changed.key(), valid_from, event.record.revision()), changed.value());
}

template <class... E>
bool apply_any(const Event& event, Rows& rows) {
    const auto one = [&](const auto* payload) {
        if (payload == nullptr) return false;
        on(event, *payload, rows);
        return true;
    };
    return (one(event.as<E>()) || ...);
}

}  // namespace

std::span<const projections::TableSpec> Directory::tables() const {
    static constexpr std::array all{sellers.spec,      teams.spec,          api_keys.spec,     companies.spec,
                                    company_list.spec, contacts.spec,       contact_list.spec, deal_owners.spec,
                                    pipelines.spec,    settings_values.spec};
    return all;
}

void Directory::apply(const projections::AppendView& append, projections::Rows& rows) const {
    for (const Event& event : append.events) {
        const bool applied =
            apply_any<seller::v1::SellerJoined, seller::v1::SellerUpdated, team::v1::TeamFormed, team::v1::TeamUpdated,
                      apikey::v1::ApiKeyIssued, apikey::v1::ApiKeyRevoked, company::v1::CompanyRegistered,
                      contact::v1::ContactRegistered, deal::v1::DealOpened, deal::v1::DealOwnerChanged,
                      deal::v1::DealReopened, pipeline::v1::PipelineDefined, settings::v1::SettingChanged>(event, rows);
        if (applied) continue;
        if (event.category() == "company")
            touch<rows::v1::Company, company::v1::CompanyUpdated>(event, companies, rows);
        if (event.category() == "contact") touch<rows::v1::Contact, contact::v1::ContactUpdated>(event, contacts, rows);
    }
}

}  // namespace dealog::directory
