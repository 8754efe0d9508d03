#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "tests/domain/world.hpp"

using namespace dealog;
using namespace dealog::test;
using Names = std::vector<std::string>;

namespace {

struct Demanding {
    World world;
    Demanding() {
        world.done<pipeline::v1::DefinePipeline>(R"({"key": "sales", "stages": [
            {"key": "new", "probability": 0.1},
            {"key": "offer", "probability": 0.5, "requiredFields": ["budget", "value", "company_id", "contact_id"]}]})");
    }
    std::string deal = world.open_deal();

    domain::Decided move(std::string_view more) {
        return world.when<deal::v1::MoveStage>(fmt::format(R"({{"deal": "{}", "stage": "offer"{}}})", deal, more));
    }
};

Names fields(const Rejection& refusal) {
    Names names;
    for (const auto& violation : refusal.violations) names.push_back(violation.field);
    return names;
}

}  // namespace

TEST_CASE("R41 R42: a stage is entered when its criteria hold, each missing one is listed", "[domain][deal]") {
    Demanding d;
    const auto refusal = World::refusal(d.move(""));
    CHECK(refusal.code == Code::Problem_Code_STAGE_CRITERIA_NOT_MET);
    CHECK(fields(refusal) == Names{"budget", "value", "company_id", "contact_id"});
    CHECK(fields(World::refusal(d.move(R"(, "fields": [{"name": "budget", "value": "yes"}])"))) ==
          Names{"value", "company_id", "contact_id"});
    const auto company = d.world.done<company::v1::RegisterCompany>(R"({"name": "Lathe Ltd"})").id;
    const auto contact = d.world.done<contact::v1::RegisterContact>(R"({"personal": {"fullName": "Bob"}})").id;
    d.world.done<deal::v1::UpdateDeal>(fmt::format(R"({{"deal": "{}", "companyId": "{}", "contactId": "{}",
        "value": {{"currencyCode": "RUB", "units": "9"}}}})",
                                                   d.deal, company, contact));
    CHECK(fields(World::refusal(d.move(""))) == Names{"budget"});
    CHECK(fields(World::refusal(d.move(R"(, "fields": [{"name": "budget", "value": " "}])"))) == Names{"budget"});
    d.world.append(d.move(R"(, "fields": [{"name": "budget", "value": "yes"}])"));
    CHECK(d.world.deal_of(d.deal).stage == "offer");
    CHECK(d.world.deal_of(d.deal).fields.at(0).second == "yes");
}

TEST_CASE("R42: opening a deal in a stage is held to the same criteria, whoever asks", "[domain][deal]") {
    Demanding d;
    const auto open = fmt::format(R"({{"title": "Ten lathes", "ownerId": "{}", "stage": "offer"}})",
                                  d.world.deal_of(d.deal).owner_id);
    for (const auto kind : {Principal::Kind::seller, Principal::Kind::service, Principal::Kind::system}) {
        for (const char* source : {"api", "import", "rule"}) {
            d.world.actor.kind = kind;
            d.world.source = source;
            CHECK(d.world.refused<deal::v1::OpenDeal>(open).code == Code::Problem_Code_STAGE_CRITERIA_NOT_MET);
            CHECK(World::refusal(d.move("")).code == Code::Problem_Code_STAGE_CRITERIA_NOT_MET);
        }
    }
}

TEST_CASE("R41: a head waives criteria, with author and reason on record; nobody else does", "[domain][deal]") {
    Demanding d;
    const auto waiver = R"(, "fields": [{"name": "budget", "value": "yes"}], "waiver": {"reason": "Old friend."})";
    const auto ann = d.world.deal_of(d.deal).owner_id;
    d.world.act_as(ann);
    CHECK(World::refusal(d.move(waiver)).code == Code::Problem_Code_FORBIDDEN);
    d.world.act_as(d.world.add_seller("hos", R"(["HEAD"])"));
    CHECK(d.world.types(d.world.append(d.move(waiver))) == Names{"StageCriteriaWaived", "DealStageChanged"});
    const auto& waived = d.world.last<deal::v1::StageCriteriaWaived>();
    CHECK(Names{waived.missing().begin(), waived.missing().end()} == Names{"value", "company_id", "contact_id"});
    CHECK(waived.reason().text() == "Old friend.");
    CHECK(waived.subject() == "deal-" + d.deal);
}

TEST_CASE("R41: a deal keeps the pipeline version under which it entered its stage until it moves", "[domain][deal]") {
    World world;
    const auto deal = world.open_deal();
    CHECK(world.deal_of(deal).pipeline_version == 1);
    world.done<pipeline::v1::DefinePipeline>(
        R"({"key": "sales", "stages": [{"key": "new", "requiredFields": ["budget"]}, {"key": "signing"}]})");
    CHECK(world.deal_of(deal).pipeline_version == 1);
    const auto move = [&](std::string_view stage) {
        return world.when<deal::v1::MoveStage>(fmt::format(R"({{"deal": "{}", "stage": "{}"}})", deal, stage));
    };
    CHECK(World::refusal(move("offer")).code == Code::Problem_Code_UNKNOWN_STAGE);
    CHECK(world.append(move("new")).events.empty());
    world.append(move("signing"));
    CHECK(world.last<deal::v1::DealStageChanged>().pipeline_version() == 2);
    CHECK(world.deal_of(deal).pipeline_version == 2);
}

TEST_CASE("stage: fields are filled although the deal is in the stage already", "[domain][deal]") {
    World world;
    const auto deal = world.open_deal();
    const auto decision = world.done<deal::v1::MoveStage>(
        fmt::format(R"({{"deal": "{}", "stage": "new", "fields": [{{"name": "size", "value": "9"}}]}})", deal));
    CHECK(world.types(decision) == Names{"DealUpdated"});
    CHECK(world.deal_of(deal).fields.size() == 1);
}

TEST_CASE("stage: a closed deal does not move", "[domain][deal]") {
    World world;
    const auto deal = world.open_deal();
    world.done<deal::v1::WinDeal>(fmt::format(R"({{"deal": "{}"}})", deal));
    CHECK(world.refused<deal::v1::MoveStage>(fmt::format(R"({{"deal": "{}", "stage": "offer"}})", deal)).code ==
          Code::Problem_Code_DEAL_CLOSED);
    CHECK(world.refused<deal::v1::WinDeal>(fmt::format(R"({{"deal": "{}"}})", deal)).code ==
          Code::Problem_Code_DEAL_CLOSED);
}

TEST_CASE("R44: a stage's probability has versions, and each moment has its own", "[domain][pipeline]") {
    World world;
    const auto probability = [&](Instant t) {
        return world.pipeline("sales")->valid_at(t)->stage("meeting")->probability();
    };
    const auto define = [&](double value, std::string_view valid_from) {
        world.done<pipeline::v1::DefinePipeline>(fmt::format(
            R"({{"key": "sales", "stages": [{{"key": "new"}}, {{"key": "meeting", "probability": {}}}]{}}})", value,
            valid_from));
    };
    define(0.5, "");
    define(0.7, R"(, "validFrom": "2026-04-01T00:00:00Z")");
    CHECK(probability(world.now - std::chrono::hours{24}) == Approx(0.40));
    CHECK(probability(world.now) == Approx(0.5));
    CHECK(probability(at("2026-04-01T00:00:00Z")) == Approx(0.7));
    CHECK(world.pipeline("sales")->at(1)->stage("meeting")->probability() == Approx(0.40));
    CHECK(world.pipeline("sales")->at(9) == nullptr);
}

TEST_CASE("pipeline: a definition that cannot work is refused with the field named", "[domain][pipeline]") {
    World world;
    const auto field = [&](std::string_view json) {
        const auto refusal = world.refused<pipeline::v1::DefinePipeline>(json);
        CHECK(refusal.code == Code::Problem_Code_INVALID_FIELD);
        return refusal.violations.at(0).field;
    };
    CHECK(field(R"({"key": "b2b"})") == "stages");
    CHECK(field(R"({"key": "b2b", "stages": [{"key": "a"}, {"key": "a"}]})") == "stages[1].key");
    CHECK(field(R"({"key": "b2b", "stages": [{"key": "a", "probability": 1.5}]})") == "stages[0].probability");
    CHECK(field(R"({"key": "b2b", "stages": [{"key": "a", "probability": "NaN"}]})") == "stages[0].probability");
    CHECK(field(R"({"key": "b2b", "stages": [{"key": "a"}], "lossReasons": ["x", "x"]})") == "lossReasons");
    CHECK(field(R"({"key": "sales", "stages": [{"key": "a"}], "validFrom": "2026-01-01T00:00:00Z"})") == "validFrom");
}

TEST_CASE("pipeline: a new key is created, a known one gets a version, the same one changes nothing",
          "[domain][pipeline]") {
    World world;
    const auto first = R"({"key": "b2b", "name": "B2B", "stages": [{"key": "a", "name": "A", "probability": 0.5}]})";
    const auto created = world.done<pipeline::v1::DefinePipeline>(first);
    CHECK(created.created);
    CHECK(created.id == "b2b");
    CHECK(world.pipeline("b2b")->valid_at(world.now)->has_loss_reason("price"));
    CHECK(world.done<pipeline::v1::DefinePipeline>(first).events.empty());
    const auto second =
        world.done<pipeline::v1::DefinePipeline>(R"({"key": "b2b", "stages": [{"key": "a"}, {"key": "b"}]})");
    CHECK_FALSE(second.created);
    CHECK(world.pipeline("b2b")->versions.size() == 2);
    CHECK(world.pipeline("b2b")->valid_at(world.now)->version == 2);
}
