#include <fmt/format.h>
#include <catch2/catch.hpp>

#include "tests/domain/world.hpp"

using namespace dealog;
using namespace dealog::test;

TEST_CASE("seller: joining and changing, only what changes is recorded", "[domain][seller]") {
    World world;
    const auto team = world.done<team::v1::FormTeam>(R"({"name": "North"})").id;
    const auto ann = world.add_seller("ann", R"(["CLOSER", "CLOSER", "HEAD"])",
                                      fmt::format(R"(, "teamId": "{}", "externalId": "hr-1")", team));
    CHECK(world.seller(ann)->active);
    CHECK(world.seller(ann)->roles.size() == 2);
    const auto update = [&](std::string_view more) {
        return world.done<seller::v1::UpdateSeller>(fmt::format(R"({{"seller": "{}"{}}})", ann, more));
    };
    CHECK(update(fmt::format(R"(, "name": "ann", "roles": ["HEAD", "CLOSER"], "teamId": "{}")", team)).events.empty());
    update(R"(, "roles": ["CLOSER"], "teamId": "", "timeZone": "Asia/Tokyo", "wholeWorkspace": true)");
    CHECK(world.seller(ann)->roles == std::vector<RoleName>{RoleName::Role_Name_CLOSER});
    CHECK(world.seller(ann)->team_id.empty());
    CHECK(world.seller(ann)->time_zone == "Asia/Tokyo");
    CHECK(world.seller(ann)->whole_workspace);
    CHECK(world.seller(ann)->name == "ann");
}

TEST_CASE("seller: references exist, ids are used once", "[domain][seller]") {
    World world;
    const auto add = [&](std::string_view more) {
        return world.refused<seller::v1::AddSeller>(fmt::format(R"({{"name": "ann", "roles": ["CLOSER"]{}}})", more))
            .code;
    };
    CHECK(add(R"(, "teamId": "x")") == Code::Problem_Code_UNKNOWN_REFERENCE);
    CHECK(add(R"(, "timeZone": "Mars/North")") == Code::Problem_Code_INVALID_FIELD);
    world.add_seller("ann", R"(["CLOSER"])", R"(, "id": "00000000-0000-7000-8000-0000000000aa", "externalId": "hr-1")");
    CHECK(add(R"(, "id": "00000000-0000-7000-8000-0000000000aa")") == Code::Problem_Code_ALREADY_EXISTS);
    CHECK(add(R"(, "externalId": "hr-1")") == Code::Problem_Code_EXTERNAL_ID_TAKEN);
    CHECK(world.refused<seller::v1::UpdateSeller>(R"({"seller": "x"})").code == Code::Problem_Code_NOT_FOUND);
}

TEST_CASE("team: forming and changing", "[domain][team]") {
    World world;
    const auto ann = world.add_seller("ann", R"(["HEAD"])");
    CHECK(world.refused<team::v1::FormTeam>(R"({"name": "North", "headId": "x"})").violations.at(0).field == "headId");
    const auto team = world.done<team::v1::FormTeam>(fmt::format(R"({{"name": "North", "headId": "{}"}})", ann)).id;
    const auto update = [&](std::string_view more) {
        return world.done<team::v1::UpdateTeam>(fmt::format(R"({{"team": "{}"{}}})", team, more));
    };
    CHECK(update(fmt::format(R"(, "name": "North", "headId": "{}")", ann)).events.empty());
    update(R"(, "name": "South", "headId": "")");
    CHECK(world.team(team)->name == "South");
    CHECK(world.team(team)->head_id.empty());
}

TEST_CASE("api key: the secret is shown once, only its hash is in the event", "[domain][apikey]") {
    World world;
    const auto ann = world.add_seller("ann");
    const auto decision =
        world.done<apikey::v1::IssueApiKey>(fmt::format(R"({{"sellerId": "{}", "roles": ["CLOSER"]}})", ann));
    CHECK(decision.secret.size() == 4 + 32 + 1 + 43);
    CHECK(decision.secret.starts_with("dlg_"));
    CHECK(api_key::key_id_of(decision.secret) == decision.id);
    const auto* key = world.api_key(decision.id);
    REQUIRE(key != nullptr);
    CHECK(key->secret_sha256 == KnownSecrets{}.sha256(decision.secret));
    CHECK(world.log().back().payload.find(decision.secret) == std::string::npos);
    for (const char* other : {"", "dlg_", "dlg_00000000000070008000000000000001", "Bearer x"}) {
        CHECK_FALSE(api_key::key_id_of(other).has_value());
    }
    auto broken = decision.secret;
    broken[36] = '-';
    CHECK_FALSE(api_key::key_id_of(broken).has_value());
}

TEST_CASE("api key: a seller's key has no more rights than the seller, now and later", "[domain][apikey]") {
    World world;
    const auto ann = world.add_seller("ann", R"(["CLOSER", "HEAD"])");
    const auto issue = [&](std::string_view roles) {
        return world.when<apikey::v1::IssueApiKey>(fmt::format(R"({{"sellerId": "{}", "roles": {}}})", ann, roles));
    };
    CHECK(World::refusal(issue(R"(["CLOSER", "ADMIN"])")).code == Code::Problem_Code_ROLE_NOT_GRANTABLE);
    const auto narrow = world.append(issue(R"(["HEAD"])")).id;
    const auto full = world.append(issue("[]")).id;
    const auto roles = [&](const std::string& key) {
        const auto principal = api_key::principal_of(*world.api_key(key), world.seller(ann), world.now);
        REQUIRE(principal.has_value());
        return principal->roles;
    };
    using Roles = std::vector<RoleName>;
    CHECK(roles(narrow) == Roles{RoleName::Role_Name_HEAD});
    CHECK(roles(full) == Roles{RoleName::Role_Name_CLOSER, RoleName::Role_Name_HEAD});
    world.done<seller::v1::UpdateSeller>(fmt::format(R"({{"seller": "{}", "roles": ["CLOSER"]}})", ann));
    CHECK(roles(narrow).empty());
    CHECK(roles(full) == Roles{RoleName::Role_Name_CLOSER});
    world.dismiss(ann);
    CHECK_FALSE(api_key::principal_of(*world.api_key(full), world.seller(ann), world.now).has_value());
    CHECK(World::refusal(issue("[]")).code == Code::Problem_Code_SELLER_INACTIVE);
}

TEST_CASE("api key: a service has its scopes; expired and revoked keys stand for nobody", "[domain][apikey]") {
    World world;
    const auto refused = [&](std::string_view json) { return world.refused<apikey::v1::IssueApiKey>(json).code; };
    CHECK(refused(R"({})") == Code::Problem_Code_INVALID_FIELD);
    CHECK(refused(R"({"service": "erp", "sellerId": "x"})") == Code::Problem_Code_INVALID_FIELD);
    CHECK(refused(R"({"service": "erp"})") == Code::Problem_Code_INVALID_FIELD);
    CHECK(refused(R"({"service": "erp", "scopes": ["everything"]})") == Code::Problem_Code_INVALID_FIELD);
    CHECK(refused(R"({"service": "erp", "roles": ["AUDITOR"], "expiresAt": "2026-03-02T09:00:00Z"})") ==
          Code::Problem_Code_INVALID_FIELD);
    CHECK(refused(R"({"sellerId": "x"})") == Code::Problem_Code_UNKNOWN_REFERENCE);
    const auto id =
        world
            .done<apikey::v1::IssueApiKey>(
                R"({"service": "erp", "scopes": ["events:deal", "commands"], "expiresAt": "2026-03-03T00:00:00Z"})")
            .id;
    const auto principal = [&](Instant t) { return api_key::principal_of(*world.api_key(id), nullptr, t); };
    REQUIRE(principal(world.now).has_value());
    CHECK(principal(world.now)->kind == Principal::Kind::service);
    CHECK(principal(world.now)->name == "erp");
    CHECK(principal(world.now)->roles == std::vector<RoleName>{RoleName::Role_Name_INTEGRATION});
    CHECK(principal(world.now)->scopes == std::vector<std::string>{"events:deal", "commands"});
    CHECK_FALSE(principal(at("2026-03-03T00:00:00Z")).has_value());
    const auto revoke = fmt::format(R"({{"key": "{}"}})", id);
    world.done<apikey::v1::RevokeApiKey>(revoke);
    CHECK_FALSE(principal(world.now).has_value());
    CHECK(world.refused<apikey::v1::RevokeApiKey>(revoke).code == Code::Problem_Code_KEY_REVOKED);
    CHECK(world.refused<apikey::v1::RevokeApiKey>(R"({"key": "x"})").code == Code::Problem_Code_NOT_FOUND);
}

TEST_CASE("workspace: founding makes the first key, ADMIN and HEAD of everything", "[domain][workspace]") {
    World world;
    const auto& issued = world.last<apikey::v1::ApiKeyIssued>();
    const auto principal = api_key::principal_of(*world.api_key(issued.key_id()), nullptr, world.now);
    REQUIRE(principal.has_value());
    CHECK(principal->roles == std::vector<RoleName>{RoleName::Role_Name_ADMIN, RoleName::Role_Name_HEAD});
    CHECK(principal->whole_workspace);
}
