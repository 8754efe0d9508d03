#include <fmt/format.h>

#include "tests/app/random_company.hpp"

namespace dealog::app::testing {

namespace {

const std::vector<std::string> zones{"Europe/Moscow", "America/New_York", "Asia/Tokyo"};
const std::vector<std::vector<std::string>> roles{
    {"CLOSER"}, {"FIRST_LINE"}, {"HEAD"}, {"ACCOUNT_MANAGER", "CLOSER"}, {"AUDITOR"}};

}  // namespace

// ---- People ----

Answer RandomCompany::add_seller() {
    Json body{{"name", fmt::format("Seller {}", ++names_)}, {"roles", dice_.pick(roles)}};
    if (dice_.roll(4) != 0) body["teamId"] = dice_.pick(teams);
    if (dice_.roll(2) == 0) body["timeZone"] = dice_.pick(zones);
    return remember(hall_.post("/v1/sellers", body), sellers);
}
Answer RandomCompany::update_seller() {
    Json body = Json::object();
    switch (dice_.roll(4)) {
        case 0:
            body["roles"] = dice_.pick(roles);
            break;
        case 1:
            body["teamId"] = dice_.roll(4) == 0 ? std::string{} : dice_.pick(teams);
            break;
        case 2:
            body["timeZone"] = dice_.pick(zones);
            break;
        default:
            body["name"] = fmt::format("Seller renamed {}", ++names_);
            break;
    }
    return hall_.post("/v1/sellers/" + dice_.pick(sellers) + "/update", body);
}
Answer RandomCompany::form_team() {
    return remember(hall_.post("/v1/teams", {{"name", fmt::format("Team {}", ++names_)}}), teams);
}
Answer RandomCompany::update_team() {
    Json body{{"name", fmt::format("Team renamed {}", ++names_)}};
    if (dice_.roll(2) == 0) body["headId"] = dice_.pick(sellers);
    return hall_.post("/v1/teams/" + dice_.pick(teams) + "/update", body);
}
Answer RandomCompany::issue_key() {
    Json body{{"sellerId", dice_.pick(sellers)}};
    if (dice_.roll(2) == 0) body = {{"service", "erp"}, {"roles", {"INTEGRATION"}}, {"scopes", {"queries"}}};
    if (dice_.roll(3) == 0) body["expiresAt"] = after();
    return remember(hall_.post("/v1/apiKeys", body), keys);
}
Answer RandomCompany::revoke_key() {
    return keys.empty() ? nothing_to_do : hall_.post("/v1/apiKeys/" + dice_.pick(keys) + "/revoke", Json::object());
}

// ---- Clients ----

Answer RandomCompany::register_company() {
    Json body{{"name", fmt::format("Company {}", ++names_)},
              {"ownerId", dice_.pick(sellers)},
              {"industry", "Roofs"},
              {"source", dice_.pick(sources)}};
    if (dice_.roll(2) == 0) body["taxId"] = fmt::format("77{:08}", dice_.roll(20));
    return remember(hall_.post("/v1/companies", body), companies);
}
Answer RandomCompany::update_company() {
    Json body{{"source", dice_.pick(sources)}};
    if (dice_.roll(2) == 0) body["ownerId"] = dice_.pick(sellers);
    if (dice_.roll(2) == 0) body["name"] = fmt::format("Company renamed {}", ++names_);
    if (dice_.roll(3) == 0) body["taxId"] = fmt::format("77{:08}", dice_.roll(20));
    return hall_.post("/v1/companies/" + dice_.pick(companies) + "/update", body);
}
Answer RandomCompany::register_contact() {
    return remember(
        hall_.post("/v1/contacts",
                   {{"companyId", dice_.pick(companies)}, {"ownerId", dice_.pick(sellers)}, {"personal", person()}}),
        contacts);
}
Answer RandomCompany::update_contact() {
    Json body = Json::object();
    if (dice_.roll(2) == 0) body["ownerId"] = dice_.pick(sellers);
    if (dice_.roll(2) == 0) body["companyId"] = dice_.pick(companies);
    if (dice_.roll(2) == 0) body["personal"] = person();
    return hall_.post("/v1/contacts/" + dice_.pick(contacts) + "/update", body);
}

// ---- Definitions ----

Answer RandomCompany::define_pipeline() {
    Json all = Json::array();
    for (const auto& stage : stages) {
        Json one{{"key", stage}, {"name", "Stage " + stage}, {"probability", dice_.roll(101) / 100.0}};
        if (stage == "offer" && dice_.roll(2) == 0) one["requiredFields"] = {"value", "area"};
        all.push_back(std::move(one));
    }
    if (dice_.roll(3) == 0)
        all.insert(all.begin() + 3, Json{{"key", "pilot"}, {"name", "Pilot"}, {"probability", 0.5}});
    Json body{{"key", dice_.roll(4) == 0 ? "renewal" : "sales"},
              {"name", fmt::format("Version {}", ++names_)},
              {"stages", all}};
    if (dice_.roll(2) == 0) body["validFrom"] = dice_.roll(2) == 0 ? before() : after();
    return hall_.post("/v1/pipelines", body);
}
Answer RandomCompany::change_setting() {
    Json body = Json::object();
    std::string key;
    switch (dice_.roll(4)) {
        case 0:
            key = "norms";
            body["norms"] = {{"min", dice_.roll(5)}, {"max", 5 + dice_.roll(30)}, {"executedMin", dice_.roll(9)}};
            break;
        case 1:
            key = "locale";
            body["locale"] = {{"timeZone", dice_.pick(zones)}, {"currencyCode", "RUB"}};
            break;
        case 2:
            key = "thresholds";
            body["thresholds"] = {{"backdatedAfterHours", 1 + dice_.roll(48)}};
            break;
        default:
            key = "caps";
            body["caps"] = {{"openDeals", 100 + dice_.roll(900)}};
            break;
    }
    if (dice_.roll(2) == 0) body["validFrom"] = after();
    return hall_.post("/v1/settings/" + key, body);
}

}  // namespace dealog::app::testing
