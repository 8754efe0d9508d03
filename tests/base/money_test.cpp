#include "base/money.hpp"

#include <google/protobuf/repeated_ptr_field.h>

#include <catch2/catch.hpp>
#include <limits>

#include "tests/base/chance.hpp"

namespace dealog::test {

namespace {

v1::Money money(const char* currency, std::int64_t units, std::int32_t nanos = 0) {
    v1::Money out;
    out.set_currency_code(currency);
    out.set_units(units);
    out.set_nanos(nanos);
    return out;
}

std::vector<std::string> texts(const MoneySums& sums) {
    google::protobuf::RepeatedPtrField<v1::Money> all;
    sums.write(&all);
    std::vector<std::string> out;
    for (const auto& one : all) {
        out.push_back(one.currency_code() + " " + std::to_string(one.units()) + " " + std::to_string(one.nanos()));
    }
    return out;
}

using Texts = std::vector<std::string>;

MoneySums sums_of(std::initializer_list<v1::Money> all) {
    MoneySums sums;
    for (const auto& one : all) sums.add(one);
    return sums;
}

}  // namespace

TEST_CASE("money: sums are exact, one per currency, sorted", "[money]") {
    const MoneySums sums =
        sums_of({money("RUB", 1, 999'999'999), money("EUR", 5), money("RUB", 0, 1), money("EUR", -7, -500'000'000)});
    CHECK(texts(sums) == Texts{"EUR -2 -500000000", "RUB 2 0"});
}

TEST_CASE("money: no money adds nothing; a zero sum that was added to is kept", "[money]") {
    MoneySums sums;
    sums.add(v1::Money{});
    CHECK(sums.empty());
    sums.add(money("EUR", 3));
    sums.add(money("EUR", 3), -1);
    CHECK(texts(sums) == Texts{"EUR 0 0"});
    CHECK_FALSE(is_set(v1::Money{}));
    CHECK(is_set(money("EUR", 0)));
    CHECK(is_set(money("", 1)));
    CHECK(is_set(money("", 0, 1)));
}

TEST_CASE("money: sums of sums", "[money]") {
    MoneySums sums = sums_of({money("EUR", 1)});
    sums.add(sums_of({money("EUR", 2, 5), money("USD", 4)}));
    CHECK(texts(sums) == Texts{"EUR 3 5", "USD 4 0"});
}

TEST_CASE("money: a probability weighs half-even on the nano-unit", "[money]") {
    CHECK(texts(sums_of({money("EUR", 0, 1)}).weighted(0.5)) == Texts{"EUR 0 0"});
    CHECK(texts(sums_of({money("EUR", 0, 3)}).weighted(0.5)) == Texts{"EUR 0 2"});
    CHECK(texts(sums_of({money("EUR", 0, 5)}).weighted(0.5)) == Texts{"EUR 0 2"});
    CHECK(texts(sums_of({money("EUR", 0, -3)}).weighted(0.5)) == Texts{"EUR 0 -2"});
    CHECK(texts(sums_of({money("EUR", 0, -1)}).weighted(0.5)) == Texts{"EUR 0 0"});
    CHECK(texts(sums_of({money("EUR", 0, 3)}).weighted(0.51)) == Texts{"EUR 0 2"});
    CHECK(texts(sums_of({money("EUR", 1'000'000'000'000)}).weighted(0.3)) ==
          Texts{"EUR 300000000000 0"});  // not 299999999999.99…
    CHECK(texts(sums_of({money("EUR", 7, 7)}).weighted(1)) == Texts{"EUR 7 7"});
    CHECK(texts(sums_of({money("EUR", 7, 7)}).weighted(0)) == Texts{"EUR 0 0"});
}

TEST_CASE("money: the largest amounts add up and weigh without overflow", "[money]") {
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    MoneySums sums;
    for (int i = 0; i < 1'000; ++i) sums.add(money("EUR", most, 999'999'999));
    CHECK(texts(sums) == Texts{"EUR 9223372036854775807 999999999"});  // the most that can be written
    CHECK(texts(sums.weighted(0.001)) == Texts{"EUR 9223372036854775807 999999999"});
    for (int i = 0; i < 999; ++i) sums.add(money("EUR", most, 999'999'999), -1);
    CHECK(texts(sums.weighted(0.5)) == Texts{"EUR 4611686018427387904 0"});
}

TEST_CASE("money: adding in any order, and taking away again, gives the same", "[money]") {
    Chance chance{1'000'000};
    for (int round = 0; round < 200; ++round) {
        std::vector<v1::Money> all;
        for (int i = 0; i < 50; ++i) {
            const std::int64_t units = chance.number(-1'000'000'000'000, 1'000'000'000'000);
            const auto nanos = static_cast<std::int32_t>(chance.number(0, 999'999'999));
            all.push_back(money(chance.one_in(2) ? "EUR" : "USD", units, units < 0 ? -nanos : nanos));
        }
        MoneySums forwards;
        MoneySums backwards;
        for (const auto& one : all) forwards.add(one);
        for (auto it = all.rbegin(); it != all.rend(); ++it) backwards.add(*it);
        REQUIRE(texts(forwards) == texts(backwards));
        for (const auto& one : all) forwards.add(one, -1);
        REQUIRE(texts(forwards) == Texts{"EUR 0 0", "USD 0 0"});
    }
}

}  // namespace dealog::test
