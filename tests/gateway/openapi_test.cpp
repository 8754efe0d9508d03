#include <catch2/catch.hpp>

#include <set>

#include <google/protobuf/descriptor.h>
#include <nlohmann/json.hpp>

#include "domain/deal/deal.pb.h"
#include "gateway/contract.hpp"
#include "gateway/openapi.hpp"
#include "gateway/surface.hpp"

using namespace dealog;
using Json = nlohmann::json;

namespace {

const Json& document() {
    static const Json parsed = Json::parse(gateway::openapi_document(gateway::Routes{}));
    return parsed;
}

void collect_refs(const Json& node, std::set<std::string>& refs) {
    if (node.is_object() && node.contains("$ref")) refs.insert(node["$ref"]);
    for (const auto& child : node) {
        if (child.is_structured()) collect_refs(child, refs);
    }
}

}  // namespace

TEST_CASE("openapi: every reference leads somewhere and every operation has its own id", "[gateway]") {
    std::set<std::string> refs;
    collect_refs(document(), refs);
    CHECK(refs.size() > 50);
    for (const auto& ref : refs) {
        INFO(ref);
        REQUIRE(ref.starts_with("#/"));
        CHECK(document().contains(Json::json_pointer(ref.substr(1))));
    }
    std::set<std::string> ids;
    std::size_t operations = 0;
    for (const auto& [path, item] : document()["paths"].items()) {
        for (const auto& [verb, operation] : item.items()) {
            ++operations;
            ids.insert(operation["operationId"]);
            CHECK(operation["responses"].contains("401"));
        }
    }
    CHECK(ids.size() == operations);
    CHECK(operations == gateway::Routes{}.all().size());
}

TEST_CASE("openapi: limits, path parameters and declared problems are in it", "[gateway]") {
    const Json open = document()["paths"]["/v1/deals"]["post"];
    const Json body = document()["components"]["schemas"]["dealog.deal.v1.OpenDeal.Body"];
    CHECK(body["properties"]["title"]["maxLength"] == 200);
    CHECK(body["required"] == Json({"title", "ownerId"}));
    CHECK(body["additionalProperties"] == false);
    CHECK(body["properties"]["value"]["$ref"] == "#/components/schemas/dealog.v1.Money.Body");
    CHECK(open["responses"]["422"]["description"].get<std::string>().find("stage_criteria_not_met") !=
          std::string::npos);
    const Json complete = document()["paths"]["/v1/contacts/{contact}/tasks/{task}/complete"]["post"];
    CHECK(complete["operationId"] == "CompleteTaskOfContact");
    CHECK(complete["parameters"][0]["name"] == "contact");
    const Json fields = document()["components"]["schemas"]["dealog.task.v1.CompleteTask.Body"]["properties"];
    CHECK_FALSE(fields.contains("deal"));
    CHECK(fields.contains("action"));
}

TEST_CASE("surface: every command is known and may be used, and the check can fail", "[gateway]") {
    const gateway::Routes routes;
    CHECK(gateway::unlisted(routes, [](const auto&) { return true; }) == std::vector<std::string>{});
    const auto found = gateway::unlisted(routes, [](const auto& query) { return query.name() != "GetDeal"; });
    CHECK(found == std::vector<std::string>{"dealog.deals.v1.GetDeal (/v1/deals/{deal}) is answered by nothing"});
}
