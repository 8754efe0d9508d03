#include <catch2/catch.hpp>

#include "tests/commands/world.hpp"

using namespace dealog;
using dealog::test::hours_from;
using dealog::test::set;
using dealog::test::World;

namespace {

std::vector<std::string> types(const v1::Written& written) {
    std::vector<std::string> all;
    for (const auto& event : written.events()) all.push_back(event.type());
    return all;
}

using Types = std::vector<std::string>;

}  // namespace

TEST_CASE("a write answers id, the append's last position, the revision and each event's position", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto before = world.log.head().position.value();
    const auto request = world.request(
        test::command<deal::v1::OpenDeal>(set("title", "Roof for the new hall") + set("owner_id", vera.id)), vera);
    const auto answer = world.desk.run(request);
    REQUIRE(answer);
    REQUIRE(answer->created);
    REQUIRE_FALSE(answer->replayed);
    REQUIRE(answer->position.value() == before + 2);
    const auto& written = answer->results.at(0);
    REQUIRE(parse_uuid(written.id()));
    REQUIRE(written.position() == before + 2);
    REQUIRE(written.revision() == 2);
    REQUIRE(types(written) == Types{"dealog.deal.v1.DealOpened", "dealog.task.v1.TaskPlanned"});
    REQUIRE(written.events(0).position() == before + 1);
    REQUIRE(written.events(1).position() == before + 2);
    const auto records = world.records("deal-" + written.id());
    REQUIRE(records.size() == 2);
    REQUIRE(records[0].position() == before + 1);
    REQUIRE(records[0].actor().kind() == "seller");
    REQUIRE(records[0].actor().id() == vera.id);
    REQUIRE(records[0].source() == "api");
    REQUIRE(records[0].command_id() == request.idempotency_key);
}

TEST_CASE("each command about people and definitions is written by an administrator", "[commands]") {
    World world;
    const auto team = world.done<team::v1::FormTeam>("name: 'North'");
    REQUIRE(types(team) == Types{"dealog.team.v1.TeamFormed"});
    REQUIRE(types(world.done<team::v1::UpdateTeam>(set("team", team.id()) + "name: 'Far North'")) ==
            Types{"dealog.team.v1.TeamUpdated"});
    const auto seller = world.done<seller::v1::AddSeller>("name: 'Vera' roles: CLOSER");
    REQUIRE(types(seller) == Types{"dealog.seller.v1.SellerJoined"});
    REQUIRE(types(world.done<seller::v1::UpdateSeller>(set("seller", seller.id()) + set("team_id", team.id()))) ==
            Types{"dealog.seller.v1.SellerUpdated"});
    const auto key = world.done<apikey::v1::IssueApiKey>(set("seller_id", seller.id()));
    REQUIRE(types(key) == Types{"dealog.apikey.v1.ApiKeyIssued"});
    REQUIRE(types(world.done<apikey::v1::RevokeApiKey>(set("key", key.id()))) ==
            Types{"dealog.apikey.v1.ApiKeyRevoked"});
    REQUIRE(types(world.done<settings::v1::ChangeSetting>("key: 'norms' norms { min: 20 max: 25 }")) ==
            Types{"dealog.settings.v1.SettingChanged"});
    const auto pipeline = world.done<pipeline::v1::DefinePipeline>(
        "key: 'partners' stages { key: 'new' probability: 0.2 } loss_reasons: 'price'");
    REQUIRE(types(pipeline) == Types{"dealog.pipeline.v1.PipelineDefined"});
    REQUIRE(pipeline.revision() == 1);
}

TEST_CASE("each command about clients is written by a seller", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto company = world.done<company::v1::RegisterCompany>("name: 'Kiln and Sons'", vera);
    REQUIRE(types(company) == Types{"dealog.company.v1.CompanyRegistered"});
    REQUIRE(types(world.done<company::v1::UpdateCompany>(set("company", company.id()) + "industry: 'bricks'", vera)) ==
            Types{"dealog.company.v1.CompanyUpdated"});
    const auto contact =
        world.done<contact::v1::RegisterContact>("personal { full_name: 'Ada Kiln' phones: '+79990000001' }", vera);
    REQUIRE(types(contact) == Types{"dealog.contact.v1.ContactRegistered"});
    REQUIRE(types(world.done<contact::v1::UpdateContact>(set("contact", contact.id()) + set("company_id", company.id()),
                                                         vera)) == Types{"dealog.contact.v1.ContactUpdated"});
    REQUIRE(types(world.done<task::v1::PlanTask>(set("company", company.id()) +
                                                     "type: 'EMAIL' title: 'Send the catalogue of bricks' " +
                                                     hours_from(world.clock, 3),
                                                 vera)) == Types{"dealog.task.v1.TaskPlanned"});
    REQUIRE(types(world.done<task::v1::LogAction>(
                set("contact", contact.id()) + "type: 'CALL' outcome: REACHED text: 'Asked for prices'", vera)) ==
            Types{"dealog.task.v1.ActionLogged"});
}

TEST_CASE("each command about a deal and its tasks is written by its owner or a head", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto boris = world.hire("Boris");
    const auto deal = world.open_deal(vera);
    const auto of_deal = set("deal", deal);
    const auto task = world.first_task(deal);
    REQUIRE(types(world.done<deal::v1::UpdateDeal>(of_deal + "value { currency_code: 'RUB' units: 150000 }", vera)) ==
            Types{"dealog.deal.v1.DealUpdated"});
    REQUIRE(types(world.done<deal::v1::MoveStage>(of_deal + "stage: 'qualified'", vera)) ==
            Types{"dealog.deal.v1.DealStageChanged"});
    REQUIRE(types(world.done<task::v1::RescheduleTask>(of_deal + set("task", task) + hours_from(world.clock, 50),
                                                       vera)) == Types{"dealog.task.v1.TaskRescheduled"});
    const auto logged =
        world.done<task::v1::LogAction>(of_deal + "type: 'CALL' outcome: REACHED text: 'Asked for prices'", vera);
    REQUIRE(types(logged) == Types{"dealog.task.v1.ActionLogged"});
    REQUIRE(types(world.done<task::v1::CorrectAction>(
                of_deal + set("action", logged.id()) + "outcome: NOT_REACHED reason: 'It was the other number'",
                vera)) == Types{"dealog.task.v1.ActionCorrected"});
    const auto second = world.done<task::v1::PlanTask>(
        of_deal + "type: 'MEETING' title: 'Show the samples on site' " + hours_from(world.clock, 5), vera);
    REQUIRE(types(world.done<task::v1::CancelTask>(of_deal + set("task", second.id()) + "reason: 'The site is closed'",
                                                   vera)) == Types{"dealog.task.v1.TaskCancelled"});
    REQUIRE(types(world.done<deal::v1::ChangeOwner>(of_deal + set("owner_id", boris.id) +
                                                    "reason: 'Nearer to the client'")) ==
            Types{"dealog.deal.v1.DealOwnerChanged"});
    REQUIRE(types(world.done<deal::v1::LoseDeal>(of_deal + "reason: 'price'", boris)) ==
            Types{"dealog.deal.v1.DealLost", "dealog.task.v1.TaskCancelled"});
    REQUIRE(types(world.done<deal::v1::ReopenDeal>(of_deal + "reason: 'They called back'", boris)).size() == 2);
    REQUIRE(types(world.done<deal::v1::WinDeal>(of_deal, boris)).size() == 2);
}

TEST_CASE("R20: completing a task plans the next one in the same append", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto deal = world.open_deal(vera);
    const auto written =
        world.done<task::v1::CompleteTask>(set("deal", deal) + set("task", world.first_task(deal)) +
                                               "action { outcome: CONTINUE text: 'Wants an offer' } next { type: "
                                               "'EMAIL' title: 'Send the offer for the roof' " +
                                               hours_from(world.clock, 24) + " }",
                                           vera);
    REQUIRE(written.events_size() == 2);
    const auto records = world.records("deal-" + deal);
    REQUIRE(records.size() == 4);
    REQUIRE(records[2].append_first() == records[3].append_first());
    REQUIRE(records[2].type() == "dealog.task.v1.TaskPlanned");
    REQUIRE(records[3].type() == "dealog.task.v1.TaskCompleted");
    REQUIRE(written.revision() == 4);
}

TEST_CASE("R21: the last open task of an open deal cannot be cancelled without a next one", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto deal = world.open_deal(vera);
    const auto refused = world.run<task::v1::CancelTask>(
        set("deal", deal) + set("task", world.first_task(deal)) + "reason: 'No time'", vera);
    REQUIRE_FALSE(refused);
    REQUIRE(refused.error().code == Code::Problem_Code_DEAL_WITHOUT_TASK);
    REQUIRE(world.records("deal-" + deal).size() == 2);
}

TEST_CASE("a command that changes nothing answers the present revision and stores nothing", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto deal = world.open_deal(vera);
    const auto head = world.log.head().position;
    const auto request =
        world.request(test::command<deal::v1::UpdateDeal>(set("deal", deal) + "title: 'Roof for the new hall'"), vera);
    const auto answer = world.desk.run(request);
    REQUIRE(answer);
    REQUIRE_FALSE(answer->created);
    REQUIRE(answer->results.at(0).events_size() == 0);
    REQUIRE(answer->results.at(0).revision() == 2);
    REQUIRE(answer->results.at(0).id() == deal);
    REQUIRE(world.log.head().position == head);
    REQUIRE_FALSE(world.log.find_command(vera.scope(), request.idempotency_key));
}

TEST_CASE("If-Match decides on the revision that the client saw", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto deal = world.open_deal(vera);
    const auto change = [&](std::uint64_t revision, const std::string& title) {
        auto request =
            world.request(test::command<deal::v1::UpdateDeal>(set("deal", deal) + set("title", title)), vera);
        request.if_match = Revision{revision};
        return world.desk.run(request);
    };
    const auto stale = change(1, "A roof");
    REQUIRE_FALSE(stale);
    REQUIRE(stale.error().code == Code::Problem_Code_WRONG_EXPECTED_REVISION);
    REQUIRE(change(2, "A roof"));
    const auto late = change(2, "A wall");
    REQUIRE_FALSE(late);
    REQUIRE(late.error().code == Code::Problem_Code_WRONG_EXPECTED_REVISION);
    REQUIRE(change(3, "A wall"));

    auto creation = world.request(test::command<company::v1::RegisterCompany>("name: 'Kiln'"), vera);
    creation.if_match = Revision{1};
    const auto refused = world.desk.run(creation);
    REQUIRE_FALSE(refused);
    REQUIRE(refused.error().code == Code::Problem_Code_WRONG_EXPECTED_REVISION);
}
