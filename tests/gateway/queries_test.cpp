#include <catch2/catch.hpp>

#include "gateway/as_of.hpp"
#include "tests/gateway/world.hpp"

using namespace dealog;
using namespace dealog::test;

TEST_CASE("gateway: every answer says which position and moment it reflects", "[gateway]") {
    Office office;
    const auto ann = office.hire("Ann", {"CLOSER"});
    const auto deal = office.open_deal(ann.id, "Pumps");
    const auto position = std::to_string(office.log.head().position.value());
    const Got got = office.get("/v1/deals/" + deal + "?minPosition=" + position, ann.key);
    REQUIRE(got.status == 200);
    CHECK(got.json()["position"] == position);
    CHECK(got.json()["at"] == format_rfc3339(office.clock.now()));
    CHECK(got.json()["title"] == "Pumps");
    CHECK(got.header("Dealog-Position") == position);
    CHECK(got.header("ETag") == "\"2\"");
}

TEST_CASE("gateway: a foreign thing, a missing thing and an unknown external id look the same", "[gateway]") {
    Office office;
    const auto ann = office.hire("Ann", {"CLOSER"});
    const auto bob = office.hire("Bob", {"CLOSER"});
    const auto deal = office.open_deal(bob.id, "Pumps");
    office.settle();
    const auto answer = [&](const std::string& id) {
        const Got got = office.get("/v1/deals/" + id, ann.key);
        Json problem = got.json();
        problem.erase("instance");
        return std::to_string(got.status) + problem.dump();
    };
    const auto foreign = answer(deal);
    CHECK(foreign.starts_with("404"));
    CHECK(answer("0190a000-0000-7000-8000-00000000abcd") == foreign);
    CHECK(answer("ext:nothing") == foreign);
    CHECK(office.get("/v1/deals/" + deal, bob.key).status == 200);
}

TEST_CASE("gateway: lists show each role what it may see", "[gateway]") {
    Office office;
    const auto north = office.form_team("North");
    const auto head = office.hire("Head", {"HEAD"}, north);
    const auto ann = office.hire("Ann", {"CLOSER"}, north);
    const auto bob = office.hire("Bob", {"CLOSER"});
    const auto auditor = office.hire("Aud", {"AUDITOR"});
    const auto keeper = office.hire("Adm", {"ADMIN"});
    office.open_deal(ann.id, "Of Ann");
    office.open_deal(bob.id, "Of Bob");
    office.settle();
    const auto titles = [&](const std::string& key) {
        std::string all;
        const Got got = office.get("/v1/deals", key);
        if (got.status != 200) return got.code();
        const Json answer = got.json();
        for (const auto& deal : answer["deals"]) all += deal["title"].get<std::string>() + ';';
        return all;
    };
    CHECK(titles(ann.key) == "Of Ann;");
    CHECK(titles(bob.key) == "Of Bob;");
    CHECK(titles(head.key) == "Of Ann;");
    CHECK(titles(auditor.key) == "Of Ann;Of Bob;");
    CHECK(titles(office.admin) == "Of Ann;Of Bob;");
    CHECK(titles(keeper.key) == "forbidden");
    CHECK(titles(office.service_key("reader", {"queries"})) == "Of Ann;Of Bob;");
    CHECK(titles(office.service_key("writer", {"commands"})) == "forbidden");
    CHECK(office.get("/v1/events", ann.key).code() == "forbidden");
    CHECK(office.post("/v1/teams", ann.key, {{"name", "Mine"}}).code() == "forbidden");
}

TEST_CASE("gateway: asOf answers what was known then, by position, by time and by date", "[gateway]") {
    Office office;
    const auto ann = office.hire("Ann", {"CLOSER"});
    const auto deal = office.open_deal(ann.id, "Before");
    const auto then = office.log.head().position;
    const auto moment = format_rfc3339(office.clock.now());
    office.clock.advance(std::chrono::hours(48));
    REQUIRE(office.post("/v1/deals/" + deal + "/update", ann.key, {{"title", "After"}}).status == 200);
    office.settle();
    const auto title = [&](const std::string& as_of) {
        return office.get("/v1/deals/" + deal + "?asOf=" + as_of, ann.key).json();
    };
    CHECK(title(std::to_string(then.value()))["title"] == "Before");
    CHECK(title(std::to_string(then.value()))["at"] == moment);
    CHECK(title(moment)["title"] == "Before");
    CHECK(title("2017-05-17")["title"] == "Before");
    CHECK(title("2017-05-17")["at"] == "2017-05-17T23:59:59.999999999Z");
    CHECK(title("2017-05-19")["title"] == "After");
    CHECK(title("2017-05-19")["at"] == format_rfc3339(office.clock.now()));
    CHECK(title("2017-05-19T09:00:00Z")["title"] == "After");
    for (const std::string future : {"2017-05-20", "2017-05-19T09:00:01Z", "1000000"})
        CHECK(title(future)["code"] == "as_of_in_future");
    for (const std::string bad : {"yesterday", "-1", "2017-13-01", "2017-05-17T09:00"})
        CHECK(title(bad)["code"] == "malformed_query");
    CHECK(office.get("/v1/deals/" + deal + "?asOf=1", ann.key).status == 404);
}

TEST_CASE("gateway: a date of asOf ends when the workspace's local day ends", "[gateway]") {
    TestVault vault;
    StillClock clock;  // 2017-05-17T09:00:00Z
    const eventstore::MemoryLog log("w", vault, clock);
    const auto zone = *Zone::find("Asia/Vladivostok");  // UTC+10
    const auto yesterday = gateway::parse_as_of("2017-05-16", log, zone, clock.now());
    REQUIRE(yesterday);
    CHECK(format_rfc3339(yesterday->at) == "2017-05-16T13:59:59.999999999Z");
    const auto today = gateway::parse_as_of("2017-05-17", log, zone, clock.now());
    REQUIRE(today);
    CHECK(today->at == clock.now());
    clock.advance(std::chrono::hours(6));  // the 18th has begun there, not here
    CHECK(gateway::parse_as_of("2017-05-18", log, zone, clock.now()));
    CHECK_FALSE(gateway::parse_as_of("2017-05-18", log, Zone::utc(), clock.now()));
    CHECK(gateway::business_time("2017-05-31", zone, gateway::Edge::end) == *parse_rfc3339("2017-05-31T14:00:00Z"));
    CHECK(gateway::business_time("2017-05-31", zone, gateway::Edge::begin) == *parse_rfc3339("2017-05-30T14:00:00Z"));
}

TEST_CASE("gateway: minPosition waits, and says so when it waited in vain", "[gateway]") {
    Office office(gateway::GatewaySettings{.patience = std::chrono::milliseconds(20)});
    const auto beyond = std::to_string(office.log.head().position.value() + 1);
    const Got late = office.get("/v1/sellers?minPosition=" + beyond, office.admin);
    CHECK(late.status == 503);
    CHECK(late.code() == "not_caught_up");
    CHECK(late.header("Retry-After") == "1");
    CHECK(office.get("/v1/sellers?minPosition=x", office.admin).code() == "malformed_query");
}

TEST_CASE("gateway: pages are pinned to the position of the first one", "[gateway]") {
    Office office;
    const auto ann = office.hire("Ann", {"CLOSER"});
    for (const std::string title : {"One", "Two", "Three"}) office.open_deal(ann.id, title);
    office.settle();
    const Json first = office.get("/v1/deals?pageSize=2", ann.key).json();
    REQUIRE(first["deals"].size() == 2);
    const std::string token = first["nextPageToken"];
    office.open_deal(ann.id, "Four");
    office.settle();
    const Json second = office.get("/v1/deals?pageSize=2&pageToken=" + token, ann.key).json();
    CHECK(second["position"] == first["position"]);
    REQUIRE(second["deals"].size() == 1);
    CHECK(second["deals"][0]["title"] == "Three");
    CHECK(office.get("/v1/deals?status=OPEN&pageToken=" + token, ann.key).code() == "bad_cursor");
    CHECK(office.get("/v1/deals?pageToken=nonsense", ann.key).code() == "bad_cursor");
}

TEST_CASE("gateway: parameters are checked as fields are", "[gateway]") {
    Office office;
    CHECK(office.get("/v1/deals?pageSize=1001", office.admin).code() == "invalid_field");
    CHECK(office.get("/v1/deals?owner=me", office.admin).code() == "invalid_field");
    CHECK(office.get("/v1/deals?colour=red", office.admin).code() == "malformed_query");
    CHECK(office.get("/v1/deals?owner=ext:nobody", office.admin).json()["deals"] == Json::array());
    CHECK(office.get("/v1/funnel", office.admin).code() == "invalid_field");
}

TEST_CASE("R49: a number lists the events that make it, by its own path and parameters", "[gateway]") {
    Office office;
    const auto ann = office.hire("Ann", {"CLOSER"});
    const auto deal = office.open_deal(ann.id, "Pumps");
    REQUIRE(office.post("/v1/deals/" + deal + "/win", ann.key, Json::object()).status == 200);
    office.settle();
    const std::string query = "%2Fv1%2Fkpis%2Fsellers%3Ffrom%3D2017-05-01%26to%3D2017-05-31";
    const Got got = office.get("/v1/evidence?query=" + query + "&metric=won&row=" + ann.id, ann.key);
    INFO(got.body);
    REQUIRE(got.status == 200);
    REQUIRE(got.json()["items"].size() == 1);
    CHECK(got.json()["items"][0]["type"] == "dealog.deal.v1.DealWon");
    CHECK(got.json()["total"] == "1");
    const auto code = [&](const std::string& inner) {
        return office.get("/v1/evidence?metric=won&query=" + inner, ann.key).code();
    };
    CHECK(code("%2Fv1%2Fnothing") == "malformed_query");
    CHECK(code("%2Fv1%2Fme") == "malformed_query");
    CHECK(code("%2Fv1%2Fkpis%2Fsellers%3Fx%3D1") == "malformed_query");
    CHECK(code("%2Fv1%2Fkpis%2Fsellers%3Ffrom%3Dmay") == "invalid_field");
}
