#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "tests/domain/world.hpp"

using namespace dealog;
using namespace dealog::test;
using Names = std::vector<std::string>;

TEST_CASE("deal: opening enters the first stage of sales and plans the first task by rule", "[domain][deal]") {
    World world;
    const auto ann = world.add_seller("ann", R"(["CLOSER"])", R"(, "timeZone": "Europe/Moscow")");
    const auto decision = world.done<deal::v1::OpenDeal>(
        fmt::format(R"({{"title": "Ten lathes", "ownerId": "{}", "source": "fair"}})", ann));
    CHECK(decision.created);
    CHECK(decision.stream == deal::stream_of(decision.id));
    CHECK(world.types(decision) == Names{"DealOpened", "TaskPlanned"});
    const auto& deal = world.deal_of(decision.id);
    CHECK(deal.pipeline == "sales");
    CHECK(deal.stage == "new");
    CHECK(deal.pipeline_version == 1);
    CHECK(deal.tasks.open.at(0).assignee_id == ann);
    // Next working day, ten o'clock where the seller is.
    CHECK(deal.tasks.open.at(0).due_at == at("2026-03-03T07:00:00Z"));
}

TEST_CASE("deal: what an opening refers to exists", "[domain][deal]") {
    World world;
    const auto ann = world.add_seller("ann");
    const auto open = [&](std::string_view more) {
        return world.refused<deal::v1::OpenDeal>(
            fmt::format(R"({{"title": "Ten lathes", "ownerId": "{}"{}}})", ann, more));
    };
    CHECK(open(R"(, "companyId": "x")").violations.at(0).field == "companyId");
    CHECK(open(R"(, "contactId": "x")").code == Code::Problem_Code_UNKNOWN_REFERENCE);
    CHECK(open(R"(, "pipeline": "x")").code == Code::Problem_Code_UNKNOWN_PIPELINE);
    CHECK(open(R"(, "stage": "x")").code == Code::Problem_Code_UNKNOWN_STAGE);
    CHECK(open(R"(, "value": {"currencyCode": "RUB", "units": "-1"})").code == Code::Problem_Code_INVALID_FIELD);
    const auto nobody = world.refused<deal::v1::OpenDeal>(R"({"title": "Ten lathes", "ownerId": "x"})");
    CHECK(nobody.code == Code::Problem_Code_UNKNOWN_REFERENCE);
    CHECK(nobody.violations.at(0).field == "ownerId");
    world.dismiss(ann);
    CHECK(open("").code == Code::Problem_Code_SELLER_INACTIVE);
}

TEST_CASE("deal: an id and an external id are used once", "[domain][deal]") {
    World world;
    world.open_deal(R"(, "id": "00000000-0000-7000-8000-0000000000aa", "externalId": "crm-1")");
    const auto ann = world.deal("00000000-0000-7000-8000-0000000000aa")->owner_id;
    const auto open = [&](std::string_view more) {
        return world.refused<deal::v1::OpenDeal>(
            fmt::format(R"({{"title": "Ten lathes", "ownerId": "{}"{}}})", ann, more));
    };
    CHECK(open(R"(, "id": "00000000-0000-7000-8000-0000000000aa")").code == Code::Problem_Code_ALREADY_EXISTS);
    CHECK(open(R"(, "externalId": "crm-1")").code == Code::Problem_Code_EXTERNAL_ID_TAKEN);
}

TEST_CASE("deal: an update records what really changes and nothing else", "[domain][deal]") {
    World world;
    const auto deal = world.open_deal(R"(, "value": {"currencyCode": "RUB", "units": "5"},
                                          "fields": [{"name": "budget", "value": "yes"}, {"name": "size", "value": "9"}])");
    const auto update = [&](std::string_view changes) {
        return world.done<deal::v1::UpdateDeal>(fmt::format(R"({{"deal": "{}", {}}})", deal, changes));
    };
    CHECK(update(R"("title": "Ten lathes", "value": {"currencyCode": "RUB", "units": "5"},
                    "fields": [{"name": "budget", "value": "yes"}, {"name": "none"}])")
              .events.empty());
    update(R"("title": "Nine lathes", "fields": [{"name": "budget", "value": "yes"}, {"name": "size"}])");
    const auto& updated = world.last<deal::v1::DealUpdated>();
    CHECK(updated.title() == "Nine lathes");
    CHECK_FALSE(updated.has_value());
    REQUIRE(updated.fields_size() == 1);
    CHECK(updated.fields(0).name() == "size");
    CHECK(world.deal_of(deal).fields == std::vector<std::pair<std::string, std::string>>{{"budget", "yes"}});
    CHECK(world.refused<deal::v1::UpdateDeal>(fmt::format(R"({{"deal": "{}", "contactId": "x"}})", deal)).code ==
          Code::Problem_Code_UNKNOWN_REFERENCE);
    CHECK(world.refused<deal::v1::UpdateDeal>(R"({"deal": "x", "title": "Nine"})").code ==
          Code::Problem_Code_NOT_FOUND);
}

TEST_CASE("R43: a lost deal has a reason of its pipeline, other says which", "[domain][deal]") {
    World world;
    const auto deal = world.open_deal();
    const auto lose = [&](std::string_view more) {
        return world.when<deal::v1::LoseDeal>(fmt::format(R"({{"deal": "{}"{}}})", deal, more));
    };
    for (const char* reason :
         {"", R"(, "reason": "bored")", R"(, "reason": "other")", R"(, "reason": "other", "comment": " ")"}) {
        CHECK(World::refusal(lose(reason)).code == Code::Problem_Code_LOSS_REASON_REQUIRED);
    }
    CHECK(lose(R"(, "reason": "other", "comment": "Moved abroad.")").has_value());
    CHECK(world.types(world.append(lose(R"(, "reason": "price")"))) == Names{"DealLost", "TaskCancelled"});
    CHECK(World::refusal(lose(R"(, "reason": "price")")).code == Code::Problem_Code_DEAL_CLOSED);
}

TEST_CASE("R43: loss reasons are those of the version under which the deal entered its stage", "[domain][deal]") {
    World world;
    const auto deal = world.open_deal();
    world.done<pipeline::v1::DefinePipeline>(
        R"({"key": "sales", "stages": [{"key": "new"}, {"key": "offer"}], "lossReasons": ["bored"]})");
    const auto lose = fmt::format(R"({{"deal": "{}", "reason": "bored"}})", deal);
    CHECK(world.refused<deal::v1::LoseDeal>(lose).code == Code::Problem_Code_LOSS_REASON_REQUIRED);
    world.done<deal::v1::MoveStage>(fmt::format(R"({{"deal": "{}", "stage": "offer"}})", deal));
    CHECK(world.when<deal::v1::LoseDeal>(lose).has_value());
}

TEST_CASE("R49: a closing counts for the owner at closing; a reopening says who it counted for", "[domain][deal]") {
    World world;
    const auto deal = world.open_deal(R"(, "value": {"currencyCode": "RUB", "units": "5"})");
    const auto ann = world.deal_of(deal).owner_id;
    const auto bob = world.add_seller("bob");
    world.now += std::chrono::hours{24};
    world.done<deal::v1::WinDeal>(fmt::format(R"({{"deal": "{}", "handOffTo": "{}"}})", deal, bob));
    CHECK(world.last<deal::v1::DealWon>().owner_id() == ann);
    CHECK(world.last<deal::v1::DealWon>().hand_off_to() == bob);
    CHECK(world.last<deal::v1::DealWon>().value().units() == 5);
    world.done<deal::v1::ChangeOwner>(
        fmt::format(R"({{"deal": "{}", "ownerId": "{}", "reason": "account"}})", deal, bob));
    CHECK(world.deal_of(deal).credited_to == ann);
    CHECK(world.types(world.done<deal::v1::ReopenDeal>(
              fmt::format(R"({{"deal": "{}", "reason": "mistake"}})", deal))) == Names{"TaskPlanned", "DealReopened"});
    CHECK(world.last<deal::v1::DealReopened>().credited_to() == ann);
    CHECK(world.last<deal::v1::DealReopened>().owner_id() == bob);
    CHECK(world.deal_of(deal).is_open());
    CHECK(world.refused<deal::v1::ReopenDeal>(fmt::format(R"({{"deal": "{}", "reason": "x"}})", deal)).code ==
          Code::Problem_Code_DEAL_OPEN);
}

TEST_CASE("deal: a hand-off goes to an active seller", "[domain][deal]") {
    World world;
    const auto deal = world.open_deal();
    const auto bob = world.add_seller("bob");
    world.dismiss(bob);
    const auto win = fmt::format(R"({{"deal": "{}", "handOffTo": "{}"}})", deal, bob);
    CHECK(world.refused<deal::v1::WinDeal>(win).code == Code::Problem_Code_SELLER_INACTIVE);
}

TEST_CASE("R8: a change of owner moves the old owner's open tasks and keeps the whole history", "[domain][deal]") {
    World world;
    const auto deal = world.open_deal();
    const auto ann = world.deal_of(deal).owner_id;
    const auto bob = world.add_seller("bob");
    const auto eve = world.add_seller("eve");
    world.done<task::v1::PlanTask>(fmt::format(R"({{"deal": "{}", "type": "TASK", "title": "Prepare the offer",
        "dueAt": "2026-03-05T10:00:00Z", "assigneeId": "{}"}})",
                                               deal, eve));
    world.done<task::v1::LogAction>(
        fmt::format(R"({{"deal": "{}", "type": "CALL", "outcome": "REACHED", "text": "Hi."}})", deal));
    const auto change = fmt::format(R"({{"deal": "{}", "ownerId": "{}", "reason": "leaves"}})", deal, bob);
    const auto decision = world.done<deal::v1::ChangeOwner>(change);
    CHECK(world.types(decision) == Names{"DealOwnerChanged"});
    const auto& after = world.deal_of(deal);
    CHECK(after.owner_id == bob);
    CHECK(after.tasks.open.at(0).assignee_id == bob);
    CHECK(after.tasks.open.at(1).assignee_id == eve);
    CHECK(after.tasks.actions.size() == 1);
    CHECK(after.tasks.actions.at(0).done.seller_id() == ann);
    CHECK(world.done<deal::v1::ChangeOwner>(change).events.empty());
    world.dismiss(ann);
    CHECK(world
              .refused<deal::v1::ChangeOwner>(
                  fmt::format(R"({{"deal": "{}", "ownerId": "{}", "reason": "x"}})", deal, ann))
              .code == Code::Problem_Code_SELLER_INACTIVE);
}

TEST_CASE("R6: a stage move lies after the last one and not in the future; a late entry is flagged", "[domain][deal]") {
    World world;
    const auto deal = world.open_deal(R"(, "occurredAt": "2026-02-20T10:00:00Z")");
    CHECK(world.log().at(world.log().size() - 2).backdated);
    CHECK_FALSE(world.log().back().backdated);
    const auto move = [&](std::string_view stage, std::string_view when) {
        return world.when<deal::v1::MoveStage>(
            fmt::format(R"({{"deal": "{}", "stage": "{}", "occurredAt": "{}"}})", deal, stage, when));
    };
    CHECK(World::refusal(move("offer", "2026-02-19T10:00:00Z")).code == Code::Problem_Code_OCCURRED_OUT_OF_ORDER);
    CHECK(World::refusal(move("offer", "2026-03-02T09:05:01Z")).code == Code::Problem_Code_OCCURRED_IN_FUTURE);
    world.append(move("offer", "2026-03-02T08:00:00Z"));
    CHECK_FALSE(world.log().back().backdated);
    CHECK(world.log().back().envelope.occurred_at == at("2026-03-02T08:00:00Z"));
    world.append(move("contract", "2026-03-02T09:05:00Z"));
    // A clock a little ahead does not lock the deal.
    CHECK(world.when<deal::v1::WinDeal>(fmt::format(R"({{"deal": "{}"}})", deal)).has_value());
    CHECK(World::refusal(move("offer", "2026-03-02T08:30:00Z")).code == Code::Problem_Code_OCCURRED_OUT_OF_ORDER);
}

TEST_CASE("R46: moving to and fro leaves each interval with its stages and times", "[domain][deal]") {
    World world;
    const auto deal = world.open_deal();
    for (const char* stage : {"qualified", "new", "qualified"}) {
        world.now += std::chrono::hours{1};
        world.done<deal::v1::MoveStage>(fmt::format(R"({{"deal": "{}", "stage": "{}"}})", deal, stage));
    }
    Names moves;
    for (const auto& stored : world.log()) {
        if (stored.type != "dealog.deal.v1.DealStageChanged") continue;
        const auto& moved = static_cast<const deal::v1::DealStageChanged&>(*stored.event);
        moves.push_back(
            fmt::format("{} {}>{}", format_rfc3339(stored.envelope.occurred_at), moved.from_stage(), moved.to_stage()));
    }
    CHECK(moves == Names{"2026-03-02T10:00:00Z new>qualified", "2026-03-02T11:00:00Z qualified>new",
                         "2026-03-02T12:00:00Z new>qualified"});
    const auto stay = world.done<deal::v1::MoveStage>(fmt::format(R"({{"deal": "{}", "stage": "qualified"}})", deal));
    CHECK(stay.events.empty());
}

TEST_CASE("R1 R5: a deal at any moment is the fold of its events until then and nothing else", "[domain][deal]") {
    World world;
    const auto id = world.open_deal();
    std::vector<std::pair<std::uint64_t, std::string>> known;  // revision and stage as they were
    known.emplace_back(world.deal_of(id).revision.value(), "new");
    for (const char* stage : {"offer", "meeting", "contract"}) {
        world.done<deal::v1::MoveStage>(fmt::format(R"({{"deal": "{}", "stage": "{}"}})", id, stage));
        known.emplace_back(world.deal_of(id).revision.value(), stage);
    }
    for (const auto& [revision, stage] : known) {
        deal::Deal then;
        for (const auto& stored : world.log()) {
            if (stored.stream == "deal-" + id && stored.envelope.revision.value() <= revision) {
                REQUIRE(deal::Fold::apply(then, stored.type, stored.payload, stored.envelope));
            }
        }
        CHECK(then.stage == stage);
        CHECK(then.revision.value() == revision);
    }
}
