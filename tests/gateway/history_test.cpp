#include <catch2/catch.hpp>

#include "tests/gateway/world.hpp"

using namespace dealog;
using namespace dealog::test;

namespace {

std::vector<std::string> types(const Json& answer) {
    std::vector<std::string> all;
    for (const auto& event : answer["events"]) all.push_back(event["type"]);
    return all;
}

/// The categories of the streams that a key sees.
std::set<std::string> categories(Office& office, const std::string& key) {
    std::set<std::string> all;
    const Json answer = office.get("/v1/events?limit=1000", key).json();
    for (const auto& event : answer["events"]) {
        const std::string stream = event["stream"];
        all.insert(stream.substr(0, stream.find('-')));
    }
    return all;
}

}  // namespace

TEST_CASE("history: the log in order, in pages, with what was said opened", "[gateway]") {
    Office office;
    const auto ann = office.hire("Ann", {"CLOSER"});
    const auto deal = office.open_deal(ann.id, "Pumps");
    const auto before = office.log.head().position.value();
    REQUIRE(office
                .post("/v1/deals/" + deal + "/actions", ann.key,
                      {{"type", "CALL"}, {"outcome", "REACHED"}, {"text", "They want ten"}})
                .status == 201);
    const Json page = office.get("/v1/events?after=" + std::to_string(before) + "&limit=1", office.admin).json();
    REQUIRE(page["events"].size() == 1);
    const Json event = page["events"][0];
    CHECK(event["type"] == "dealog.task.v1.ActionLogged");
    CHECK(event["stream"] == "deal-" + deal);
    CHECK(event["position"] == std::to_string(before + 1));
    CHECK(event["actor"] == ann.id);
    CHECK(event["data"]["text"]["text"] == "They want ten");
    CHECK(event["personalState"] == "OPEN");
    CHECK(event["data"]["action"]["outcome"] == "REACHED");

    std::size_t seen = 0;
    std::string after = "0";
    do {
        const Json part = office.get("/v1/events?limit=3&after=" + after, office.admin).json();
        seen += part["events"].size();
        after = part["nextAfter"];
    } while (after != "0");
    CHECK(seen == office.log.head().position.value());
}

TEST_CASE("history: an erased person reads as erased", "[gateway]") {
    Office office;
    const Got contact =
        office.post("/v1/contacts", office.admin, {{"personal", {{"fullName", "Petr"}, {"phones", {"+79991234567"}}}}});
    REQUIRE(contact.status == 201);
    const std::string stream = "contact-" + contact.json()["id"].get<std::string>();
    CHECK(office.get("/v1/streams/" + stream + "/events", office.admin)
              .json()["events"][0]["data"]["personal"]["fullName"] == "Petr");
    REQUIRE(office.post("/v1/subjects/" + stream + "/erase", office.admin, {{"legalGround", "asked for it"}}).status ==
            200);
    const Json event = office.get("/v1/streams/" + stream + "/events", office.admin).json()["events"][0];
    CHECK(event["personalState"] == "ERASED");
    CHECK_FALSE(event["data"].contains("personal"));
}

TEST_CASE("history: filters by type, stream, category, actor, business time and asOf", "[gateway]") {
    Office office;
    const auto ann = office.hire("Ann", {"CLOSER"});
    const auto deal = office.open_deal(ann.id, "Pumps");
    const auto opened = office.log.head().position.value();
    office.clock.advance(std::chrono::hours(24));
    REQUIRE(office.post("/v1/deals/" + deal + "/stage", ann.key, {{"stage", "qualified"}}).status == 200);
    const auto list = [&](const std::string& query) {
        return types(office.get("/v1/events?" + query, office.admin).json());
    };
    using Types = std::vector<std::string>;
    CHECK(list("type=dealog.deal.v1.DealOpened&type=dealog.deal.v1.DealStageChanged") ==
          Types{"dealog.deal.v1.DealOpened", "dealog.deal.v1.DealStageChanged"});
    CHECK(list("stream=deal-" + deal) ==
          Types{"dealog.deal.v1.DealOpened", "dealog.task.v1.TaskPlanned", "dealog.deal.v1.DealStageChanged"});
    CHECK(list("stream=deal-" + deal + "&after=" + std::to_string(opened)) == Types{"dealog.deal.v1.DealStageChanged"});
    CHECK(list("category=team").empty());
    CHECK(list("category=deal&from=2017-05-18") == Types{"dealog.deal.v1.DealStageChanged"});
    CHECK(list("category=deal&to=2017-05-17") == Types{"dealog.deal.v1.DealOpened", "dealog.task.v1.TaskPlanned"});
    CHECK(list("actor=" + ann.id) == Types{"dealog.deal.v1.DealStageChanged"});
    CHECK(list("category=deal&asOf=" + std::to_string(opened)) ==
          Types{"dealog.deal.v1.DealOpened", "dealog.task.v1.TaskPlanned"});
    CHECK(office.get("/v1/events?tag=nocolon", office.admin).code() == "malformed_query");
    CHECK(office.get("/v1/streams/deal-nothing/events", office.admin).status == 404);
    const Json part = office.get("/v1/streams/deal-" + deal + "/events?after=1&limit=1", office.admin).json();
    CHECK(types(part) == Types{"dealog.task.v1.TaskPlanned"});
    CHECK(part["nextAfter"] == "2");
}

TEST_CASE("history: each role sees its events, each service what it is scoped to", "[gateway]") {
    Office office;
    const auto north = office.form_team("North");
    const auto head = office.hire("Head", {"HEAD"}, north);
    const auto ann = office.hire("Ann", {"CLOSER"}, north);
    const auto bob = office.hire("Bob", {"CLOSER"});
    const auto of_ann = office.open_deal(ann.id, "Of Ann");
    const auto of_bob = office.open_deal(bob.id, "Of Bob");
    office.settle();
    using Set = std::set<std::string>;
    CHECK(categories(office, office.hire("Aud", {"AUDITOR"}).key) ==
          Set{"apikey", "deal", "pipeline", "seller", "settings", "team"});
    CHECK(categories(office, office.hire("Adm", {"ADMIN"}).key) ==
          Set{"apikey", "pipeline", "seller", "settings", "team"});
    CHECK(categories(office, head.key) == Set{"deal"});
    CHECK(categories(office, office.service_key("bi", {"events:team", "events:pipeline"})) == Set{"pipeline", "team"});
    CHECK(categories(office, office.service_key("all", {"events"})).contains("deal"));
    CHECK(office.get("/v1/events", ann.key).code() == "forbidden");
    CHECK(office.get("/v1/events", office.service_key("none", {"queries"})).code() == "forbidden");

    CHECK(office.get("/v1/streams/deal-" + of_ann + "/events", head.key).status == 200);
    CHECK(office.get("/v1/streams/deal-" + of_bob + "/events", head.key).status == 404);
    REQUIRE(
        office.post("/v1/deals/" + of_bob + "/owner", office.admin, {{"ownerId", ann.id}, {"reason", "help"}}).status ==
        200);
    CHECK(office.get("/v1/streams/deal-" + of_bob + "/events", head.key).status == 200);

    const auto both =
        office.hire("Both", {"ADMIN", "HEAD"});  // a head of no team: the administrator's reach is not for deals
    CHECK(categories(office, both.key) == Set{"apikey", "pipeline", "seller", "settings", "team"});
}

TEST_CASE("history: the head shows followers with their lag", "[gateway]") {
    Office office;
    office.settle();
    const Json head = office.get("/v1/head", office.admin).json();
    CHECK(head["position"] == std::to_string(office.log.head().position.value()));
    CHECK(head["epoch"] == 1);
    CHECK(head.contains("recordedAt"));
    REQUIRE(head["followers"].size() == 5);
    for (const auto& follower : head["followers"]) {
        CHECK(follower["lag"] == "0");
        CHECK(follower["state"] == "live");
    }
}
