#include "base/problem.hpp"

#include <google/protobuf/descriptor.h>

#include <catch2/catch.hpp>
#include <set>

namespace dealog::test {

TEST_CASE("problem: every code has its own lower-case name, a status, a title and a remedy", "[problem]") {
    const auto& codes = *v1::Problem::Code_descriptor();
    std::set<std::string_view> names;
    for (int i = 0; i < codes.value_count(); ++i) {
        const auto code = static_cast<Code>(codes.value(i)->number());
        if (code == v1::Problem::PROBLEM_UNSPECIFIED) continue;
        INFO(codes.value(i)->name());
        CHECK(names.insert(code_name(code)).second);
        CHECK(code_name(code).find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
        CHECK(problem_info(code).status() >= 400);
        CHECK(problem_info(code).status() < 600);
        CHECK_FALSE(problem_info(code).title().empty());
        CHECK_FALSE(problem_info(code).remedy().empty());
    }
    CHECK(names.size() > 50);
}

TEST_CASE("problem: names and catalogue entries are those of base/problems.proto", "[problem]") {
    CHECK(code_name(v1::Problem::DEAL_WITHOUT_TASK) == "deal_without_task");
    CHECK(problem_info(v1::Problem::DEAL_WITHOUT_TASK).status() == 409);
    CHECK(problem_info(v1::Problem::OVERLOADED).retry_after() == 1);
}

TEST_CASE("problem: what is no code reads as an internal error", "[problem]") {
    const auto code = static_cast<Code>(GENERATE(0, -1, 16, 1'000'000));
    CHECK(code_name(code) == "internal");
    CHECK(problem_info(code).status() == 500);
}

TEST_CASE("problem: a rejection carries what it is given", "[problem]") {
    const Rejection made =
        rejection(v1::Problem::INVALID_FIELD, "detail", {{.rule = "length", .field = "title", .message = "too long"}});
    CHECK(made.code == v1::Problem::INVALID_FIELD);
    CHECK(made.detail == "detail");
    CHECK(made.violations == std::vector<Violation>{{.rule = "length", .field = "title", .message = "too long"}});
}

}  // namespace dealog::test
