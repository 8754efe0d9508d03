#include <catch2/catch.hpp>

#include "base/types.pb.h"
#include "domain/deal/deal.pb.h"
#include "tests/gateway/world.hpp"

using namespace dealog;
using namespace dealog::test;

namespace {

const Json roles_of_a_closer = {"CLOSER"};

Json a_deal(const std::string& owner) { return {{"title", "Pumps for the north"}, {"ownerId", owner}}; }

}  // namespace

TEST_CASE("gateway: a command answers with id, position, revision and events, as JSON and in headers", "[gateway]") {
    Office office;
    const auto ann = office.hire("Ann", roles_of_a_closer);
    const Got opened = office.post("/v1/deals", ann.key, a_deal(ann.id));
    REQUIRE(opened.status == 201);
    const Json answer = opened.json();
    CHECK(answer["position"] == std::to_string(office.log.head().position.value()));
    CHECK(answer["revision"] == "2");
    CHECK(opened.header("ETag") == "\"2\"");
    CHECK(opened.header("Dealog-Position") == answer["position"]);
    REQUIRE(answer["events"].size() == 2);
    CHECK(answer["events"][0]["type"] == "dealog.deal.v1.DealOpened");
    CHECK(answer["events"][1]["type"] == "dealog.task.v1.TaskPlanned");
    CHECK_FALSE(answer.contains("secret"));

    const std::string path = "/v1/deals/" + answer["id"].get<std::string>();
    const Got same = office.post(path + "/update", ann.key, {{"title", "Pumps for the north"}});
    CHECK(same.status == 200);
    CHECK(same.json()["events"] == Json::array());
    CHECK(same.json()["position"] == answer["position"]);
}

TEST_CASE("gateway: the same message is taken and answered as protobuf", "[gateway]") {
    Office office;
    const auto ann = office.hire("Ann", roles_of_a_closer);
    deal::v1::OpenDeal command;
    command.set_title("Pumps");
    command.set_owner_id(ann.id);
    const Got opened = office.post("/v1/deals", ann.key, command.SerializeAsString(),
                                   {{"content-type", "application/protobuf"}, {"accept", "application/protobuf"}});
    REQUIRE(opened.status == 201);
    CHECK(opened.header("Content-Type") == "application/protobuf");
    v1::Written written;
    REQUIRE(written.ParseFromString(opened.body));
    CHECK(written.events_size() == 2);

    deal::v1::MoveStage in_path;
    in_path.set_deal(written.id());
    in_path.set_stage("qualified");
    const Got refused = office.post("/v1/deals/" + written.id() + "/stage", ann.key, in_path.SerializeAsString(),
                                    {{"content-type", "application/protobuf"}});
    CHECK(refused.code() == "malformed_body");
}

TEST_CASE("gateway: a refusal is problem+json with code, violations, instance and request id", "[gateway]") {
    Office office;
    const Got refused = office.post("/v1/deals", office.admin, {{"title", "x\ny"}, {"ownerId", "nobody"}});
    CHECK(refused.status == 400);
    const Json problem = refused.json();
    CHECK(problem["type"] == "/problems#invalid_field");
    CHECK(problem["code"] == "invalid_field");
    CHECK(problem["status"] == 400);
    CHECK(problem["instance"] == "/v1/deals");
    CHECK(problem["requestId"] == "request-1");
    REQUIRE(problem["violations"].size() == 2);
    CHECK(problem["violations"][0]["field"] == "title");
    CHECK(problem["violations"][1]["field"] == "ownerId");
}

TEST_CASE("gateway: without a valid key there is nothing", "[gateway]") {
    Office office;
    for (const std::string header : {"", "Bearer", "Bearer nonsense", "Basic YTpi"}) {
        gateway::Headers headers;
        if (!header.empty()) headers.emplace_back("authorization", header);
        const Got refused = office.get("/v1/me", "", headers);
        CHECK(refused.status == 401);
        CHECK(refused.code() == "unauthenticated");
        CHECK(refused.header("WWW-Authenticate") == "Bearer");
    }
    CHECK(office.get("/v1/me", office.admin).status == 200);
}

TEST_CASE("gateway: a write needs an Idempotency-Key, repeats its answer and refuses another body under it",
          "[gateway]") {
    Office office;
    const auto ann = office.hire("Ann", roles_of_a_closer);
    for (const std::string bad : {"", "\"\"", "a b", "ключ"}) {
        CHECK(office.post("/v1/deals", ann.key, a_deal(ann.id), {{"idempotency-key", bad}}).code() ==
              "idempotency_key_required");
    }
    CHECK(office.post("/v1/deals", ann.key, a_deal(ann.id), {{"idempotency-key", std::string(129, 'k')}}).code() ==
          "idempotency_key_required");

    const Got first = office.post("/v1/deals", ann.key, a_deal(ann.id), {{"idempotency-key", "\"k1\""}});
    REQUIRE(first.status == 201);
    const Got again = office.post("/v1/deals", ann.key, a_deal(ann.id), {{"idempotency-key", "k1"}});
    CHECK(again.status == 201);
    CHECK(again.json() == first.json());
    const Got other =
        office.post("/v1/deals", ann.key, {{"title", "Other"}, {"ownerId", ann.id}}, {{"idempotency-key", "k1"}});
    CHECK(other.status == 422);
    CHECK(other.code() == "idempotency_key_reused");
}

TEST_CASE("gateway: a secret is answered once", "[gateway]") {
    Office office;
    const Json body{{"service", "bi"}, {"roles", {"INTEGRATION"}}, {"scopes", {"queries"}}};
    const Got first = office.post("/v1/apiKeys", office.admin, body, {{"idempotency-key", "k"}});
    REQUIRE(first.status == 201);
    CHECK(first.json().contains("secret"));
    const Got again = office.post("/v1/apiKeys", office.admin, body, {{"idempotency-key", "k"}});
    CHECK(again.status == 201);
    CHECK_FALSE(again.json().contains("secret"));
    CHECK(again.json()["id"] == first.json()["id"]);
}

TEST_CASE("gateway: If-Match holds a command to a revision", "[gateway]") {
    Office office;
    const auto ann = office.hire("Ann", roles_of_a_closer);
    const std::string path = "/v1/deals/" + office.open_deal(ann.id, "Pumps") + "/update";
    CHECK(office.post(path, ann.key, {{"title", "A"}}, {{"if-match", "\"1\""}}).code() == "wrong_expected_revision");
    CHECK(office.post(path, ann.key, {{"title", "A"}}, {{"if-match", "\"2\""}}).status == 200);
    for (const std::string bad : {"2", "*", "W/\"2\"", "\"two\"", "\"1\", \"2\""}) {
        CHECK(office.post(path, ann.key, {{"title", "B"}}, {{"if-match", bad}}).code() == "bad_if_match");
    }
}

TEST_CASE("gateway: media types that are not ours are refused both ways", "[gateway]") {
    Office office;
    CHECK(office.post("/v1/teams", office.admin, "{}", {{"content-type", "text/plain"}}).status == 415);
    CHECK(office.post("/v1/teams", office.admin, "{}", {{"content-type", "application/json; charset=latin1"}}).status ==
          415);
    CHECK(office.post("/v1/teams", office.admin, "{}", {{"content-encoding", "gzip"}}).status == 415);
    CHECK(office.get("/v1/me", office.admin, {{"accept", "text/html"}}).status == 406);
    CHECK(office.get("/v1/me", office.admin, {{"accept", "text/event-stream"}}).status == 406);
    CHECK(office.get("/v1/me", office.admin, {{"accept", "application/json;q=0"}}).status == 406);
    CHECK(office.get("/v1/me", office.admin, {{"accept", "text/html, */*;q=0.1"}}).header("Content-Type") ==
          "application/json");
    CHECK(office.get("/v1/me", office.admin, {{"accept", "application/json;q=0.5, application/protobuf"}})
              .header("Content-Type") == "application/protobuf");
    CHECK(
        office
            .post("/v1/teams", office.admin, {{"name", "North"}}, {{"content-type", "application/json; charset=UTF-8"}})
            .status == 201);
}

TEST_CASE("gateway: paths and methods that are not there", "[gateway]") {
    Office office;
    CHECK(office.get("/v1/nothing", office.admin).status == 404);
    const Got deleted = office.send(
        {.method = "DELETE", .path = "/v1/deals", .query = {}, .headers = {}, .body = {}, .remote = {}, .id = {}});
    CHECK(deleted.status == 405);
    CHECK(deleted.header("Allow") == "GET, POST");
    CHECK(office.post("/v1/deals?x=1", office.admin, Json::object()).status == 404);
}

TEST_CASE("gateway: a key beyond its rate is told when to come back", "[gateway]") {
    Office office(gateway::GatewaySettings{.requests_per_second = 1, .requests_burst = 3});
    for (int i = 0; i < 3; ++i) CHECK(office.get("/v1/me", office.admin).status == 200);
    const Got refused = office.get("/v1/me", office.admin);
    CHECK(refused.status == 429);
    CHECK(refused.code() == "rate_limited");
    CHECK(refused.header("Retry-After") == "1");
    office.clock.advance(std::chrono::seconds(1));
    CHECK(office.get("/v1/me", office.admin).status == 200);
}

TEST_CASE("gateway: a batch is one append, in order, each command on top of the earlier ones", "[gateway]") {
    Office office;
    const auto ann = office.hire("Ann", roles_of_a_closer);
    const Json batch{
        {"commands",
         {{{"path", "/v1/companies"}, {"body", {{"name", "Pumps Ltd"}, {"externalId", "c:1"}}}},
          {{"body", {{"title", "Roof"}, {"ownerId", ann.id}, {"companyId", "ext:c:1"}, {"externalId", "d/1"}}},
           {"path", "/v1/deals"}},
          {{"path", "/v1/deals/ext:d%2F1/stage"}, {"body", {{"stage", "qualified"}}}}}}};
    const auto before = office.log.head().position.value();
    const Got done = office.post("/v1/batch", ann.key, batch);
    REQUIRE(done.status == 201);
    const Json answer = done.json();
    REQUIRE(answer["results"].size() == 3);
    CHECK(answer["position"] == std::to_string(before + 4));
    CHECK(answer["results"][1]["id"] == answer["results"][2]["id"]);
    CHECK(answer["results"][2]["events"][0]["type"] == "dealog.deal.v1.DealStageChanged");
}

TEST_CASE("gateway: a refused batch names the command and its field, and nothing is written", "[gateway]") {
    Office office;
    const auto ann = office.hire("Ann", roles_of_a_closer);
    const auto before = office.log.head().position;
    const auto field = [&](const Json& second) {
        const Json batch{{"commands", {{{"path", "/v1/deals"}, {"body", a_deal(ann.id)}}, second}}};
        const Got refused = office.post("/v1/batch", ann.key, batch);
        return refused.code() + ' ' + refused.json()["violations"].at(0).value("field", "");
    };
    CHECK(field({{"path", "/v1/deals"}, {"body", {{"titel", "x"}}}}) == "malformed_body commands[1].body");
    CHECK(field({{"path", "/v1/deals"}, {"body", {{"ownerId", "x"}}}}) == "invalid_field commands[1].body.title");
    CHECK(field({{"path", "/v1/deals"}, {"body", {{"title", "x"}, {"ownerId", ann.id}, {"stage", "nowhere"}}}}) ==
          "unknown_stage commands[1].body.stage");
    CHECK(field({{"path", "/v1/nothing"}, {"body", Json::object()}}) == "not_in_batch commands[1].path");
    CHECK(field({{"path", "/v1/batch"}, {"body", Json::object()}}) == "not_in_batch commands[1].path");
    CHECK(field({{"path", "/v1/apiKeys"}, {"body", Json::object()}}) == "not_in_batch commands[1].path");
    CHECK(field({{"path", "/v1/deals/%zz/stage"}, {"body", {{"stage", "new"}}}}) == "malformed_query commands[1].path");
    CHECK(office.log.head().position == before);
}

TEST_CASE("gateway: a dry run of a batch answers what would be and writes nothing", "[gateway]") {
    Office office;
    const auto ann = office.hire("Ann", roles_of_a_closer);
    const auto before = office.log.head().position;
    const Json one{{"path", "/v1/deals"}, {"body", a_deal(ann.id)}};
    const Got tried = office.post("/v1/batch", ann.key, {{"dryRun", true}, {"commands", Json::array({one})}});
    REQUIRE(tried.status == 200);
    CHECK(tried.json()["position"] == "0");
    CHECK(tried.json()["results"][0]["events"].size() == 2);
    CHECK(tried.header("Dealog-Position").empty());
    CHECK(office.log.head().position == before);
}

TEST_CASE("gateway: probes, metrics and the generated documents need no key", "[gateway]") {
    Office office;
    CHECK(office.get("/livez", "").json()["status"] == "live");
    CHECK(office.get("/readyz", "").json()["status"] == "ready");
    const auto known = office.get("/problems", "").json()["problems"];
    CHECK(std::any_of(known.begin(), known.end(), [](const Json& entry) {
        return entry["code"] == "deal_without_task" && entry["status"] == 409;
    }));
    const auto events = office.get("/events", "").json()["events"];
    const auto completed = std::find_if(events.begin(), events.end(), [](const Json& entry) {
        return entry["type"] == "dealog.task.v1.TaskCompleted";
    });
    REQUIRE(completed != events.end());
    CHECK((*completed)["since"] == "0.1");
    CHECK((*completed)["fields"].back()["personal"]["subject"] == "subject");
    CHECK(office.get("/openapi.json", "").json()["openapi"] == "3.1.0");
    CHECK(office.get("/v1/me", office.admin).status == 200);
    CHECK(office.get("/metrics", "").body.find("dealog_http_requests_total{class=\"2xx\",route=\"GET /v1/me\"} 1") !=
          std::string::npos);
    office.log.fence("disk");
    const Got fenced = office.get("/readyz", "");
    CHECK(fenced.status == 503);
    CHECK(fenced.json()["reasons"][0] == "the store is fenced: disk");
}
