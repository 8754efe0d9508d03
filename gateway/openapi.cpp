#include "gateway/openapi.hpp"

#include <algorithm>
#include <cctype>
#include <map>
#include <set>

#include <google/protobuf/descriptor.h>
#include <nlohmann/json.hpp>

#include "base/problem.hpp"
#include "base/types.pb.h"
#include "gateway/contract.hpp"
#include "gateway/openapi_schemas.hpp"

namespace dealog::gateway {

namespace pb = google::protobuf;
using Json = nlohmann::ordered_json;

namespace {

Json parameter(std::string_view in, std::string_view name, bool required, Json schema,
               std::string_view description = {}) {
    Json made{{"name", name}, {"in", in}};
    if (!description.empty()) made["description"] = description;
    if (required) made["required"] = true;
    made["schema"] = std::move(schema);
    return made;
}

/// "/v1/deals/{deal}" with the JSON names of its fields.
std::string path_of(const Route& route) {
    std::string path = route.path;
    for (const auto* field : route.placeholders) {
        const std::string declared = '{' + field->name() + '}';
        path.replace(path.find(declared), declared.size(), '{' + field->json_name() + '}');
    }
    return path;
}

bool in_path(const Route& route, const pb::FieldDescriptor* field) {
    return std::find(route.placeholders.begin(), route.placeholders.end(), field) != route.placeholders.end();
}

Json parameters_of(const Route& route, Schemas& schemas) {
    Json all = Json::array();
    for (const json::Field& field : json::shape_of(*route.message).fields) {
        if (in_path(route, field.descriptor)) {
            all.push_back(parameter("path", field.name, true, schemas.field(field, Schemas::Use::body)));
        } else if (route.verb == Verb::get && !field.rule->path()) {
            all.push_back(
                parameter("query", field.name, field.rule->required(), schemas.field(field, Schemas::Use::body)));
        }
    }
    const auto common = [&](const char* name) {
        all.push_back({{"$ref", std::string("#/components/parameters/") + name}});
    };
    if (route.verb == Verb::get) {
        common("asOf");
        common("minPosition");
    } else {
        common("idempotencyKey");
        common("ifMatch");
    }
    return all;
}

/// The codes a route may answer with, by status: what every route has, what its verb adds and what it declares.
std::map<unsigned, std::set<std::string>> problems_of(const Route& route) {
    std::set<std::string> names{"unauthenticated", "forbidden",       "rate_limited", "not_acceptable",
                                "invalid_field",   "malformed_query", "not_found",    "internal",
                                "overloaded",      "shutting_down",   "bad_http",     "headers_too_large"};
    const std::set<std::string> of_writes{
        "malformed_body",         "idempotency_key_required", "idempotency_key_reused",  "bad_if_match",
        "unsupported_media_type", "payload_too_large",        "wrong_expected_revision", "contended",
        "store_fenced",           "outcome_unknown"};
    const std::set<std::string> of_reads{"as_of_in_future", "not_caught_up", "projection_stopped", "bad_cursor"};
    names.insert(route.http->problems().begin(), route.http->problems().end());
    const auto& more = route.verb == Verb::post ? of_writes : of_reads;
    names.insert(more.begin(), more.end());
    std::map<unsigned, std::set<std::string>> by_status;
    const auto* codes = v1::Problem::Code_descriptor();
    for (int i = 0; i < codes->value_count(); ++i) {
        const auto code = static_cast<Code>(codes->value(i)->number());
        const std::string name(code_name(code));
        if (names.contains(name)) by_status[problem_info(code).status()].insert(name);
    }
    return by_status;
}

Json content_of(Json schema) {
    const Json protobuf{{"schema", {{"type", "string"}, {"format", "binary"}}}};
    return {{"application/json", {{"schema", std::move(schema)}}}, {"application/protobuf", protobuf}};
}

Json success(const Route& route, Schemas& schemas) {
    const std::string answer =
        !route.http->answer().empty() ? route.http->answer() : v1::Written::descriptor()->full_name();
    Json headers{{"Dealog-Position", {{"schema", {{"type", "string"}}}}}, {"ETag", {{"schema", {{"type", "string"}}}}}};
    Json content = content_of(schemas.refer(*find_message(answer), Schemas::Use::answer));
    if (route.http->live()) content["text/event-stream"] = {{"schema", {{"type", "string"}}}};
    return {{"description", route.http->summary()}, {"headers", std::move(headers)}, {"content", std::move(content)}};
}

Json responses_of(const Route& route, Schemas& schemas) {
    Json all = Json::object();
    all["200"] = success(route, schemas);
    if (route.http->creates() || route.http->answer() == v1::WrittenBatch::descriptor()->full_name())
        all["201"] = success(route, schemas);
    for (const auto& [status, codes] : problems_of(route)) {
        std::string names;
        for (const auto& code : codes) names += (names.empty() ? "" : ", ") + code;
        all[std::to_string(status)] = {
            {"description", names},
            {"content", {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}}};
    }
    return all;
}

std::string operation_id(const Route& route) {
    std::string id = route.message->name();
    if (route.http->additional_size() == 0 || route.placeholders.empty()) return id;
    std::string of = route.placeholders.front()->camelcase_name();
    of.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(of.front())));
    return id + "Of" + of;
}

Json operation(const Route& route, Schemas& schemas) {
    Json made{{"operationId", operation_id(route)},
              {"summary", route.http->summary()},
              {"tags", Json::array({route.http->tag()})},
              {"parameters", parameters_of(route, schemas)}};
    // For those who send application/protobuf: the messages by their full names.
    made["x-dealog-message"] = route.message->full_name();
    made["x-dealog-answer"] =
        route.http->answer().empty() ? v1::Written::descriptor()->full_name() : route.http->answer();
    if (route.verb == Verb::post) {
        made["requestBody"] = {{"required", true},
                               {"content", content_of(schemas.refer(*route.message, Schemas::Use::body))}};
    }
    made["responses"] = responses_of(route, schemas);
    return made;
}

Json problem_schema() {
    const Json text{{"type", "string"}};
    const Json violation{{"type", "object"}, {"properties", {{"rule", text}, {"field", text}, {"message", text}}}};
    return {{"type", "object"},
            {"required", Json::array({"type", "title", "status", "code"})},
            {"properties",
             {{"type", text},
              {"title", text},
              {"status", {{"type", "integer"}}},
              {"detail", text},
              {"code", text},
              {"instance", text},
              {"requestId", text},
              {"violations", {{"type", "array"}, {"items", violation}}}}}};
}

Json common_parameters() {
    const Json text{{"type", "string"}};
    return {{"asOf", parameter("query", "asOf", false, text, "What was known then: RFC 3339, a date or a position.")},
            {"minPosition", parameter("query", "minPosition", false, text,
                                      "Waits up to five seconds until this position is reflected.")},
            {"idempotencyKey",
             parameter("header", "Idempotency-Key", true, {{"type", "string"}, {"minLength", 1}, {"maxLength", 130}},
                       "1 to 128 visible ASCII characters; repeat it when you retry.")},
            {"ifMatch",
             parameter("header", "If-Match", false, text, "The revision that the object must have, as an ETag.")}};
}

}  // namespace

std::string openapi_document(const Routes& routes) {
    Schemas schemas;
    Json paths = Json::object();
    for (const auto& route : routes.all()) {
        paths[path_of(*route)][route->verb == Verb::get ? "get" : "post"] = operation(*route, schemas);
    }
    Json all_schemas = schemas.all();
    all_schemas["Problem"] = problem_schema();
    const Json document{
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "Dealog"},
          {"version", "1"},
          {"description", "An event-sourced CRM backend. Refusals are catalogued at /problems, events at /events."}}},
        {"security", Json::array({{{"apiKey", Json::array()}}})},
        {"paths", std::move(paths)},
        {"components",
         {{"securitySchemes", {{"apiKey", {{"type", "http"}, {"scheme", "bearer"}}}}},
          {"parameters", common_parameters()},
          {"schemas", std::move(all_schemas)}}}};
    return document.dump();
}

}  // namespace dealog::gateway
