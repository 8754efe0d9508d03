#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "tests/domain/world.hpp"

using namespace dealog;
using namespace dealog::test;

namespace {

struct Talking {
    World world;
    std::string deal = world.open_deal();

    domain::Decided log(std::string_view more) {
        return world.when<task::v1::LogAction>(fmt::format(R"({{"deal": "{}", "type": "CALL"{}}})", deal, more));
    }
    domain::Decided correct(const std::string& action, std::string_view more) {
        return world.when<task::v1::CorrectAction>(
            fmt::format(R"({{"deal": "{}", "action": "{}", "reason": "typo"{}}})", deal, action, more));
    }
};

Code code(domain::Decided decided) { return World::refusal(std::move(decided)).code; }

}  // namespace

TEST_CASE("R2: an action is recorded with when, to whom, how long and with what result", "[domain][action]") {
    Talking t;
    const auto decision = t.world.append(t.log(R"(, "outcome": "REACHED", "text": "Wants two.", "direction": "OUTBOUND",
        "startedAt": "2026-03-02T08:00:00Z", "endedAt": "2026-03-02T08:04:00Z", "talkTime": "187s")"));
    CHECK(decision.created);
    CHECK(decision.stream == deal::stream_of(t.deal));
    const auto& logged = t.world.last<task::v1::ActionLogged>();
    CHECK(logged.action().action_id() == decision.id);
    CHECK(logged.action().type() == "CALL");
    CHECK(from_proto(logged.action().started_at()) == at("2026-03-02T08:00:00Z"));
    CHECK(from_proto(logged.action().ended_at()) == at("2026-03-02T08:04:00Z"));
    CHECK(from_proto(logged.action().talk_time()) == std::chrono::seconds{187});
    CHECK(logged.action().direction() == task::v1::Direction::OUTBOUND);
    CHECK(logged.action().outcome() == task::v1::Outcome::REACHED);
    CHECK(logged.action().seller_id() == t.world.deal_of(t.deal).owner_id);
    CHECK(logged.text().text() == "Wants two.");
    CHECK(t.world.log().back().envelope.occurred_at == at("2026-03-02T08:00:00Z"));
}

TEST_CASE("R2: an action has an outcome, a known type, a result and times that can be", "[domain][action]") {
    Talking t;
    CHECK(code(t.log(R"(, "text": "Hi.")")) == Code::Problem_Code_UNKNOWN_OUTCOME);
    CHECK(code(t.log(R"(, "type": "FAX", "outcome": "NOT_REACHED")")) == Code::Problem_Code_UNKNOWN_TASK_TYPE);
    CHECK(code(t.log(R"(, "outcome": "REACHED")")) == Code::Problem_Code_RESULT_MISSING);
    const auto not_reached = [&](std::string_view times) {
        return t.log(fmt::format(R"(, "outcome": "NOT_REACHED"{})", times));
    };
    CHECK(code(not_reached(R"(, "startedAt": "2026-03-02T08:00:00Z", "endedAt": "2026-03-02T07:59:59Z")")) ==
          Code::Problem_Code_ENDED_BEFORE_STARTED);
    CHECK(code(not_reached(R"(, "talkTime": "-1s")")) == Code::Problem_Code_INVALID_FIELD);
    CHECK(code(not_reached(R"(, "talkTime": "86401s")")) == Code::Problem_Code_INVALID_FIELD);
    CHECK(not_reached(R"(, "talkTime": "86400s")").has_value());
    for (const char* field : {"startedAt", "endedAt", "occurredAt"}) {
        CHECK(code(not_reached(fmt::format(R"(, "{}": "2026-03-02T09:06:00Z")", field))) ==
              Code::Problem_Code_OCCURRED_IN_FUTURE);
        CHECK(not_reached(fmt::format(R"(, "{}": "2026-03-02T09:04:00Z")", field)).has_value());
    }
}

TEST_CASE("R6: an action told of late is accepted and flagged, by the threshold of the settings", "[domain][action]") {
    Talking t;
    t.world.append(t.log(R"(, "outcome": "NOT_REACHED", "occurredAt": "2026-02-27T09:00:00Z")"));
    CHECK(t.world.log().back().backdated);
    CHECK(t.world.log().back().envelope.occurred_at == at("2026-02-27T09:00:00Z"));
    t.world.append(t.log(R"(, "outcome": "NOT_REACHED", "occurredAt": "2026-03-01T09:00:00Z")"));
    CHECK_FALSE(t.world.log().back().backdated);
    t.world.done<settings::v1::ChangeSetting>(R"({"key": "thresholds", "thresholds": {"backdatedAfterHours": 2}})");
    t.world.append(t.log(R"(, "outcome": "NOT_REACHED", "occurredAt": "2026-03-02T06:59:59Z")"));
    CHECK(t.world.log().back().backdated);
}

TEST_CASE("R6: a correction keeps both versions and what it does not mention", "[domain][action]") {
    Talking t;
    const auto id = t.world.append(t.log(R"(, "outcome": "REACHED", "text": "Wants two.", "talkTime": "60s")")).id;
    const auto decision =
        t.world.append(t.correct(id, R"(, "outcome": "NOT_REACHED", "startedAt": "2026-03-02T07:00:00Z")"));
    CHECK(decision.id == id);
    const auto& corrected = t.world.last<task::v1::ActionCorrected>();
    CHECK(corrected.before().outcome() == task::v1::Outcome::REACHED);
    CHECK(corrected.after().outcome() == task::v1::Outcome::NOT_REACHED);
    CHECK(corrected.after().type() == "CALL");
    CHECK(from_proto(corrected.after().talk_time()) == std::chrono::seconds{60});
    CHECK(corrected.after().action_id() == id);
    CHECK(corrected.after().seller_id() == corrected.before().seller_id());
    CHECK(corrected.reason().text() == "typo");
    CHECK_FALSE(corrected.has_text());
    const auto& action = t.world.deal_of(t.deal).tasks.actions.at(0);
    CHECK(action.done.outcome() == task::v1::Outcome::NOT_REACHED);
    CHECK(action.occurred_at == at("2026-03-02T07:00:00Z"));
}

TEST_CASE("action: a correction that corrects nothing writes nothing, an unknown action is not found",
          "[domain][action]") {
    Talking t;
    const auto id = t.world.append(t.log(R"(, "outcome": "REACHED", "text": "Wants two.")")).id;
    CHECK(t.world.append(t.correct(id, R"(, "outcome": "REACHED", "type": "CALL")")).events.empty());
    CHECK(code(t.correct("x", "")) == Code::Problem_Code_NOT_FOUND);
}

TEST_CASE("action: a correction to an answer needs what was said, unless it is on record already", "[domain][action]") {
    Talking t;
    const auto silent = t.world.append(t.log(R"(, "outcome": "NOT_REACHED")")).id;
    CHECK(code(t.correct(silent, R"(, "outcome": "REACHED")")) == Code::Problem_Code_RESULT_MISSING);
    t.world.append(t.correct(silent, R"(, "talkTime": "5s")"));
    CHECK(code(t.correct(silent, R"(, "outcome": "REACHED")")) == Code::Problem_Code_RESULT_MISSING);
    t.world.append(t.correct(silent, R"(, "outcome": "REACHED", "text": "Wants two.")"));
    CHECK(t.correct(silent, R"(, "outcome": "CONTINUE")").has_value());
    const auto told = t.world.append(t.log(R"(, "outcome": "REACHED", "text": "Wants two.")")).id;
    CHECK(t.correct(told, R"(, "outcome": "CONTINUE")").has_value());
}

TEST_CASE("action: free text belongs to the deal's contact, to the deal when there is none or it was erased",
          "[domain][action]") {
    Talking t;
    t.world.append(t.log(R"(, "outcome": "REACHED", "text": "Hi.")"));
    CHECK(t.world.last<task::v1::ActionLogged>().subject() == "deal-" + t.deal);
    const auto contact = t.world.done<contact::v1::RegisterContact>(R"({"personal": {"fullName": "Bob"}})").id;
    t.world.done<deal::v1::UpdateDeal>(fmt::format(R"({{"deal": "{}", "contactId": "{}"}})", t.deal, contact));
    t.world.append(t.log(R"(, "outcome": "REACHED", "text": "Hi.")"));
    CHECK(t.world.last<task::v1::ActionLogged>().subject() == "contact-" + contact);
    t.world.done<privacy::v1::EraseSubject>(
        fmt::format(R"({{"subject": "contact-{}", "legalGround": "asked"}})", contact));
    t.world.append(t.log(R"(, "outcome": "REACHED", "text": "Hi.")"));
    CHECK(t.world.last<task::v1::ActionLogged>().subject() == "deal-" + t.deal);
}

TEST_CASE("action: when everybody was erased a text is refused, yet a deal can be passed on", "[domain][action]") {
    Talking t;
    t.world.done<privacy::v1::EraseSubject>(fmt::format(R"({{"subject": "deal-{}", "legalGround": "asked"}})", t.deal));
    CHECK(code(t.log(R"(, "outcome": "REACHED", "text": "Hi.")")) == Code::Problem_Code_SUBJECT_ERASED);
    CHECK(t.log(R"(, "outcome": "NOT_REACHED")").has_value());
    const auto bob = t.world.add_seller("bob");
    t.world.done<deal::v1::ChangeOwner>(
        fmt::format(R"({{"deal": "{}", "ownerId": "{}", "reason": "left"}})", t.deal, bob));
    CHECK_FALSE(t.world.last<deal::v1::DealOwnerChanged>().has_reason());
}
