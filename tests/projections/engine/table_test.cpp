#include <random>

#include <catch2/catch.hpp>

#include "projections/board/board.pb.h"
#include "projections/engine/memory_rows.hpp"
#include "tests/projections/engine/world.hpp"

namespace dealog::projections::testing {

TEST_CASE("keys sort as their parts do and read back as they were built", "[projections][engine]") {
    std::mt19937_64 random(7);
    for (int i = 0; i < 2000; ++i) {
        const auto a = static_cast<std::int64_t>(random());
        const auto b = static_cast<std::int64_t>(random());
        REQUIRE((Key().i64(a).bytes() < Key().i64(b).bytes()) == (a < b));
        const auto c = static_cast<std::uint64_t>(a);
        const auto d = static_cast<std::uint64_t>(b);
        REQUIRE((Key().u64(c).bytes() < Key().u64(d).bytes()) == (c < d));
    }
    const auto id = to_text(named_uuid("somebody"));
    const Key key = Key().u8(7).id(id).text("won", 6).i64(-5).u32(9).u64(10).id("").id("nonsense");
    REQUIRE(key.bytes().size() == 1 + 16 + 6 + 8 + 4 + 8 + 16 + 16);
    KeyReader reader(key.bytes());
    CHECK(reader.u8() == 7);
    CHECK(reader.id() == id);
    CHECK(reader.text(6) == "won");
    CHECK(reader.i64() == -5);
    CHECK(reader.u32() == 9);
    CHECK(reader.u64() == 10);
    CHECK(reader.id().empty());
    CHECK(reader.id().empty());
    REQUIRE_THROWS_AS(Key().text("too long", 3), std::length_error);
}

TEST_CASE("a page token goes on where the page ended, for its own query alone", "[projections][engine]") {
    board::v1::ShowBoard request;
    request.set_key("sales");
    request.set_page_size(10);
    REQUIRE(page_start(request).value().empty());
    REQUIRE_FALSE(page_position(request));

    const auto key = Key().u64(77).bytes() + std::string("\0\xff", 2);
    const auto token = make_page_token(Position{42}, request, key);
    REQUIRE(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") ==
            std::string::npos);
    request.set_page_token(token);
    request.set_page_size(500);  // how pages are cut is not part of the query
    REQUIRE(page_start(request).value() == key);
    REQUIRE(page_position(request) == Position{42});

    auto other = request;
    other.set_key("partners");
    REQUIRE(page_start(other).error().code == v1::Problem::BAD_CURSOR);
    REQUIRE_FALSE(page_position(other));
    for (const auto& bad : {token.substr(1), token.substr(0, 8), std::string("=="), token + "!", std::string("a")}) {
        request.set_page_token(bad);
        CAPTURE(bad);
        REQUIRE(page_start(request).error().code == v1::Problem::BAD_CURSOR);
        REQUIRE_FALSE(page_position(request));
    }
}

TEST_CASE("rows in memory keep every version and refuse to change what is append-only", "[projections][engine]") {
    static constexpr TableSpec kept{.id = 1, .name = "kept", .key_length = 2, .group_length = 1};
    static constexpr TableSpec facts{
        .id = 2, .name = "facts", .key_length = 1, .group_length = 1, .history = History::append_only};
    MemoryRows rows;
    rows.begin(Position{3});
    rows.put(kept, "a1", "one");
    rows.put(kept, "a2", "two");
    rows.put(facts, "x", "fact");
    rows.begin(Position{5});
    rows.put(kept, "a1", "one");  // as it was: no version
    rows.erase(kept, "a2");
    rows.begin(Position{9});
    rows.put(kept, "a1", "other");
    REQUIRE_THROWS_AS(rows.put(facts, "x", "another"), std::logic_error);
    REQUIRE_NOTHROW(rows.put(facts, "x", "fact"));

    CHECK(dump(*rows.view(Position{2}), kept).empty());
    CHECK(dump(*rows.view(Position{4}), kept) == "6131=one@3\n6132=two@3\n");
    CHECK(dump(*rows.view(Position{8}), kept, "a") == "6131=one@3\n");
    CHECK(dump(*rows.view(), kept, {}, "a1") == "6131=other@9\n");
    CHECK(rows.view(Position{4})->get(kept, "a2") == "two");
    CHECK_FALSE(rows.get(kept, "a2"));
}

}  // namespace dealog::projections::testing
