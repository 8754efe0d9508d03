#include <catch2/catch.hpp>

#include "tests/gateway/world.hpp"

using namespace dealog;
using namespace dealog::test;

namespace {

const gateway::Headers live{{"accept", "text/event-stream"}};

gateway::Headers resumed(const std::string& id) { return {{"accept", "text/event-stream"}, {"last-event-id", id}}; }

}  // namespace

TEST_CASE("streams: whole appends in order, catch-up and live alike", "[gateway]") {
    Office office;
    const auto ann = office.hire("Ann", {"CLOSER"});
    const Got got = office.get("/v1/events", office.admin, live);
    REQUIRE(got.status == 200);
    CHECK(got.header("Content-Type") == "text/event-stream; charset=utf-8");
    Frames frames(office, got.stream);
    std::uint64_t expected = 1;
    const auto take = [&] {
        const auto frame = frames.next_append();
        REQUIRE(frame);
        for (const auto& event : frame->data["events"]) CHECK(event["position"] == std::to_string(expected++));
        CHECK(frame->id == "1:" + std::to_string(expected - 1));
        return frame->data["events"].size();
    };
    while (expected <= office.log.head().position.value()) take();
    office.open_deal(ann.id, "Pumps");
    CHECK(take() == 2);
    CHECK(expected == office.log.head().position.value() + 1);
}

TEST_CASE("streams: Last-Event-ID goes on where the reader stopped, and only in the same epoch", "[gateway]") {
    Office office;
    const auto ann = office.hire("Ann", {"CLOSER"});
    const auto position = office.log.head().position.value();
    office.open_deal(ann.id, "Pumps");
    Frames frames(office,
                  office.get("/v1/events?after=0", office.admin, resumed("1:" + std::to_string(position))).stream);
    const auto frame = frames.next_append();
    REQUIRE(frame);
    CHECK(frame->data["events"][0]["position"] == std::to_string(position + 1));

    CHECK(office.get("/v1/events", office.admin, resumed("2:1")).code() == "epoch_mismatch");
    CHECK(office.get("/v1/events", office.admin, resumed("2:1")).status == 409);
    for (const std::string bad : {"x", "1", "1:x", ":1", "1:-1", "1:1:1", "1:999999"}) {
        INFO(bad);
        CHECK(office.get("/v1/events", office.admin, resumed(bad)).code() == "bad_cursor");
    }
}

TEST_CASE("streams: what is withheld is proved by a checkpoint", "[gateway]") {
    Office office;
    const auto ann = office.hire("Ann", {"CLOSER"});
    const auto after = std::to_string(office.log.head().position.value());
    const auto key = office.service_key("bi", {"events:team"});
    Frames frames(office, office.get("/v1/events?after=" + after, key, live).stream);
    office.open_deal(ann.id, "Not for you");
    std::optional<Frames::Frame> frame;
    do {
        frame = frames.next();
        REQUIRE(frame);
        REQUIRE(frame->event == "checkpoint");
    } while (frame->data["position"] != std::to_string(office.log.head().position.value()));
    CHECK(frame->id == "1:" + std::to_string(office.log.head().position.value()));
    office.form_team("North");
    const auto append = frames.next_append();
    REQUIRE(append);
    CHECK(append->data["events"].size() == 1);
    CHECK(append->data["events"][0]["type"] == "dealog.team.v1.TeamFormed");
}

TEST_CASE("streams: a filter leaves out the rest of an append", "[gateway]") {
    Office office;
    const auto ann = office.hire("Ann", {"CLOSER"});
    Frames frames(office, office.get("/v1/events?type=dealog.task.v1.TaskPlanned", office.admin, live).stream);
    office.open_deal(ann.id, "Pumps");
    const auto frame = frames.next_append();
    REQUIRE(frame);
    REQUIRE(frame->data["events"].size() == 1);
    CHECK(frame->data["events"][0]["type"] == "dealog.task.v1.TaskPlanned");
}

TEST_CASE("streams: silence is filled with checkpoints", "[gateway]") {
    Office office(gateway::GatewaySettings{.checkpoint_interval = std::chrono::milliseconds(20)});
    const auto head = std::to_string(office.log.head().position.value());
    Frames frames(office, office.get("/v1/events?after=" + head, office.admin, live).stream);
    for (int i = 0; i < 3; ++i) {
        const auto frame = frames.next();
        REQUIRE(frame);
        CHECK(frame->event == "checkpoint");
        CHECK(frame->data["position"] == head);
    }
}

TEST_CASE("streams: a revoked key ends its stream, a lost role too", "[gateway]") {
    Office office;
    const auto auditor = office.hire("Aud", {"AUDITOR"});
    const Got issued = office.post("/v1/apiKeys", office.admin, {{"sellerId", auditor.id}, {"roles", {"AUDITOR"}}});
    const std::string second = issued.json()["secret"];
    Frames revoked(office, office.get("/v1/events", second, live).stream);
    Frames demoted(office, office.get("/v1/events", auditor.key, live).stream);
    REQUIRE(revoked.next());
    REQUIRE(demoted.next());
    const auto drain = [](Frames& frames) {
        int taken = 0;
        while (frames.next()) REQUIRE(++taken < 1000);
    };
    REQUIRE(
        office.post("/v1/apiKeys/" + issued.json()["id"].get<std::string>() + "/revoke", office.admin, Json::object())
            .status == 200);
    drain(revoked);
    REQUIRE(office.post("/v1/sellers/" + auditor.id + "/update", office.admin, {{"roles", {"CLOSER"}}}).status == 200);
    drain(demoted);
}

TEST_CASE("streams: a head's stream follows the deals of the team as they come and go", "[gateway]") {
    Office office;
    const auto north = office.form_team("North");
    const auto head = office.hire("Head", {"HEAD"}, north);
    const auto ann = office.hire("Ann", {"CLOSER"}, north);
    const auto bob = office.hire("Bob", {"CLOSER"});
    office.settle();
    const auto after = std::to_string(office.log.head().position.value());
    Frames frames(office, office.get("/v1/events?after=" + after, head.key, live).stream);
    const auto of_bob = office.open_deal(bob.id, "Of Bob");
    const auto of_ann = office.open_deal(ann.id, "Of Ann");
    auto frame = frames.next_append();
    REQUIRE(frame);
    CHECK(frame->data["events"][0]["stream"] == "deal-" + of_ann);
    REQUIRE(
        office.post("/v1/deals/" + of_bob + "/owner", office.admin, {{"ownerId", ann.id}, {"reason", "help"}}).status ==
        200);
    frame = frames.next_append();
    REQUIRE(frame);
    CHECK(frame->data["events"][0]["type"] == "dealog.deal.v1.DealOwnerChanged");
}

TEST_CASE("streams: beyond the limit a reader is refused, and one that leaves makes room", "[gateway]") {
    Office office(gateway::GatewaySettings{.subscribers_max = 1});
    auto first = std::make_unique<Frames>(office, office.get("/v1/events", office.admin, live).stream);
    REQUIRE(first->next());
    CHECK(office.get("/v1/events", office.admin, live).code() == "overloaded");
    first.reset();
    const Got again = office.get("/v1/events", office.admin, live);
    CHECK(again.status == 200);
}
