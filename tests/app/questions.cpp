#include "tests/app/questions.hpp"

#include <set>

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>

#include "app/projections.hpp"
#include "gateway/routes.hpp"
#include "projections/kpis/kpis.pb.h"

namespace dealog::app::testing {

namespace {

const std::vector<std::string> dates{"2017-05-10", "2017-05-17", "2017-05-20", "2017-05-25",
                                     "2017-06-01", "2017-06-10", "2017-06-20", "2017-07-01"};

std::string encoded(const std::string& text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain =
            (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '-';
        out += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
    }
    return out;
}

Variant fixed(std::string target) {
    return [target = std::move(target)](const RandomCompany&, Dice&) { return target; };
}
/// `{}` of the target is one of the company's ids (or other texts).
Variant one_of(std::string target, std::vector<std::string> RandomCompany::* list) {
    return [target = std::move(target), list](const RandomCompany& company, Dice& dice) {
        const auto& all = company.*list;
        return fmt::format(fmt::runtime(target), all.empty() ? std::string("none") : encoded(dice.pick(all)));
    };
}
Variant one_of(std::string target, const std::vector<std::string>& all) {
    return [target = std::move(target), all](const RandomCompany&, Dice& dice) {
        return fmt::format(fmt::runtime(target), dice.pick(all));
    };
}
/// The first `{}` is one of the company's, the second one of `all`.
Variant one_and(std::string target, std::vector<std::string> RandomCompany::* list,
                const std::vector<std::string>& all) {
    return [target = std::move(target), list, all](const RandomCompany& company, Dice& dice) {
        return fmt::format(fmt::runtime(target), dice.pick(company.*list), dice.pick(all));
    };
}
/// The events behind a number of a figure.
Variant evidence(const Variant& figure, const std::vector<std::string>& metrics, const std::string& more = {}) {
    return [figure, metrics, more](const RandomCompany& company, Dice& dice) {
        return fmt::format("/v1/evidence?query={}&metric={}{}", encoded(figure(company, dice)), dice.pick(metrics),
                           more);
    };
}

constexpr auto sellers = &RandomCompany::sellers;
constexpr auto teams = &RandomCompany::teams;
constexpr auto companies = &RandomCompany::companies;
constexpr auto contacts = &RandomCompany::contacts;
constexpr auto deals = &RandomCompany::deals;

std::vector<Variant> tasks() {
    return {fixed("/v1/tasks"),
            fixed("/v1/tasks?status=OVERDUE&pageSize=20"),
            fixed("/v1/tasks?status=OPEN&pageSize=7"),
            fixed("/v1/tasks?status=DONE&pageSize=20"),
            fixed("/v1/tasks?type=CALL&pageSize=10"),
            one_of("/v1/tasks?seller={}", sellers),
            one_and("/v1/tasks?seller={}&date={}", sellers, dates),
            one_and("/v1/tasks?seller={}&date={}&status=DONE", sellers, dates),
            one_and("/v1/tasks?seller={}&date={}&pageSize=1", sellers, dates)};
}
std::vector<Variant> board() {
    return {fixed("/v1/pipelines/sales/board"),
            one_of("/v1/pipelines/sales/board?owner={}", sellers),
            one_of("/v1/pipelines/sales/board?team={}", teams),
            one_of("/v1/pipelines/sales/board?at={}", dates),
            one_and("/v1/pipelines/sales/board?owner={}&at={}", sellers, dates),
            one_of("/v1/pipelines/sales/board?stage={}&pageSize=2", stages),
            fixed("/v1/pipelines/sales/board?source=fair"),
            fixed("/v1/pipelines/renewal/board")};
}
std::vector<Variant> funnel() {
    return {fixed("/v1/funnel?pipeline=sales"), one_of("/v1/funnel?pipeline=sales&from={}", dates),
            one_of("/v1/funnel?pipeline=sales&to={}", dates),
            one_of("/v1/funnel?pipeline=sales&from=2017-05-20&to=2017-06-10&owner={}", sellers)};
}
std::vector<Variant> deal_lists() {
    return {fixed("/v1/deals"),
            one_of("/v1/deals?owner={}", sellers),
            one_of("/v1/deals?stage={}", stages),
            one_of("/v1/deals?status={}&pageSize=5", std::vector<std::string>{"OPEN", "WON", "LOST"}),
            one_of("/v1/deals?externalId={}", &RandomCompany::external_ids),
            one_of("/v1/deals?company={}", companies),
            one_of("/v1/deals?contact={}", contacts)};
}
std::vector<Variant> figures() {
    return {fixed("/v1/kpis/sellers"),
            one_of("/v1/kpis/sellers?from={}", dates),
            one_of("/v1/kpis/sellers?to={}", dates),
            fixed("/v1/kpis/sellers?from=2017-05-20&to=2017-06-10"),
            one_of("/v1/kpis/sellers?seller={}", sellers),
            one_of("/v1/kpis/sellers?team={}", teams),
            one_and("/v1/kpis/sellers?team={}&from={}", teams, dates)};
}
std::vector<Variant> evidences() {
    const std::vector<std::string> of_sellers{
        "openDeals",    "dealsOpened",  "won",          "lost",     "wonValue",   "winRate",    "averageCycleDays",
        "actionsTotal", "actions.CALL", "callsReached", "talkTime", "onTimeRate", "reschedules"};
    std::vector<Variant> all;
    for (const auto& figure : figures()) all.push_back(evidence(figure, of_sellers, "&pageSize=10"));
    for (const auto& figure : board())
        all.push_back(evidence(figure, {"count", "value", "weightedValue", "averageAge"}, "&pageSize=10"));
    for (const auto& figure : funnel())
        all.push_back(evidence(figure, {"entered", "left", "won", "lost", "averageDays"}, "&pageSize=10"));
    all.push_back(evidence(fixed("/v1/pipelines/sales/board"), {"count"}, "&row=offer"));
    return all;
}

}  // namespace

Questions all_questions() {
    return {{"dealog.day_list.v1.ListTasks", tasks()},
            {"dealog.board.v1.ShowBoard", board()},
            {"dealog.board.v1.ShowFunnel", funnel()},
            {"dealog.deals.v1.ListDeals", deal_lists()},
            {"dealog.deals.v1.GetDeal", {one_of("/v1/deals/{}", deals)}},
            {"dealog.deals.v1.ShowTimeline",
             {one_of("/v1/deals/{}/timeline", deals), one_of("/v1/deals/{}/timeline?limit=2", deals)}},
            {"dealog.deals.v1.ShowBrief", {one_of("/v1/deals/{}/brief", deals)}},
            {"dealog.kpis.v1.ShowSellerKpis", figures()},
            {"dealog.kpis.v1.ShowEvidence", evidences()},
            {"dealog.directory.v1.ListSellers",
             {fixed("/v1/sellers"), one_of("/v1/sellers?team={}", teams), fixed("/v1/sellers?q=renamed"),
              fixed("/v1/sellers?pageSize=2")}},
            {"dealog.directory.v1.GetSeller", {one_of("/v1/sellers/{}", sellers)}},
            {"dealog.directory.v1.ListTeams", {fixed("/v1/teams"), fixed("/v1/teams?pageSize=1")}},
            {"dealog.directory.v1.ListApiKeys", {fixed("/v1/apiKeys"), one_of("/v1/apiKeys?seller={}", sellers)}},
            {"dealog.directory.v1.ListCompanies",
             {fixed("/v1/companies?pageSize=10"), one_of("/v1/companies?owner={}", sellers),
              fixed("/v1/companies?q=renamed"), fixed("/v1/companies?taxId=7700000003")}},
            {"dealog.directory.v1.GetCompany", {one_of("/v1/companies/{}", companies)}},
            {"dealog.directory.v1.ListContacts",
             {fixed("/v1/contacts?pageSize=10"), one_of("/v1/contacts?owner={}", sellers),
              one_of("/v1/contacts?company={}", companies), one_of("/v1/contacts?phone={}", &RandomCompany::phones),
              one_of("/v1/contacts?email={}", &RandomCompany::emails), fixed("/v1/contacts?q=petr&pageSize=3")}},
            {"dealog.directory.v1.GetContact", {one_of("/v1/contacts/{}", contacts)}},
            {"dealog.directory.v1.ListPipelines", {fixed("/v1/pipelines")}},
            {"dealog.directory.v1.ListSettings", {fixed("/v1/settings")}},
            {"dealog.directory.v1.WhoAmI", {fixed("/v1/me")}}};
}

std::vector<std::string> routes_of_read_models() {
    std::set<const google::protobuf::Descriptor*> answered{kpis::v1::ShowEvidence::descriptor()};
    const auto projections = all_projections();
    for (const auto& projection : projections) {
        for (const auto& query : projection->queries()) answered.insert(query.request);
    }
    std::set<std::string> names;
    const gateway::Routes routes;
    for (const auto& route : routes.all()) {
        if (route->verb == gateway::Verb::get && answered.contains(route->message))
            names.insert(route->message->full_name());
    }
    return {names.begin(), names.end()};
}

std::string with_parameter(const std::string& target, const std::string& name, const std::string& value) {
    return target + (target.find('?') == std::string::npos ? '?' : '&') + name + '=' + value;
}

}  // namespace dealog::app::testing
