#include "base/ids.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <thread>
#include <vector>

#include "tests/base/chance.hpp"

namespace dealog::test {

using namespace std::chrono_literals;

namespace {

const Instant noon{std::chrono::seconds{1'496'232'000}};

std::int64_t milliseconds_of(const Uuid& id) {
    std::int64_t value = 0;
    for (std::size_t i = 0; i < 6; ++i) value = value << 8 | id[i];
    return value;
}

Uuid random_uuid(Chance& chance) {
    Uuid id{};
    for (auto& byte : id) byte = static_cast<std::uint8_t>(chance.number(0, 255));
    return id;
}

}  // namespace

TEST_CASE("ids: text is lower case with canonical dashes; upper case is read", "[ids]") {
    const Uuid id{0x01, 0x90, 0xab, 0xcd, 0xef, 0x01, 0x70, 0x00, 0x80, 0x00, 0xff, 0xee, 0xdd, 0xcc, 0xbb, 0xaa};
    CHECK(to_text(id) == "0190abcd-ef01-7000-8000-ffeeddccbbaa");
    CHECK(parse_uuid("0190abcd-ef01-7000-8000-ffeeddccbbaa") == id);
    CHECK(parse_uuid("0190ABCD-EF01-7000-8000-FFEEDDCCBBAA") == id);
}

TEST_CASE("ids: what is not canonical is refused", "[ids]") {
    const std::string_view text =
        GENERATE("", "0190abcdef0170008000ffeeddccbbaa", "{0190abcd-ef01-7000-8000-ffeeddccbbaa}",
                 "0190abcd-ef01-7000-8000-ffeeddccbba", "0190abcd-ef01-7000-8000-ffeeddccbbaaa",
                 "0190abcd-ef01-7000-8000-ffeeddccbbag", "0190abcd_ef01_7000_8000_ffeeddccbbaa",
                 "0190abc-def01-7000-8000-ffeeddccbbaa", "0190abcd-ef01-7000-8000ffee-ddccbbaa",
                 " 190abcd-ef01-7000-8000-ffeeddccbbaa", "0x90abcd-ef01-7000-8000-ffeeddccbbaa",
                 "------------------------------------");
    INFO(text);
    CHECK_FALSE(parse_uuid(text));
}

TEST_CASE("ids: every id reads back from its text and its bytes", "[ids]") {
    Chance chance{9562};
    for (int i = 0; i < 100'000; ++i) {
        const Uuid id = random_uuid(chance);
        REQUIRE(parse_uuid(to_text(id)) == id);
        REQUIRE(uuid_from_bytes(to_bytes(id)) == id);
    }
    CHECK_THROWS_AS(uuid_from_bytes("short"), std::invalid_argument);
}

TEST_CASE("ids: damaged texts are refused or are the lower-case text of what they mean", "[ids]") {
    Chance chance{128};
    int accepted = 0;
    for (int i = 0; i < 200'000; ++i) {
        const std::string text = chance.damaged(to_text(random_uuid(chance)), "0123456789abcdefABCDEFgG-");
        const auto parsed = parse_uuid(text);
        if (!parsed) continue;
        ++accepted;
        std::string lower = text;
        for (char& c : lower) c = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
        REQUIRE(to_text(*parsed) == lower);
    }
    CHECK(accepted > 1'000);
    CHECK(accepted < 150'000);
}

TEST_CASE("ids: new ids are UUIDv7 of the given time", "[ids]") {
    RandomIds ids;
    const Uuid id = ids.next(noon);
    CHECK(id[6] >> 4 == 7);
    CHECK(id[8] >> 6 == 2);
    CHECK(milliseconds_of(id) == 1'496'232'000'000);
    CHECK(milliseconds_of(ids.next(noon + 7ms)) == 1'496'232'000'007);
    CHECK(milliseconds_of(ids.next(noon)) == 1'496'232'000'000);
    CHECK(milliseconds_of(ids.next(Instant{-5s})) == 0);
}

TEST_CASE("ids: ids of one moment ascend in the order they were made", "[ids]") {
    RandomIds ids;
    Uuid last = ids.next(noon);
    for (int i = 0; i < 100'000; ++i) {
        const Uuid id = ids.next(noon);
        REQUIRE(last < id);
        last = id;
    }
    CHECK(milliseconds_of(last) == 1'496'232'000'000);
}

TEST_CASE("ids: ids ascend within a millisecond even when the clock's nanoseconds go back, and sort by time beyond it",
          "[ids]") {
    RandomIds ids;
    const Uuid late = ids.next(noon + 900us);
    const Uuid early = ids.next(noon + 100us);
    CHECK(late < early);
    CHECK(early < ids.next(noon + 1ms));
    CHECK(ids.next(noon) < late);
}

TEST_CASE("ids: two sources and many threads never meet", "[ids]") {
    RandomIds shared;
    std::vector<std::vector<Uuid>> made(4);
    std::vector<std::thread> threads;
    for (auto& mine : made) {
        threads.emplace_back([&shared, &mine] {
            RandomIds own;
            for (int i = 0; i < 5'000; ++i) {
                mine.push_back(shared.next(noon));
                mine.push_back(own.next(noon));
            }
        });
    }
    for (auto& thread : threads) thread.join();
    std::set<Uuid> all;
    for (const auto& mine : made) all.insert(mine.begin(), mine.end());
    CHECK(all.size() == 40'000);
}

TEST_CASE("ids: a name has one id for ever", "[ids]") {
    // The first 16 bytes of SHA-256("abc") = ba7816bf 8f01cfea 414140de 5dae2223 with version 8 and the variant put in.
    CHECK(to_text(named_uuid("abc")) == "ba7816bf-8f01-8fea-8141-40de5dae2223");
    CHECK(named_uuid("abc") != named_uuid("abd"));
}

}  // namespace dealog::test
