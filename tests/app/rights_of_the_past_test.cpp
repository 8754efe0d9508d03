#include <catch2/catch.hpp>

#include <algorithm>
#include <iostream>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "tests/app/hall.hpp"
#include "tests/app/questions.hpp"
#include "tests/app/random_company.hpp"

namespace dealog::app::testing {
namespace {

using Ids = std::set<std::string>;

/// Ids under a key of an answer, wherever it stands.
void collect(const Json& json, const std::string& list, Ids& found) {
    if (json.is_array()) {
        for (const auto& one : json) collect(one, list, found);
    }
    if (!json.is_object()) return;
    for (const auto& [name, value] : json.items()) {
        if (name != list) {
            collect(value, list, found);
            continue;
        }
        for (const auto& one : value) found.insert(one.at("id").get<std::string>());
    }
}

/// What a caller sees in a list, by ids.
struct Sight {
    Hall& hall;
    std::string secret;  // empty: the administrator

    [[nodiscard]] Ids ids(const std::string& target, const std::string& list,
                          std::optional<Position> as_of = {}) const {
        const auto name = as_of ? "asOf" : "minPosition";
        const auto position = as_of.value_or(hall.head());
        const Answer answer = hall.get(with_parameter(target, name, std::to_string(position.value())), secret);
        if (answer.status != 200) throw std::runtime_error(target + ": " + answer.body);
        Ids found;
        collect(answer.json(), list, found);
        return found;
    }
};

Ids common(const Ids& one, const Ids& other) {
    Ids both;
    std::ranges::set_intersection(one, other, std::inserter(both, both.end()));
    return both;
}
Ids joined(Ids one, const Ids& other) {
    one.insert(other.begin(), other.end());
    return one;
}

struct Past {
    const Sight& everybody;  // the administrator
    const Sight& seller;
    Position position;
};

/// Of what there was then, a seller sees what is his, or his team's, now.
void check_lists(const Past& past) {
    const std::pair<const char*, const char*> lists[] = {{"/v1/deals?pageSize=1000", "deals"},
                                                         {"/v1/companies?pageSize=1000", "companies"},
                                                         {"/v1/contacts?pageSize=1000", "contacts"}};
    for (const auto& [target, list] : lists) {
        INFO(target);
        const auto now = past.seller.ids(target, list);
        CHECK(past.seller.ids(target, list, past.position) ==
              common(past.everybody.ids(target, list, past.position), now));
    }
    const auto deals = past.seller.ids("/v1/deals?pageSize=1000", "deals");
    const std::string board = "/v1/pipelines/sales/board?pageSize=1000";
    CHECK(past.seller.ids(board, "deals", past.position) ==
          common(past.everybody.ids(board, "deals", past.position), deals));
    const std::string dated = board + "&at=2017-05-25";
    CHECK(past.seller.ids(dated, "deals") == common(past.everybody.ids(dated, "deals"), deals));
}

/// The same for tasks, as far as they are there now: a cancelled one is nobody's.
void check_tasks(const Past& past) {
    const std::string open = "/v1/tasks?pageSize=1000", done = open + "&status=DONE";
    const auto all_now = joined(past.everybody.ids(open, "tasks"), past.everybody.ids(done, "tasks"));
    const auto his_now = joined(past.seller.ids(open, "tasks"), past.seller.ids(done, "tasks"));
    const auto his_then = past.seller.ids(open, "tasks", past.position);
    CHECK(common(his_then, all_now) == common(past.everybody.ids(open, "tasks", past.position), his_now));
}

}  // namespace

TEST_CASE("R5: as of any past position a seller sees what there was then of what he may see now") {
    constexpr int appends = 160, people_max = 6;
    constexpr std::size_t every = 8;
    Hall hall;
    RandomCompany company(hall, 4);
    std::vector<Position> positions;
    for (int n = 0; n < appends; ++n) {
        company.step();
        positions.push_back(hall.head());
    }
    const Sight everybody{.hall = hall, .secret = {}};
    std::size_t hidden = 0, asked = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(people_max, company.sellers.size()); ++i) {
        const Answer key = hall.post("/v1/apiKeys", {{"sellerId", company.sellers[i]}});
        REQUIRE(key.status == 201);
        const Sight seller{.hall = hall, .secret = key.json().at("secret")};
        for (std::size_t p = 0; p < positions.size(); p += every) {
            const Past past{.everybody = everybody, .seller = seller, .position = positions[p]};
            INFO("seller " << company.sellers[i] << " as of " << past.position.value());
            check_lists(past);
            check_tasks(past);
            const std::string his = "/v1/deals?pageSize=1000&owner=" + company.sellers[i];
            hidden +=
                everybody.ids(his, "deals", past.position).size() - seller.ids(his, "deals", past.position).size();
            ++asked;
        }
    }
    CHECK(asked >= 80);
    CHECK(hidden > 5);  // deals that were his and are not any more
}

}  // namespace dealog::app::testing
