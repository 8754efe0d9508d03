#include <catch2/catch.hpp>

#include "tests/commands/world.hpp"

using namespace dealog;
using dealog::test::command;
using dealog::test::hours_from;
using dealog::test::set;
using dealog::test::World;

namespace {

const std::string roof = "title: 'Roof for the new hall' ";

void require_refused(const commands::Answer& answer, Code code, const std::string& field) {
    REQUIRE_FALSE(answer);
    REQUIRE(code_name(answer.error().code) == code_name(code));
    REQUIRE(answer.error().violations.size() >= 1);
    REQUIRE(answer.error().violations[0].field == field);
}

}  // namespace

TEST_CASE("a batch is one append in which each command stands on the earlier ones", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto before = world.log.head().position.value();
    const auto request =
        world.batch({command<company::v1::RegisterCompany>("external_id: 'kiln' name: 'Kiln'"),
                     command<contact::v1::RegisterContact>(
                         "external_id: 'ada' company_id: 'ext:kiln' personal { full_name: 'Ada' }"),
                     command<deal::v1::OpenDeal>("external_id: 'd-1' company_id: 'ext:kiln' contact_id: 'ext:ada' " +
                                                 roof + set("owner_id", vera.id)),
                     command<deal::v1::MoveStage>("deal: 'ext:d-1' stage: 'qualified'"),
                     command<deal::v1::UpdateDeal>("deal: 'ext:d-1' title: 'Roof for the new hall'"),
                     command<deal::v1::WinDeal>("deal: 'ext:d-1'")},
                    vera);
    const auto answer = world.desk.run(request);
    REQUIRE(answer);
    REQUIRE(answer->results.size() == 6);
    const auto& deal = answer->results[2].id();
    REQUIRE(answer->results[3].id() == deal);
    REQUIRE(answer->results[2].revision() == 2);
    REQUIRE(answer->results[3].revision() == 3);
    REQUIRE(answer->results[4].revision() == 3);
    REQUIRE(answer->results[4].events_size() == 0);
    REQUIRE(answer->results[5].revision() == 5);
    REQUIRE(answer->results[0].events(0).position() == before + 1);
    REQUIRE(answer->results[3].events(0).position() == before + 5);
    for (const auto& result : answer->results) REQUIRE(result.position() == answer->position.value());
    const auto records = world.records("deal-" + deal);
    REQUIRE(records.size() == 5);
    for (const auto& record : records) REQUIRE(record.append_first() == before + 1);

    const auto again = world.desk.run(request);
    REQUIRE(again);
    REQUIRE(again->replayed);
    for (std::size_t i = 0; i < 6; ++i)
        REQUIRE(again->results[i].SerializeAsString() == answer->results[i].SerializeAsString());
    REQUIRE(world.done<deal::v1::ReopenDeal>(set("deal", deal) + "reason: 'They called'", vera).revision() == 7);
}

TEST_CASE("R42: one refused command of a batch refuses all of it and is named", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto deal = world.open_deal(vera);
    world.done<pipeline::v1::DefinePipeline>(
        "key: 'strict' stages { key: 'new' } stages { key: 'offer' required_fields: 'value' } loss_reasons: 'price'");
    const auto head = world.log.head().position;
    require_refused(world.desk.run(world.batch({command<company::v1::RegisterCompany>("name: 'Kiln'"),
                                                command<deal::v1::MoveStage>(set("deal", deal) + "stage: 'nowhere'")},
                                               vera)),
                    Code::Problem_Code_UNKNOWN_STAGE, "commands[1].body.stage");
    require_refused(world.desk.run(world.batch({command<deal::v1::OpenDeal>("external_id: 'd' pipeline: 'strict' " +
                                                                            roof + set("owner_id", vera.id)),
                                                command<deal::v1::MoveStage>("deal: 'ext:d' stage: 'offer'")},
                                               vera)),
                    Code::Problem_Code_STAGE_CRITERIA_NOT_MET, "commands[1].body.value");
    REQUIRE(world.log.head().position == head);
    REQUIRE(world.run<company::v1::RegisterCompany>("name: 'Kiln'", vera));
}

TEST_CASE("R21: a batch cannot leave an open deal without a task", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto deal = world.open_deal(vera);
    const auto task = world.first_task(deal);
    const auto head = world.log.head().position;
    const auto refused = world.desk.run(
        world.batch({command<company::v1::RegisterCompany>("name: 'Kiln'"),
                     command<task::v1::CancelTask>(set("deal", deal) + set("task", task) + "reason: 'x'")},
                    vera));
    REQUIRE_FALSE(refused);
    REQUIRE(refused.error().code == Code::Problem_Code_DEAL_WITHOUT_TASK);
    REQUIRE(refused.error().detail.starts_with("commands[1]"));
    REQUIRE(world.log.head().position == head);
    const auto planned = world.desk.run(world.batch(
        {command<task::v1::PlanTask>(set("deal", deal) + "type: 'EMAIL' title: 'Send the offer for the roof' " +
                                     hours_from(world.clock, 5)),
         command<task::v1::CancelTask>(set("deal", deal) + set("task", task) + "reason: 'Mail is better'")},
        vera));
    REQUIRE(planned);
}

TEST_CASE("R20: a task completed in a batch has its next one in the same append", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto deal = world.open_deal(vera);
    const auto answer = world.desk.run(
        world.batch({command<task::v1::CompleteTask>(set("deal", deal) + set("task", world.first_task(deal)) +
                                                     "action { outcome: REACHED text: 'Call again' }")},
                    vera));
    REQUIRE(answer);
    const auto records = world.records("deal-" + deal);
    REQUIRE(records.size() == 4);
    REQUIRE(records[2].append_first() == records[3].append_first());
}

TEST_CASE("each command of a batch is authorised by itself, in its own path", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto boris = world.hire("Boris");
    const auto deal = world.open_deal(boris);
    const auto head = world.log.head().position;
    require_refused(world.desk.run(world.batch({command<company::v1::RegisterCompany>("name: 'Kiln'"),
                                                command<deal::v1::WinDeal>(set("deal", deal))},
                                               vera)),
                    Code::Problem_Code_NOT_FOUND, "commands[1]");
    require_refused(world.desk.run(world.batch({command<seller::v1::AddSeller>("name: 'X' roles: CLOSER")}, vera)),
                    Code::Problem_Code_FORBIDDEN, "commands[0]");
    REQUIRE(world.log.head().position == head);
}

TEST_CASE("keys and erasure are not part of a batch", "[commands]") {
    World world;
    require_refused(world.desk.run(world.batch({command<team::v1::FormTeam>("name: 'North'"),
                                                command<apikey::v1::IssueApiKey>("service: 'x' scopes: 'queries'")},
                                               world.admin)),
                    Code::Problem_Code_NOT_IN_BATCH, "commands[1].path");
    require_refused(world.desk.run(world.batch(
                        {command<privacy::v1::EraseSubject>("subject: 'deal-x' legal_ground: 'x'")}, world.admin)),
                    Code::Problem_Code_NOT_IN_BATCH, "commands[0].path");
}

TEST_CASE("two commands of a batch cannot have one key, one phone or one external id", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    auto keys = world.batch(
        {command<company::v1::RegisterCompany>("name: 'Kiln'"), command<company::v1::RegisterCompany>("name: 'Oven'")},
        vera);
    keys.commands[0].idempotency_key = keys.commands[1].idempotency_key = "same";
    require_refused(world.desk.run(keys), Code::Problem_Code_IDEMPOTENCY_KEY_REUSED, "commands[1].idempotencyKey");
    const std::string ada = "personal { full_name: 'Ada' phones: '+79990000001' }";
    require_refused(
        world.desk.run(world.batch(
            {command<contact::v1::RegisterContact>(ada), command<contact::v1::RegisterContact>(ada)}, vera)),
        Code::Problem_Code_DUPLICATE_CONTACT, "commands[1]");
    world.done<contact::v1::RegisterContact>(ada, vera);
    require_refused(
        world.desk.run(world.batch(
            {command<company::v1::RegisterCompany>("name: 'Kiln'"), command<contact::v1::RegisterContact>(ada)}, vera)),
        Code::Problem_Code_DUPLICATE_CONTACT, "commands[1]");
}

TEST_CASE("the values a contact claims last in a batch are the ones it holds", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto phone = [](const std::string& number) {
        return "personal { full_name: 'Ada' phones: '" + number + "' }";
    };
    const auto answer = world.desk.run(
        world.batch({command<contact::v1::RegisterContact>("external_id: 'ada' " + phone("+79990000001")),
                     command<contact::v1::UpdateContact>("contact: 'ext:ada' " + phone("+79990000002")),
                     command<contact::v1::RegisterContact>(phone("+79990000001"))},
                    vera));
    REQUIRE(answer);
    REQUIRE(world.log.claim_owner("phone", "+79990000002") == answer->results[0].id());
    REQUIRE(world.log.claim_owner("phone", "+79990000001") == answer->results[2].id());
}

TEST_CASE("a thousand commands are one batch, repeated in full; one more is too many", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    std::vector<std::shared_ptr<google::protobuf::Message>> deals;
    for (int i = 0; i < 1000; ++i)
        deals.push_back(command<deal::v1::OpenDeal>(roof + set("owner_id", vera.id) +
                                                    set("external_id", "d-" + std::to_string(i))));
    const auto request = world.batch(deals, vera);
    const auto answer = world.desk.run(request);
    REQUIRE(answer);
    REQUIRE(answer->results.size() == 1000);
    const auto again = world.desk.run(request);
    REQUIRE(again);
    REQUIRE(again->results[999].SerializeAsString() == answer->results[999].SerializeAsString());
    deals.push_back(deals.front());
    const auto refused = world.desk.run(world.batch(deals, vera));
    REQUIRE_FALSE(refused);
    REQUIRE(refused.error().code == Code::Problem_Code_INVALID_FIELD);
}

TEST_CASE("what one append cannot hold is refused as too large", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto deal = world.open_deal(vera);
    std::vector<std::shared_ptr<google::protobuf::Message>> actions;
    for (int i = 0; i < 300; ++i) {
        actions.push_back(command<task::v1::LogAction>(set("deal", deal) + "type: 'CALL' outcome: REACHED " +
                                                       set("text", std::string(18'000, 'x'))));
    }
    const auto refused = world.desk.run(world.batch(actions, vera));
    REQUIRE_FALSE(refused);
    REQUIRE(refused.error().code == Code::Problem_Code_TOO_LARGE_TO_APPEND);
    REQUIRE(world.records("deal-" + deal).size() == 2);
}
