#include "domain/task/about.hpp"

#include "domain/company/company.hpp"
#include "domain/contact/contact.hpp"
#include "domain/deal/deal.hpp"
#include "domain/rules.hpp"

namespace dealog::task {

Result<About, Rejection> about(const std::string& deal_id, const std::string& company_id, const std::string& contact_id,
                               const domain::Given& given) {
    const int named = (deal_id.empty() ? 0 : 1) + (company_id.empty() ? 0 : 1) + (contact_id.empty() ? 0 : 1);
    if (named != 1) {
        return domain::refused(Code::Problem_Code_INVALID_FIELD, "deal",
                               "A task is about exactly one deal, company or contact.");
    }
    if (!deal_id.empty()) {
        const deal::Deal* deal = given.aggregates.deal(deal_id);
        if (deal == nullptr) return domain::not_found("deal", deal_id);
        return About{.stream = deal::stream_of(deal_id),
                     .book = &deal->tasks,
                     .owner_id = deal->owner_id,
                     .contact_id = deal->contact_id,
                     .deal = deal};
    }
    if (!company_id.empty()) {
        const company::Company* company = given.aggregates.company(company_id);
        if (company == nullptr) return domain::not_found("company", company_id);
        return About{.stream = company::stream_of(company_id),
                     .book = &company->tasks,
                     .owner_id = company->owner_id,
                     .contact_id = {},
                     .deal = nullptr};
    }
    const contact::Contact* contact = given.aggregates.contact(contact_id);
    if (contact == nullptr) return domain::not_found("contact", contact_id);
    return About{.stream = contact::stream_of(contact_id),
                 .book = &contact->tasks,
                 .owner_id = contact->owner_id,
                 .contact_id = contact_id,
                 .deal = nullptr};
}

std::string text_subject(const About& about, const domain::Given& given) {
    const std::string person = about.contact_id.empty() ? std::string{} : contact::subject_of(about.contact_id);
    // Of a contact the stream is the person; of a deal or a company it stands in when there is no person to protect.
    return domain::writable_subject(given, {person, about.stream.value()});
}

Result<const OpenTask*, Rejection> open_task(const About& about, const std::string& id) {
    if (const OpenTask* task = about.book->find_open(id)) return task;
    if (about.book->was_closed(id)) {
        return domain::refused(Code::Problem_Code_TASK_CLOSED, "", "The task is done or cancelled.");
    }
    return domain::not_found("task", id);
}

}  // namespace dealog::task
