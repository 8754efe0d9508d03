#pragma once

#include "domain/api_key/api_key.pb.h"
#include "domain/company/company.pb.h"
#include "domain/contact/contact.pb.h"
#include "domain/settings/settings.pb.h"
#include "projections/directory/directory.hpp"
#include "tests/projections/sales.hpp"

namespace dealog::projections::testing::sales {

[[nodiscard]] inline Told registers_company(std::string_view company, std::string_view owner, std::string name) {
    company::v1::CompanyRegistered registered;
    registered.set_company_id(id_of(company));
    registered.set_external_id("ext-" + std::string(company));
    registered.set_name(std::move(name));
    registered.set_tax_id("tax-" + std::string(company));
    if (!owner.empty()) registered.set_owner_id(id_of(owner));
    return told("company-" + id_of(company), registered);
}

struct Person {
    std::string name;
    std::string phone = {};
    std::string email = {};
    [[nodiscard]] contact::v1::Person personal() const {
        contact::v1::Person person;
        person.set_full_name(name);
        if (!phone.empty()) person.add_phones(phone);
        if (!email.empty()) person.add_emails(email);
        return person;
    }
};
[[nodiscard]] inline Told registers_contact(std::string_view contact, std::string_view owner, const Person& person) {
    contact::v1::ContactRegistered registered;
    registered.set_contact_id(id_of(contact));
    registered.set_company_id(id_of("acme"));
    registered.set_owner_id(id_of(owner));
    registered.set_subject("contact-" + id_of(contact));
    *registered.mutable_personal() = person.personal();
    return told("contact-" + id_of(contact), registered);
}
[[nodiscard]] inline Told updates_contact(std::string_view contact, const Person& person) {
    contact::v1::ContactUpdated updated;
    updated.set_subject("contact-" + id_of(contact));
    *updated.mutable_personal() = person.personal();
    return told("contact-" + id_of(contact), updated);
}
[[nodiscard]] inline Told forms_team(std::string_view team, std::string_view head) {
    team::v1::TeamFormed formed;
    formed.set_team_id(id_of(team));
    formed.set_name(std::string(team));
    formed.set_head_id(id_of(head));
    return told("team-" + id_of(team), formed);
}
[[nodiscard]] inline Told issues_key(std::string_view key, std::string_view seller) {
    apikey::v1::ApiKeyIssued issued;
    issued.set_key_id(id_of(key));
    if (seller.empty()) {
        issued.set_service("erp");
    } else {
        issued.set_seller_id(id_of(seller));
    }
    issued.set_secret_sha256("hash");
    return told("apikey-" + id_of(key), issued);
}
[[nodiscard]] inline Told sets_norm(std::uint32_t min, std::optional<Instant> valid_from = {}) {
    settings::v1::SettingChanged changed;
    changed.set_key("norms");
    changed.mutable_value()->mutable_norms()->set_min(min);
    if (valid_from) to_proto(*valid_from, *changed.mutable_valid_from());
    return told("settings", changed);
}

/// A department of two teams and its directory, asked by anybody.
struct Office {
    Office() {
        history.append(forms_team("north", "ann"));
        history.append(forms_team("south", "cyd"));
        history.append(joins("cyd", "south"));
        history.append(joins("bob", "north"));
        history.append(joins("ann", "north"));
    }

    [[nodiscard]] Principal seller(std::string_view name, std::string_view team, RoleName role) const {
        Principal caller;
        caller.kind = Principal::Kind::seller;
        caller.id = id_of(name);
        caller.team_id = id_of(team);
        caller.roles = {role};
        return caller;
    }
    /// As a caller with the rights that the directory itself finds for him.
    template <class Answer, class Request>
    Result<Answer, Rejection> ask(const Request& request, const Principal& caller, std::optional<Position> as_of = {},
                                  std::optional<Instant> at = {}) {
        const auto view = model.rows().view(as_of);
        const auto now = model.rows().view();
        const Visibility visible = directory::visibility_of(*now, caller);
        const QueryContext context{.caller = caller,
                                   .visible = visible,
                                   .at = at.value_or(history.now()),
                                   .vault = history.vault,
                                   .workspace = workspace,
                                   .present = as_of ? now.get() : nullptr};
        for (const auto& handler : projection.queries()) {
            if (handler.request != Request::descriptor()) continue;
            auto answer = handler.answer(request, *view, context);
            if (!answer) return refuse(std::move(answer.error()));
            return static_cast<const Answer&>(**answer);
        }
        throw std::logic_error("no such query");
    }

    directory::Directory projection;
    History history;
    ReadModel model{projection, history};
    Principal auditor = seller("eve", "", v1::Role::AUDITOR);
    Principal head = seller("ann", "north", v1::Role::HEAD);
    Principal closer = seller("bob", "north", v1::Role::CLOSER);
};

}  // namespace dealog::projections::testing::sales
