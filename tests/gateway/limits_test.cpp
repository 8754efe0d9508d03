#include <google/protobuf/unknown_field_set.h>
#include <catch2/catch.hpp>

#include <algorithm>
#include <string>
#include <vector>

#include "domain/contact/contact.pb.h"
#include "domain/deal/deal.pb.h"
#include "domain/pipeline/pipeline.pb.h"
#include "domain/seller/seller.pb.h"
#include "gateway/formats.hpp"
#include "gateway/limits.hpp"

using namespace dealog;

namespace {

constexpr const char* uuid = "0190a000-0000-7000-8000-00000000000a";

std::vector<std::string> broken(google::protobuf::Message& message) {
    std::vector<std::string> all;
    const auto checked = gateway::check_limits(message);
    if (checked) return all;
    CHECK(checked.error().code == Code::Problem_Code_INVALID_FIELD);
    for (const auto& violation : checked.error().violations) all.push_back(violation.rule + '@' + violation.field);
    return all;
}

deal::v1::OpenDeal sound_deal() {
    deal::v1::OpenDeal command;
    command.set_title("Pumps");
    command.set_owner_id(uuid);
    return command;
}

}  // namespace

TEST_CASE("limits: a sound command passes and its ids come out in lower case", "[gateway]") {
    auto command = sound_deal();
    command.set_id("0190A000-0000-7000-8000-00000000000A");
    command.set_contact_id("ext:crm/42");
    CHECK(broken(command).empty());
    CHECK(command.id() == uuid);
    CHECK(command.contact_id() == "ext:crm/42");
}

TEST_CASE("limits: every violation is listed with the field's path", "[gateway]") {
    deal::v1::OpenDeal command;
    command.set_owner_id("me");
    command.set_pipeline("Sales");
    command.set_title(std::string(201, 'x'));
    command.mutable_value()->set_nanos(1'000'000'000);
    command.add_fields()->set_value("v");
    command.mutable_first_task()->set_type("call");
    const auto all = broken(command);
    const std::vector<std::string> expected{
        "max_length@title",        "format@pipeline",         "format@ownerId",        "required@value.currencyCode",
        "range@value.nanos",       "required@fields[0].name", "format@firstTask.type", "required@firstTask.title",
        "required@firstTask.dueAt"};
    CHECK(all == expected);
}

TEST_CASE("limits: lengths count code points, not bytes", "[gateway]") {
    auto command = sound_deal();
    std::string title;
    for (int i = 0; i < 200; ++i) title += "ж";
    command.set_title(title);
    CHECK(broken(command).empty());
    command.set_title(title + "ж");
    CHECK(broken(command) == std::vector<std::string>{"max_length@title"});
}

TEST_CASE("limits: an optional field may be cleared unless a least length forbids it", "[gateway]") {
    seller::v1::UpdateSeller command;
    command.set_team_id("");
    CHECK(broken(command).empty());
    command.set_name("");
    CHECK(broken(command) == std::vector<std::string>{"min_length@name"});
}

TEST_CASE("limits: items are counted, numbers are bounded, required lists are not empty", "[gateway]") {
    pipeline::v1::DefinePipeline command;
    command.set_key("sales");
    CHECK(broken(command) == std::vector<std::string>{"required@stages"});
    for (int i = 0; i < 51; ++i) command.add_stages()->set_key("s" + std::to_string(i));
    CHECK(broken(command) == std::vector<std::string>{"max_items@stages"});
    command.clear_stages();
    auto& stage = *command.add_stages();
    stage.set_key("new");
    stage.set_probability(1.01);
    CHECK(broken(command) == std::vector<std::string>{"range@stages[0].probability"});
}

TEST_CASE("limits: times out of bounds, which only protobuf can say, are refused", "[gateway]") {
    auto command = sound_deal();
    command.mutable_occurred_at()->set_seconds(-1);
    CHECK(broken(command) == std::vector<std::string>{"range@occurredAt"});
    command.mutable_occurred_at()->set_seconds(0);
    command.mutable_occurred_at()->set_nanos(1'000'000'000);
    CHECK(broken(command) == std::vector<std::string>{"range@occurredAt"});
}

TEST_CASE("limits: a protobuf body may not say what JSON could not", "[gateway]") {
    deal::v1::MoveStage in_path;
    in_path.set_deal(uuid);
    REQUIRE_FALSE(gateway::check_wire(in_path));
    CHECK(gateway::check_wire(in_path).error().violations.front().rule == "path_parameter");

    auto unknown = sound_deal();
    auto* value = unknown.mutable_value();
    value->GetReflection()->MutableUnknownFields(value)->AddVarint(99, 1);
    REQUIRE_FALSE(gateway::check_wire(unknown));
    CHECK(gateway::check_wire(unknown).error().violations.front() ==
          Violation{"unknown_field", "value", "has fields that are not in the contract"});

    seller::v1::AddSeller roles;
    roles.add_roles(static_cast<v1::Role::Name>(77));
    REQUIRE_FALSE(gateway::check_wire(roles));
    CHECK(gateway::check_wire(roles).error().violations.front().field == "roles");
}

TEST_CASE("formats: what each one takes and refuses", "[gateway]") {
    using Rule = v1::Rule;
    struct Case {
        Rule::Format format;
        std::string text;
        bool fits;
    };
    const std::vector<Case> cases{
        {Rule::UUID, uuid, true},
        {Rule::UUID, "0190a00000007000800000000000000a", false},
        {Rule::KEY, "next-step_2", true},
        {Rule::KEY, "_a", false},
        {Rule::KEY, "A", false},
        {Rule::E164, "+79991234567", true},
        {Rule::E164, "89991234567", false},
        {Rule::E164, "+7 999", false},
        {Rule::E164, "+0123456789", false},
        {Rule::EMAIL, "a.b+c@example.org", true},
        {Rule::EMAIL, "@x", false},
        {Rule::EMAIL, "a@b@c", false},
        {Rule::EMAIL, "a b@c.d", false},
        {Rule::EMAIL, "a@.d", false},
        {Rule::ZONE, "Europe/Moscow", true},
        {Rule::ZONE, "Moscow", false},
        {Rule::CURRENCY, "RUB", true},
        {Rule::CURRENCY, "rub", false},
        {Rule::DATE, "2017-05-31", true},
        {Rule::DATE, "2017-02-29", false},
        {Rule::DATE_OR_TIME, "2017-05-31T10:00:00+03:00", true},
        {Rule::DATE_OR_TIME, "31.05.2017", false},
        {Rule::NAME_UPPER, "CALL_2", true},
        {Rule::NAME_UPPER, "Call", false},
        {Rule::LINE, "Ivanov & Sons, ООО", true},
        {Rule::LINE, "a\nb", false},
        {Rule::LINE, "a\xC2\x85", false},
        {Rule::LINE, "a\xE2\x80\xA8", false},
        {Rule::EXTERNAL_ID, "crm/42", true},
        {Rule::EXTERNAL_ID, "crm 42", false},
        {Rule::PAGE_TOKEN, "aZ-_09", true},
        {Rule::PAGE_TOKEN, "a b", false},
        {Rule::FORMAT_UNSPECIFIED, "a\nb", true},
        {Rule::FORMAT_UNSPECIFIED, std::string("a\0b", 3), false},
    };
    for (const auto& one : cases) {
        INFO(one.text);
        CHECK(gateway::has_format(one.text, one.format) == one.fits);
    }
    CHECK(gateway::is_reference("ext:" + std::string(128, 'x')));
    CHECK_FALSE(gateway::is_reference("ext:" + std::string(129, 'x')));
    CHECK_FALSE(gateway::is_reference("ext:"));
}
