#include <catch2/catch.hpp>

#include <stdexcept>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>

#include "domain/deal/deal.pb.h"
#include "domain/task/task.pb.h"
#include "gateway/history.pb.h"
#include "gateway/routes.hpp"
#include "gateway/uri.hpp"
#include "projections/day_list/day_list.pb.h"
#include "projections/directory/directory.pb.h"

using namespace dealog;
using namespace dealog::gateway;
namespace pb = google::protobuf;

namespace {

const Routes& routes() {
    static const Routes all;
    return all;
}

std::string code_of(const Rejection& refused) {
    return std::string(code_name(refused.code)) + '/' + refused.violations.front().rule;
}

/// A message `T<n>` with a path option and string fields named by `path_fields`.
void add_message(pb::FileDescriptorProto& file, const std::string& name, const std::string& path,
                 const std::vector<std::string>& path_fields) {
    auto& message = *file.add_message_type();
    message.set_name(name);
    message.mutable_options()->MutableExtension(v1::http)->mutable_binding()->set_post(path);
    message.mutable_options()->MutableExtension(v1::access)->set_area(v1::Area::WORK);
    int number = 1;
    for (const auto& field_name : path_fields) {
        auto& field = *message.add_field();
        field.set_name(field_name);
        field.set_number(number++);
        field.set_type(pb::FieldDescriptorProto::TYPE_STRING);
        field.set_label(pb::FieldDescriptorProto::LABEL_OPTIONAL);
        field.mutable_options()->MutableExtension(v1::rule)->set_path(true);
    }
}

/// What the self-check says of a contract made up for the purpose; empty when it is content.
std::string self_check(pb::FileDescriptorProto file) {
    pb::DescriptorPool pool(pb::DescriptorPool::generated_pool());
    file.set_name("made_up.proto");
    file.set_package("made.up");
    file.set_syntax("proto3");
    file.add_dependency("base/options.proto");
    const auto* built = pool.BuildFile(file);
    REQUIRE(built != nullptr);
    std::vector<const pb::Descriptor*> messages;
    for (int i = 0; i < built->message_type_count(); ++i) messages.push_back(built->message_type(i));
    try {
        const Routes made(messages);
        return {};
    } catch (const std::logic_error& refused) {
        return refused.what();
    }
}

}  // namespace

TEST_CASE("routes: one command is found under each of its paths", "[gateway]") {
    for (const std::string path : {"/v1/deals/d1/tasks/t1/complete", "/v1/companies/c1/tasks/t1/complete",
                                   "/v1/contacts/ext:9/tasks/t1/complete"}) {
        const auto found = routes().find("POST", path);
        const auto* match = std::get_if<Match>(&found);
        REQUIRE(match != nullptr);
        CHECK(match->route->message == task::v1::CompleteTask::descriptor());
        CHECK(match->values.size() == 2);
    }
}

TEST_CASE("routes: path values are decoded into their fields", "[gateway]") {
    const std::string path = "/v1/deals/ext:a%2Fb+%D0%B6/tasks/t1/complete";
    const auto found = routes().find("POST", path);
    task::v1::CompleteTask command;
    REQUIRE(fill_path(std::get<Match>(found), command));
    CHECK(command.deal() == "ext:a/b+ж");
    CHECK(command.task() == "t1");

    for (const std::string bad : {"/v1/deals/%zz", "/v1/deals/%2", "/v1/deals/%FF", "/v1/deals/%C0%AF"}) {
        const auto match = routes().find("GET", bad);
        deal::v1::MoveStage unused;
        const auto& route = std::get<Match>(match);
        const auto message = std::unique_ptr<pb::Message>(
            pb::MessageFactory::generated_factory()->GetPrototype(route.route->message)->New());
        const auto filled = fill_path(route, *message);
        REQUIRE_FALSE(filled);
        CHECK(code_of(filled.error()) == "malformed_query/malformed_parameter");
    }
}

TEST_CASE("routes: another method is told what is allowed, another path is not there", "[gateway]") {
    const auto put = routes().find("PUT", "/v1/deals");
    REQUIRE(std::holds_alternative<OtherMethods>(put));
    CHECK(std::get<OtherMethods>(put).allow == "GET, POST");
    CHECK(std::get<OtherMethods>(routes().find("GET", "/v1/batch")).allow == "POST");
    CHECK(std::get<OtherMethods>(routes().find("HEAD", "/v1/me")).allow == "GET");
    for (const std::string path :
         {"", "/", "/v1", "/v1/", "/v1/deals/", "/v1//deals", "/v1/nothing", "v1/deals", "/v1/deals/d/e/f"}) {
        INFO(path);
        CHECK(std::holds_alternative<NoSuchPath>(routes().find("GET", path)));
    }
}

TEST_CASE("routes: query parameters go into fields by their JSON names", "[gateway]") {
    history::v1::ListEvents query;
    const auto common = fill_query(
        "type=a.B&type=c.D&limit=5&after=18446744073709551615&asOf=2017-05-31T10:00:00+03:00&minPosition=7", query);
    REQUIRE(common);
    CHECK(common->as_of == "2017-05-31T10:00:00+03:00");
    CHECK(common->min_position == "7");
    CHECK(query.type_size() == 2);
    CHECK(query.after() == UINT64_MAX);
    CHECK(query.limit() == 5);

    day_list::v1::ListTasks tasks;
    REQUIRE(fill_query("status=OVERDUE&&date=2017-05-31", tasks));
    CHECK(tasks.status() == day_list::v1::TaskStatus::OVERDUE);
}

TEST_CASE("routes: a plus is a space in words and itself in phones and times", "[gateway]") {
    directory::v1::ListContacts query;
    REQUIRE(fill_query("q=Ivan+Petrov%2B&phone=+79991234567", query));
    CHECK(query.q() == "Ivan Petrov+");
    CHECK(query.phone() == "+79991234567");
}

TEST_CASE("routes: parameters that nobody declared or that do not read are refused by name", "[gateway]") {
    struct Case {
        std::string query, expected;
    };
    const std::vector<Case> cases{
        {"nothing=1", "malformed_query/unknown_parameter"},
        {"page_size=1", "malformed_query/unknown_parameter"},
        {"pageSize=1&pageSize=2", "malformed_query/duplicate_parameter"},
        {"asOf=1&asOf=2", "malformed_query/duplicate_parameter"},
        {"pageSize=x", "malformed_query/malformed_parameter"},
        {"pageSize=-1", "malformed_query/malformed_parameter"},
        {"pageSize=4294967296", "malformed_query/malformed_parameter"},
        {"status=open", "malformed_query/malformed_parameter"},
        {"status=1", "malformed_query/malformed_parameter"},
        {"type=%FF", "malformed_query/malformed_parameter"},
        {"%FF=1", "malformed_query/malformed_parameter"},
        {"minPosition=", "malformed_query/malformed_parameter"},
    };
    for (const auto& one : cases) {
        INFO(one.query);
        day_list::v1::ListTasks tasks;
        const auto filled = fill_query(one.query, tasks);
        REQUIRE_FALSE(filled);
        CHECK(code_of(filled.error()) == one.expected);
    }
    directory::v1::GetCompany card;
    const auto filled = fill_query("company=x", card);
    REQUIRE_FALSE(filled);
    CHECK(code_of(filled.error()) == "malformed_query/unknown_parameter");
}

TEST_CASE("routes: the self-check refuses contradictory templates at start", "[gateway]") {
    pb::FileDescriptorProto sound;
    add_message(sound, "A", "/v1/things/{thing}", {"thing"});
    add_message(sound, "B", "/v1/things/{thing}/parts/{part}", {"thing", "part"});
    CHECK(self_check(sound).empty());

    pb::FileDescriptorProto twice = sound;
    add_message(twice, "C", "/v1/things/{other}", {"other"});
    CHECK(self_check(twice).find("ambiguous") != std::string::npos);

    pb::FileDescriptorProto literal = sound;
    add_message(literal, "C", "/v1/things/new", {});
    CHECK(self_check(literal).find("ambiguous") != std::string::npos);

    pb::FileDescriptorProto missing;
    add_message(missing, "A", "/v1/things/{thing}", {"other"});
    CHECK(self_check(missing).find("no singular string field marked path is named thing") != std::string::npos);

    pb::FileDescriptorProto open = sound;
    open.mutable_message_type(0)->mutable_options()->ClearExtension(v1::access);
    CHECK(self_check(open).find("no access option") != std::string::npos);
}

TEST_CASE("uri: percent-decoding takes UTF-8 only", "[gateway]") {
    CHECK(percent_decode("a%20b", Plus::kept) == "a b");
    CHECK(percent_decode("%e2%82%ac", Plus::kept) == "€");
    CHECK_FALSE(percent_decode("%ED%A0%80", Plus::kept));
    CHECK_FALSE(percent_decode("%", Plus::kept));
    CHECK_FALSE(percent_decode("%4", Plus::kept));
}
