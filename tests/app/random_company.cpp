#include "tests/app/random_company.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace dealog::app::testing {

namespace {

const std::vector<std::string> types{"CALL", "CALL", "EMAIL", "MEETING", "TASK"};
const std::vector<std::string> reasons{"price", "competitor", "no_need"};

}  // namespace

std::string Dice::uuid() {
    const auto part = [this] { return static_cast<unsigned>(chance_()); };
    const unsigned a = part(), b = part(), c = part(), d = part();
    return fmt::format("{:08x}-{:04x}-4{:03x}-8{:03x}-{:08x}{:04x}", a, b & 0xffff, (b >> 16) & 0xfff, c & 0xfff, d,
                       (c >> 16) & 0xffff);
}

RandomCompany::RandomCompany(Hall& hall, std::uint32_t seed) : hall_(hall), dice_(seed) {
    form_team();
    form_team();
    for (int i = 0; i < 4; ++i) add_seller();
    register_company();
    register_contact();
    for (int i = 0; i < 3; ++i) open_deal();
}

const std::vector<RandomCompany::Kind>& RandomCompany::kinds() {
    static const std::vector<Kind> all{
        {"open deal", 9, &RandomCompany::open_deal},
        {"update deal", 6, &RandomCompany::update_deal},
        {"move to a stage", 10, &RandomCompany::move},
        {"win", 3, &RandomCompany::win},
        {"lose", 3, &RandomCompany::lose},
        {"reopen", 5, &RandomCompany::reopen},
        {"change owner", 5, &RandomCompany::change_owner},
        {"plan a task", 7, &RandomCompany::plan},
        {"complete a task", 14, &RandomCompany::complete},
        {"reschedule a task", 5, &RandomCompany::reschedule},
        {"cancel a task", 4, &RandomCompany::cancel},
        {"log an action", 7, &RandomCompany::log_action},
        {"correct an action", 6, &RandomCompany::correct},
        {"add a seller", 1, &RandomCompany::add_seller},
        {"update a seller", 4, &RandomCompany::update_seller},
        {"form a team", 1, &RandomCompany::form_team},
        {"update a team", 2, &RandomCompany::update_team},
        {"register a company", 3, &RandomCompany::register_company},
        {"update a company", 3, &RandomCompany::update_company},
        {"register a contact", 4, &RandomCompany::register_contact},
        {"update a contact", 3, &RandomCompany::update_contact},
        {"define a pipeline", 2, &RandomCompany::define_pipeline},
        {"change a setting", 3, &RandomCompany::change_setting},
        {"issue a key", 2, &RandomCompany::issue_key},
        {"revoke a key", 2, &RandomCompany::revoke_key},
        {"batch", 4, &RandomCompany::batch},
    };
    return all;
}

const std::string& RandomCompany::step() {
    constexpr int attempts_max = 200;
    static const int weights = [] {
        int sum = 0;
        for (const auto& kind : kinds()) sum += kind.weight;
        return sum;
    }();
    hall_.pass(std::chrono::minutes{1 + dice_.roll(240)} + Nanos{dice_.roll(1'000'000'000)});
    Answer last;
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        int place = dice_.roll(weights);
        auto kind = kinds().begin();
        for (; place >= kind->weight; ++kind) place -= kind->weight;
        const Position before = hall_.head();
        last = (this->*kind->send)();
        if (last.status >= 500) throw std::runtime_error(kind->name + ": " + last.body);
        if (hall_.head() == before) continue;
        ++written[kind->name];
        return kind->name;
    }
    throw std::runtime_error("no command is accepted any more; the last one: " + last.body);
}

// ---- Parts of commands ----

std::string RandomCompany::before() { return format_rfc3339(hall_.clock.now() - std::chrono::hours{dice_.roll(200)}); }
std::string RandomCompany::after() {
    return format_rfc3339(hall_.clock.now() + std::chrono::minutes{1 + dice_.roll(6000)});
}
Json RandomCompany::money() {
    return {{"currencyCode", dice_.roll(5) == 0 ? "USD" : "RUB"},
            {"units", std::to_string(dice_.roll(500'000))},
            {"nanos", dice_.roll(100) * 10'000'000}};
}
Json RandomCompany::task_plan() {
    Json plan{{"id", dice_.uuid()},
              {"type", dice_.pick(types)},
              {"title", "Talk about the offer in detail"},
              {"dueAt", after()}};
    if (dice_.roll(3) == 0) plan["assigneeId"] = dice_.pick(sellers);
    return plan;
}
Json RandomCompany::person() {
    const int n = ++names_;
    phones.push_back(fmt::format("+7900{:07}", n));
    emails.push_back(fmt::format("person{}@example.com", n));
    return {{"fullName", fmt::format("Person {} Petrov", n)}, {"phones", {phones.back()}}, {"emails", {emails.back()}}};
}
Json RandomCompany::deal_body() {
    external_ids.push_back(fmt::format("erp-{}", ++names_));
    Json body{{"title", fmt::format("Roof number {}", names_)},
              {"ownerId", dice_.pick(sellers)},
              {"source", dice_.pick(sources)},
              {"externalId", external_ids.back()}};
    if (dice_.roll(4) != 0) body["value"] = money();
    if (dice_.roll(2) == 0) body["companyId"] = dice_.pick(companies);
    if (dice_.roll(2) == 0) body["contactId"] = dice_.pick(contacts);
    if (dice_.roll(2) == 0) body["firstTask"] = task_plan();
    if (dice_.roll(3) == 0) body["occurredAt"] = before();
    if (dice_.roll(3) == 0)
        body["fields"] = Json::array({{{"name", "area"}, {"value", std::to_string(dice_.roll(90))}}});
    return body;
}
std::string RandomCompany::place() {
    switch (dice_.roll(4)) {
        case 0:
            return "/v1/companies/" + dice_.pick(companies);
        case 1:
            return "/v1/contacts/" + dice_.pick(contacts);
        default:
            return "/v1/deals/" + dice_.pick(deals);
    }
}
std::optional<RandomCompany::Task> RandomCompany::open_task() {
    if (!client_tasks_.empty() && dice_.roll(4) == 0) return dice_.pick(client_tasks_);
    const std::string path = "/v1/deals/" + dice_.pick(deals);
    const auto tasks = hall_.get(path + "?minPosition=" + std::to_string(hall_.head().value())).json().at("openTasks");
    if (tasks.empty()) return std::nullopt;
    return Task{.place = path, .id = dice_.pick(tasks.get<std::vector<Json>>()).at("id")};
}
Answer RandomCompany::remember(Answer answer, std::vector<std::string>& ids) {
    if (answer.status == 201) ids.push_back(answer.json().at("id"));
    return answer;
}

// ---- Deals ----

Answer RandomCompany::open_deal() { return remember(hall_.post("/v1/deals", deal_body()), deals); }

Answer RandomCompany::update_deal() {
    Json body;
    if (dice_.roll(2) == 0) body["value"] = money();
    if (dice_.roll(3) == 0) body["title"] = fmt::format("Roof renamed {}", ++names_);
    if (dice_.roll(3) == 0) body["contactId"] = dice_.roll(4) == 0 ? std::string{} : dice_.pick(contacts);
    if (dice_.roll(3) == 0) body["companyId"] = dice_.roll(4) == 0 ? std::string{} : dice_.pick(companies);
    body["fields"] =
        Json::array({{{"name", "area"}, {"value", dice_.roll(3) == 0 ? "" : std::to_string(dice_.roll(90))}}});
    return hall_.post("/v1/deals/" + dice_.pick(deals) + "/update", body);
}
Answer RandomCompany::move() {
    Json body{{"stage", dice_.pick(stages)}};
    if (dice_.roll(2) == 0) body["waiver"] = {{"reason", "The client said so"}};
    if (dice_.roll(4) == 0) body["occurredAt"] = before();
    return hall_.post("/v1/deals/" + dice_.pick(deals) + "/stage", body);
}
Answer RandomCompany::win() {
    Json body = Json::object();
    if (dice_.roll(2) == 0) body["value"] = money();
    if (dice_.roll(3) == 0) body["handOffTo"] = dice_.pick(sellers);
    return hall_.post("/v1/deals/" + dice_.pick(deals) + "/win", body);
}
Answer RandomCompany::lose() {
    return hall_.post("/v1/deals/" + dice_.pick(deals) + "/lose",
                      {{"reason", dice_.pick(reasons)}, {"comment", "They said that it costs too much"}});
}
Answer RandomCompany::reopen() {
    return hall_.post("/v1/deals/" + dice_.pick(deals) + "/reopen", {{"reason", "They called back"}});
}
Answer RandomCompany::change_owner() {
    return hall_.post("/v1/deals/" + dice_.pick(deals) + "/owner",
                      {{"ownerId", dice_.pick(sellers)}, {"reason", "Evening out the load"}});
}

// ---- Tasks and actions ----

Answer RandomCompany::plan() {
    const auto path = place();
    const Json task = task_plan();
    auto answer = hall_.post(path + "/tasks", task);
    if (answer.status == 201 && !path.starts_with("/v1/deals"))
        client_tasks_.push_back({.place = path, .id = task.at("id")});
    return answer;
}
Answer RandomCompany::complete() {
    const auto task = open_task();
    if (!task) return nothing_to_do;
    Json action{{"outcome", "CONTINUE"},
                {"text", "They are thinking about it"},
                {"talkTime", fmt::format("{}s", dice_.roll(900))}};
    Json body;
    switch (dice_.roll(6)) {
        case 0:
            action = {{"outcome", "NOT_REACHED"}};
            break;
        case 1:
            action["outcome"] = "REACHED";
            body["next"] = task_plan();
            break;
        case 2:
            action["outcome"] = "REFUSED";
            body["lose"] = {{"reason", dice_.pick(reasons)}};
            break;
        case 3:
            action["outcome"] = "WON";
            body["win"] = {{"value", money()}};
            break;
        default:
            break;
    }
    body["action"] = std::move(action);
    return hall_.post(task->place + "/tasks/" + task->id + "/complete", body);
}
Answer RandomCompany::reschedule() {
    const auto task = open_task();
    if (!task) return nothing_to_do;
    return hall_.post(task->place + "/tasks/" + task->id + "/reschedule",
                      {{"dueAt", after()}, {"reason", "They are away"}});
}
Answer RandomCompany::cancel() {
    const auto task = open_task();
    if (!task) return nothing_to_do;
    Json body{{"reason", "Not needed any more"}};
    if (dice_.roll(2) == 0) body["next"] = task_plan();
    return hall_.post(task->place + "/tasks/" + task->id + "/cancel", body);
}
Answer RandomCompany::log_action() {
    Json body{{"type", dice_.pick(types)},
              {"outcome", dice_.roll(3) == 0 ? "NOT_REACHED" : "REACHED"},
              {"text", "They asked for a drawing"},
              {"talkTime", fmt::format("{}s", dice_.roll(900))}};
    if (dice_.roll(2) == 0) body["occurredAt"] = before();
    return hall_.post(place() + "/actions", body);
}
Answer RandomCompany::correct() {
    const std::string path = "/v1/deals/" + dice_.pick(deals);
    const auto entries =
        hall_.get(path + "/timeline?minPosition=" + std::to_string(hall_.head().value())).json().at("entries");
    std::vector<std::string> actions;
    for (const auto& entry : entries) {
        if (entry.contains("actionId") && entry.at("actionId") != "") actions.push_back(entry.at("actionId"));
    }
    if (actions.empty()) return nothing_to_do;
    return hall_.post(path + "/actions/" + dice_.pick(actions) + "/correct",
                      {{"outcome", dice_.roll(2) == 0 ? "NOT_REACHED" : "REACHED"},
                       {"talkTime", fmt::format("{}s", dice_.roll(900))},
                       {"text", "They did not ask for it"},
                       {"reason", "Typed into the wrong deal"}});
}

// ---- Many at once ----

Answer RandomCompany::batch() {
    const auto company = dice_.uuid(), contact = dice_.uuid(), deal = dice_.uuid();
    Json deal_of_it = deal_body();
    deal_of_it["id"] = deal;
    deal_of_it["companyId"] = company;
    deal_of_it["contactId"] = contact;
    Json commands = Json::array();
    commands.push_back(
        {{"path", "/v1/companies"},
         {"body", {{"id", company}, {"name", fmt::format("Company {}", ++names_)}, {"ownerId", dice_.pick(sellers)}}}});
    commands.push_back(
        {{"path", "/v1/contacts"},
         {"body",
          {{"id", contact}, {"companyId", company}, {"ownerId", dice_.pick(sellers)}, {"personal", person()}}}});
    commands.push_back({{"path", "/v1/deals"}, {"body", deal_of_it}});
    commands.push_back({{"path", "/v1/deals/" + deal + "/tasks"}, {"body", task_plan()}});
    if (dice_.roll(2) == 0)
        commands.push_back({{"path", "/v1/deals/" + deal + "/stage"}, {"body", {{"stage", "qualified"}}}});
    if (dice_.roll(4) == 0) commands.push_back({{"path", "/v1/deals/" + deal + "/win"}, {"body", Json::object()}});
    auto answer = hall_.post("/v1/batch", {{"commands", commands}});
    if (answer.status == 201) {
        companies.push_back(company);
        contacts.push_back(contact);
        deals.push_back(deal);
    }
    return answer;
}

}  // namespace dealog::app::testing
