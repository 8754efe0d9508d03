#include "domain/contact/contact.pb.h"
#include "projections/directory/answers.hpp"
#include "projections/directory/directory.pb.h"
#include "projections/directory/tables.hpp"

namespace dealog::directory {
namespace {

template <class Row>
struct ClientTables {
    const Typed<rows::v1::Registered>& list;
    const Typed<Row>& rows;
};

/// One page of a list, oldest first. `pick` writes the row when it is one of those asked for.
template <class Row, class Request, class Answer, class Item, class Pick>  // bool(id, row, Item& out)
QueryResult client_page(const ClientTables<Row>& tables, const Request& asked, const View& view,
                        std::unique_ptr<Answer> answer, google::protobuf::RepeatedPtrField<Item>* out,
                        const Pick& pick) {
    const auto start = projections::page_start(asked);
    if (!start) return refuse(start.error());
    tables.list.scan(view, Key{}.u8(0), *start, [&](std::string_view key, rows::v1::Registered&& registered, Position) {
        const auto row = tables.rows.get(view, Key{}.id(registered.id()));
        DEALOG_ASSERT(row.has_value(), "what is listed is known");
        Item item;
        if (!pick(registered.id(), *row, item)) return true;
        if (static_cast<std::size_t>(out->size()) == page_size_of(asked.page_size())) {
            answer->set_next_page_token(projections::make_page_token(view.position(), asked, key));
            return false;
        }
        *out->Add() = std::move(item);
        return true;
    });
    return answer;
}

bool is(const std::string& wanted, const std::string& value) { return wanted.empty() || wanted == value; }

void write(const std::string& id, const rows::v1::Company& row, v1::CompanyView& out) {
    out.set_id(id);
    out.set_external_id(row.external_id());
    out.set_name(row.name());
    out.set_industry(row.industry());
    out.set_tax_id(row.tax_id());
    out.set_owner_id(row.owner_id());
    out.set_source(row.source());
    out.set_revision(row.revision());
    to_proto(instant_of(row.registered_at()), *out.mutable_registered_at());
}

/// Opens the personal part: this is the place where an answer is written.
void write(const std::string& id, const rows::v1::Contact& row, const QueryContext& context, v1::ContactView& out) {
    out.set_id(id);
    out.set_external_id(row.external_id());
    out.set_company_id(row.company_id());
    out.set_owner_id(row.owner_id());
    out.set_source(row.source());
    out.set_revision(row.revision());
    to_proto(instant_of(row.registered_at()), *out.mutable_registered_at());
    if (!row.has_personal()) return;
    contact::v1::Person person;
    const auto state = eventstore::open_value(context.vault, context.workspace, row.personal(), row.subject(), person);
    out.set_personal_state(state);
    if (state != dealog::v1::PersonalState::OPEN) return;
    out.set_full_name(person.full_name());
    *out.mutable_phones() = person.phones();
    *out.mutable_emails() = person.emails();
}

struct PersonFilter {
    std::string phone;
    std::string email;  // folded
    std::string part;   // of the name, folded

    [[nodiscard]] bool passes(const v1::ContactView& contact) const {
        const auto is_phone = [&](const std::string& value) { return value == phone; };
        const auto is_email = [&](const std::string& value) { return folded(value) == email; };
        return (phone.empty() || std::ranges::any_of(contact.phones(), is_phone)) &&
               (email.empty() || std::ranges::any_of(contact.emails(), is_email)) &&
               (part.empty() || contains_folded(contact.full_name(), part));
    }
};

}  // namespace

QueryResult list_companies(const Message& request, const View& view, const QueryContext& context) {
    const auto& asked = static_cast<const v1::ListCompanies&>(request);
    const auto part = folded(asked.q());
    auto answer = answer_of<v1::CompanyList>(view, context);
    auto* out = answer->mutable_companies();
    const auto pick = [&](const std::string& id, const rows::v1::Company& row, v1::CompanyView& company) {
        if (!context.sees(companies, Key{}.id(id), row.owner_id())) return false;
        if (!is(asked.owner(), row.owner_id()) || !is(asked.tax_id(), row.tax_id())) return false;
        if (!is(asked.external_id(), row.external_id())) return false;
        if (!part.empty() && !contains_folded(row.name(), part)) return false;
        write(id, row, company);
        return true;
    };
    return client_page(ClientTables<rows::v1::Company>{company_list, companies}, asked, view, std::move(answer), out,
                       pick);
}

QueryResult get_company(const Message& request, const View& view, const QueryContext& context) {
    const auto& asked = static_cast<const v1::GetCompany&>(request);
    const Key key = Key{}.id(asked.company());
    const auto row = companies.get(view, key);
    if (!row || !context.sees(companies, key, row->owner_id())) return refuse(rejection(Code::Problem_Code_NOT_FOUND));
    auto answer = answer_of<v1::CompanyCard>(view, context);
    write(asked.company(), *row, *answer->mutable_company());
    return answer;
}

QueryResult list_contacts(const Message& request, const View& view, const QueryContext& context) {
    const auto& asked = static_cast<const v1::ListContacts&>(request);
    const PersonFilter filter{.phone = asked.phone(), .email = folded(asked.email()), .part = folded(asked.q())};
    auto answer = answer_of<v1::ContactList>(view, context);
    auto* out = answer->mutable_contacts();
    const auto pick = [&](const std::string& id, const rows::v1::Contact& row, v1::ContactView& contact) {
        if (!context.sees(contacts, Key{}.id(id), row.owner_id())) return false;
        if (!is(asked.owner(), row.owner_id()) || !is(asked.company(), row.company_id())) return false;
        if (!is(asked.external_id(), row.external_id())) return false;
        write(id, row, context, contact);
        return filter.passes(contact);
    };
    return client_page(ClientTables<rows::v1::Contact>{contact_list, contacts}, asked, view, std::move(answer), out,
                       pick);
}

QueryResult get_contact(const Message& request, const View& view, const QueryContext& context) {
    const auto& asked = static_cast<const v1::GetContact&>(request);
    const Key key = Key{}.id(asked.contact());
    const auto row = contacts.get(view, key);
    if (!row || !context.sees(contacts, key, row->owner_id())) return refuse(rejection(Code::Problem_Code_NOT_FOUND));
    auto answer = answer_of<v1::ContactCard>(view, context);
    write(asked.contact(), *row, context, *answer->mutable_contact());
    return answer;
}

}  // namespace dealog::directory
