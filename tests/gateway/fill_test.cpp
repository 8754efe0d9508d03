#include <google/protobuf/util/message_differencer.h>
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "commands/batch.pb.h"
#include "domain/deal/deal.pb.h"
#include "domain/pipeline/pipeline.pb.h"
#include "domain/settings/settings.pb.h"
#include "domain/task/task.pb.h"
#include "eventstore/record.pb.h"
#include "gateway/history.pb.h"
#include "gateway/json/fill.hpp"
#include "gateway/json/write.hpp"
#include "projections/board/board.pb.h"

using namespace dealog;
using google::protobuf::util::MessageDifferencer;

namespace {

const std::string complete_task =
    R"({"action":{"type":"CALL","startedAt":"2017-05-31T10:00:00Z","talkTime":"187s","direction":"OUTBOUND",)"
    R"("outcome":"CONTINUE","text":"Спросил о бюджете \"на год\"\n"},"next":{"type":"EMAIL","title":"Send the offer",)"
    R"("dueAt":"2017-06-01T07:00:00+03:00"}})";

template <class Message>
Result<void, Rejection> fill(std::string_view text, Message& message) {
    return gateway::json::fill(text, message);
}

/// rule@field of a refusal, empty when it was accepted.
template <class Message>
std::string refused(std::string_view text) {
    Message message;
    const auto filled = gateway::json::fill(text, message);
    if (filled) return {};
    REQUIRE(filled.error().code == Code::Problem_Code_MALFORMED_BODY);
    REQUIRE(filled.error().violations.size() == 1);
    return filled.error().violations.front().rule + '@' + filled.error().violations.front().field;
}

}  // namespace

TEST_CASE("fill: a command goes from JSON into its message", "[gateway]") {
    task::v1::CompleteTask command;
    REQUIRE(fill(complete_task, command));
    CHECK(command.action().talk_time().seconds() == 187);
    CHECK(command.action().outcome() == task::v1::Outcome::CONTINUE);
    CHECK(command.action().text() == "Спросил о бюджете \"на год\"\n");
    CHECK(command.action().started_at().seconds() == 1496224800);
    CHECK(command.next().due_at().seconds() == 1496289600);
    CHECK_FALSE(command.has_win());
}

TEST_CASE("fill: 64-bit integers come as strings or as JSON integers", "[gateway]") {
    v1::Money text;
    v1::Money number;
    REQUIRE(fill(R"({"currencyCode":"RUB","units":"-9223372036854775808"})", text));
    REQUIRE(fill(R"({"currencyCode":"RUB","units":150000})", number));
    CHECK(text.units() == INT64_MIN);
    CHECK(number.units() == 150000);
}

TEST_CASE("fill: an empty object sets the presence of a message", "[gateway]") {
    task::v1::CompleteTask command;
    REQUIRE(fill(R"({"win":{}})", command));
    CHECK(command.has_win());
}

TEST_CASE("fill: everything that is not the contract is refused with its rule and its field", "[gateway]") {
    using deal::v1::OpenDeal;
    using task::v1::CompleteTask;
    struct Case {
        std::string got, expected;
    };
    const std::string deep = [] {
        std::string text = R"({"commands":[{"body":)";
        for (int i = 0; i < 40; ++i) text += R"({"a":)";
        return text + "1" + std::string(40, '}') + "}]}";
    }();
    const std::vector<Case> cases{
        {refused<OpenDeal>(""), "malformed_json@"},
        {refused<OpenDeal>("[]"), "wrong_type@"},
        {refused<OpenDeal>("\"x\""), "wrong_type@"},
        {refused<OpenDeal>("\xEF\xBB\xBF{}"), "malformed_json@"},
        {refused<OpenDeal>(R"({"title":"a"} x)"), "malformed_json@"},
        {refused<OpenDeal>(R"({"title":"a",})"), "malformed_json@title"},
        {refused<OpenDeal>("{'title':\"a\"}"), "malformed_json@"},
        {refused<OpenDeal>("{\"title\":\"a\xFF\"}"), "malformed_json@title"},
        {refused<OpenDeal>("{\"title\":\"\xC0\xAF\"}"), "malformed_json@title"},
        {refused<OpenDeal>("{\"title\":\"\\ud800\"}"), "malformed_json@title"},
        {refused<OpenDeal>("{\"title\":\"a\tb\"}"), "malformed_json@title"},
        {refused<OpenDeal>(R"({"title":"a","title":"b"})"), "duplicate_key@title"},
        {refused<OpenDeal>(R"({"value":{"units":"1","units":"2"}})"), "duplicate_key@value.units"},
        {refused<OpenDeal>(R"({"title":null})"), "null@title"},
        {refused<OpenDeal>(R"({"tittle":"a"})"), "unknown_field@"},
        {refused<OpenDeal>(R"({"owner_id":"a"})"), "unknown_field@"},
        {refused<OpenDeal>(R"({"title":7})"), "wrong_type@title"},
        {refused<OpenDeal>(R"({"title":["a"]})"), "wrong_type@title"},
        {refused<OpenDeal>(R"({"title":{}})"), "wrong_type@title"},
        {refused<OpenDeal>(R"({"fields":{"name":"a"}})"), "wrong_type@fields"},
        {refused<OpenDeal>(R"({"fields":[{"name":"a"},{"name":1}]})"), "wrong_type@fields[1].name"},
        {refused<OpenDeal>(R"({"fields":[[{}]]})"), "wrong_type@fields[0]"},
        {refused<OpenDeal>(R"({"value":{"units":1.5}})"), "wrong_type@value.units"},
        {refused<OpenDeal>(R"({"value":{"units":"1e3"}})"), "wrong_type@value.units"},
        {refused<OpenDeal>(R"({"value":{"units":"01"}})"), "wrong_type@value.units"},
        {refused<OpenDeal>(R"({"value":{"units":"9223372036854775808"}})"), "wrong_type@value.units"},
        {refused<OpenDeal>(R"({"value":{"units":9223372036854775808}})"), "out_of_range@value.units"},
        {refused<OpenDeal>(R"({"value":{"nanos":2147483648}})"), "out_of_range@value.nanos"},
        {refused<OpenDeal>(R"({"value":{"nanos":"1"}})"), "wrong_type@value.nanos"},
        {refused<OpenDeal>(R"({"value":{"nanos":1.0}})"), "wrong_type@value.nanos"},
        {refused<OpenDeal>(R"({"occurredAt":"yesterday"})"), "wrong_type@occurredAt"},
        {refused<OpenDeal>(R"({"occurredAt":1496224800})"), "wrong_type@occurredAt"},
        {refused<pipeline::v1::DefinePipeline>(R"({"stages":[{"probability":1e999}]})"),
         "out_of_range@stages[0].probability"},
        {refused<pipeline::v1::DefinePipeline>(R"({"stages":[{"probability":"0.5"}]})"),
         "wrong_type@stages[0].probability"},
        {refused<pipeline::v1::DefinePipeline>(R"({"stages":[{"rotAfterDays":-1}]})"),
         "out_of_range@stages[0].rotAfterDays"},
        {refused<CompleteTask>(R"({"deal":"x"})"), "path_parameter@deal"},
        {refused<CompleteTask>(R"({"action":{"outcome":"Reached"}})"), "unknown_value@action.outcome"},
        {refused<CompleteTask>(R"({"action":{"outcome":1}})"), "wrong_type@action.outcome"},
        {refused<CompleteTask>(R"({"action":{"outcome":"OUTCOME_UNSPECIFIED"}})"), "unknown_value@action.outcome"},
        {refused<CompleteTask>(R"({"action":{"talkTime":"187"}})"), "wrong_type@action.talkTime"},
        {refused<CompleteTask>(R"({"action":{"talkTime":187}})"), "wrong_type@action.talkTime"},
        {refused<settings::v1::TaskTypes>(R"({"types":[{"communication":"true"}]})"),
         "wrong_type@types[0].communication"},
        {refused<settings::v1::Value>(R"({"norms":{},"caps":{}})"), "oneof@caps"},
        {refused<log::v1::Record>(R"({"eventId":"####"})"), "wrong_type@eventId"},
        {refused<batch::v1::RunBatch>(R"({"commands":[{"path":"/x","body":{}}]})"), "wrong_type@commands[0].body"},
    };
    for (std::size_t i = 0; i < cases.size(); ++i) {
        INFO("case " << i);
        CHECK(cases[i].got == cases[i].expected);
    }
    std::vector<gateway::json::Raw> raw;
    batch::v1::RunBatch too_deep;
    const auto filled = gateway::json::fill(deep, too_deep, {.raw = &raw});
    REQUIRE_FALSE(filled);
    CHECK(filled.error().violations.front().rule == "too_deep");
}

TEST_CASE("fill: a prefix stands before every path and an Any is cut out as it stands", "[gateway]") {
    std::vector<gateway::json::Raw> raw;
    batch::v1::RunBatch batch;
    const std::string text =
        R"({"commands":[{"body": {"a":[1,{"b":"}"}]} ,"path":"/v1/x"},{"path":"/v1/y","body":{}}]})";
    REQUIRE(gateway::json::fill(text, batch, {.raw = &raw}));
    REQUIRE(raw.size() == 2);
    CHECK(raw[0].json == R"({"a":[1,{"b":"}"}]})");
    CHECK(raw[0].path == "commands[0].body");
    CHECK(raw[0].parent == batch.mutable_commands(0));
    CHECK(raw[1].json == "{}");

    deal::v1::MoveStage command;
    const auto refusal = gateway::json::fill(R"({"stage":1})", command, {.prefix = "commands[17].body"});
    REQUIRE_FALSE(refusal);
    CHECK(refusal.error().violations.front().field == "commands[17].body.stage");
}

TEST_CASE("write: what was filled is written back and fills the equal message", "[gateway]") {
    task::v1::CompleteTask command;
    REQUIRE(fill(complete_task, command));
    const std::string written = gateway::json::write(command);
    task::v1::CompleteTask again;
    REQUIRE(fill(written, again));
    CHECK(MessageDifferencer::Equals(command, again));
    CHECK(gateway::json::write(again) == written);
}

TEST_CASE("write: implicit numbers stay, empty strings and unset optionals go, lists are lists", "[gateway]") {
    board::v1::BoardStage stage;
    CHECK(gateway::json::write(stage) == R"({"count":"0","value":[],"probability":0,"weightedValue":[],"deals":[]})");
    stage.set_share(0.0);
    stage.set_probability(0.1);
    stage.set_name("a\x01\"");
    CHECK(gateway::json::write(stage) ==
          R"({"name":"a\u0001\"","count":"0","value":[],"probability":0.1,"weightedValue":[],"share":0,"deals":[]})");
}

TEST_CASE("write: bytes, durations, enums and the content of an Any", "[gateway]") {
    log::v1::Tag tag;
    tag.set_key("deal");
    history::v1::EventView view;
    view.mutable_data()->PackFrom(tag);
    view.set_personal_state(v1::PersonalState::ERASED);
    const auto text = gateway::json::write(view);
    CHECK(text.find(R"("data":{"key":"deal"})") != std::string::npos);
    CHECK(text.find(R"("personalState":"ERASED")") != std::string::npos);

    task::v1::ActionDone action;
    action.mutable_talk_time()->set_seconds(1);
    action.mutable_talk_time()->set_nanos(500'000'000);
    CHECK(gateway::json::write(action) == R"({"talkTime":"1.500s"})");

    for (const std::string bytes : {"", "f", "fo", "foo", "foob", "\xFF\xFE\xFD"}) {
        v1::SealedPart part;
        part.set_nonce(bytes);
        v1::SealedPart again;
        REQUIRE(fill(gateway::json::write(part), again));
        CHECK(again.nonce() == bytes);
    }
}

TEST_CASE("write: doubles are the shortest that read back the same", "[gateway]") {
    for (const double value : {0.1, 1.0 / 3, 1e300, -2.5e-8, 123456789.125}) {
        pipeline::v1::Stage stage;
        stage.set_probability(value);
        pipeline::v1::Stage again;
        REQUIRE(fill(gateway::json::write(stage), again));
        CHECK(again.probability() == value);
    }
}
