#include <catch2/catch.hpp>

#include "eventstore/identity.hpp"
#include "tests/eventstore/worlds.hpp"

using namespace dealog;
using namespace dealog::eventstore;
using namespace dealog::test;

namespace {

/// Changes the stored data behind the log's back, as a forger would: with valid checksums.
class Forger {
public:
    explicit Forger(const RocksWorld& world)
        : database_({.directory = world.rocks_directory(), .access = rocks::Access::read_write}) {}
    void change(rocks::Family family, const std::string& key, const std::function<void(log::v1::Record&)>& how) {
        log::v1::Record record = decoded(database_.get(family, key).value());
        how(record);
        put(family, key, record.SerializeAsString());
    }
    void put(rocks::Family family, const std::string& key, const std::string& value) {
        rocks::Database::Batch batch{database_};
        batch.put(family, key, value);
        batch.write();
    }
    void erase(rocks::Family family, const std::string& key) {
        rocks::Database::Batch batch{database_};
        batch.erase(family, key);
        batch.write();
    }

private:
    rocks::Database database_;
};

VerifyReport::Flaw flaw_after(RocksWorld& world, const std::function<void(Forger&)>& forgery) {
    world.close();
    {
        Forger forger{world};
        forgery(forger);
    }
    const VerifyReport report = verify(world.settings.directory, nullptr);
    REQUIRE(report.flaw.has_value());
    return *report.flaw;
}

void fill(RocksWorld& world) {
    for (int i = 0; i < 10; ++i) {
        appended(world.log(), AppendOf{"a"}.with(EventOf{"b"}.tagged("k", "v")).with(EventOf{"a"}));
        world.clock.advance(std::chrono::seconds{1});
    }
}

}  // namespace

TEST_CASE("R7: verification recomputes the root from the records", "[eventstore][verify]") {
    RocksWorld world;
    fill(world);
    Frontier expected;
    for (std::uint64_t p = 1; p <= 30; ++p) expected.add(leaf_hash(world.log().record_at(Position{p}).value()));
    const VerifyReport live = world.opened->verify(nullptr);
    CHECK_FALSE(live.flaw.has_value());
    CHECK(live.root == expected.root());
    world.close();
    const std::string before = directory_hash(world.settings.directory);
    std::vector<Position> told;
    const VerifyReport closed =
        verify(world.settings.directory, [&](Position checked, Position) { told.push_back(checked); });
    CHECK_FALSE(closed.flaw.has_value());
    CHECK(closed.checked == Position{30});
    CHECK(closed.head == Position{30});
    CHECK(closed.root == expected.root());
    CHECK(told.back() == Position{30});
    CHECK(directory_hash(world.settings.directory) == before);
}

TEST_CASE("R7: verification of an empty log finds the root of nothing", "[eventstore][verify]") {
    RocksWorld world;
    const VerifyReport report = world.opened->verify(nullptr);
    CHECK_FALSE(report.flaw.has_value());
    CHECK(report.root == sha256(""));
}

TEST_CASE("R7: verification names the first forged position", "[eventstore][verify]") {
    RocksWorld world;
    fill(world);
    const auto at = [](std::uint64_t p) { return rocks::event_key(Position{p}); };
    using rocks::Family;
    SECTION("a record without its copy") {
        CHECK(flaw_after(world, [&](Forger& f) {
                  f.change(Family::events, at(7), [](log::v1::Record& r) { r.set_payload("forged"); });
              }).position == Position{7});
    }
    SECTION("a record together with its copy") {
        const VerifyReport::Flaw flaw = flaw_after(world, [&](Forger& f) {
            const auto forge = [](log::v1::Record& r) { r.set_payload("forged"); };
            f.change(Family::events, at(7), forge);
            f.change(Family::streams, rocks::stream_key("a", Revision{5}), forge);
        });
        CHECK(flaw.reason.find("root") != std::string::npos);
    }
    SECTION("a copy alone") {
        CHECK(flaw_after(world, [&](Forger& f) {
                  f.change(Family::streams, rocks::stream_key("b", Revision{4}),
                           [](log::v1::Record& r) { r.set_payload("x"); });
              }).position == Position{11});
    }
    SECTION("a missing record") {
        CHECK(flaw_after(world, [&](Forger& f) { f.erase(Family::events, at(12)); }).position == Position{12});
    }
    SECTION("a missing last record") {
        CHECK(flaw_after(world, [&](Forger& f) { f.erase(Family::events, at(30)); }).position == Position{30});
    }
    SECTION("a time that goes back") {
        CHECK(flaw_after(world, [&](Forger& f) {
                  f.change(Family::events, at(16), [](log::v1::Record& r) { r.set_recorded_at(1); });
              }).position == Position{16});
    }
    SECTION("a copy too many") {
        CHECK(flaw_after(world, [&](Forger& f) {
                  f.put(Family::streams, rocks::stream_key("c", Revision{1}), "x");
              }).reason.find("stream c") != std::string::npos);
    }
    SECTION("an event id that leads elsewhere") {
        const std::string id = decoded(world.log().record_at(Position{9}).value()).event_id();
        CHECK(flaw_after(world, [&](Forger& f) { f.put(Family::ids, rocks::event_id_key(id), at(1)); }).position ==
              Position{9});
    }
}

TEST_CASE("R7: a forged tail is refused at open", "[eventstore][verify]") {
    RocksWorld world;
    fill(world);
    const Frontier at_close = [&] {
        Frontier f;
        for (std::uint64_t p = 1; p <= 30; ++p) f.add(leaf_hash(world.log().record_at(Position{p}).value()));
        return f;
    }();
    world.close();
    SECTION("a record after the head") {
        Forger{world}.put(rocks::Family::events, rocks::event_key(Position{31}), "x");
    }
    SECTION("a missing record near the head") {
        Forger{world}.erase(rocks::Family::events, rocks::event_key(Position{29}));
    }
    SECTION("another frontier of the same size") {
        Frontier other;
        for (int i = 0; i < 30; ++i) other.add(sha256("x"));
        REQUIRE(other.size() == at_close.size());
        Forger{world}.put(rocks::Family::meta, std::string{rocks::meta_tip},
                          rocks::encode_tip({Position{30}, world.clock.now(), other}));
    }
    CHECK_THROWS_AS(world.open(), CannotOpen);
}

TEST_CASE("frontier: the root is that of RFC 6962 at every size", "[eventstore][verify]") {
    // The recursive definition, independent of the frontier's bookkeeping.
    const std::function<Hash(const std::vector<Hash>&)> tree_head = [&](const std::vector<Hash>& leaves) -> Hash {
        if (leaves.empty()) return sha256("");
        if (leaves.size() == 1) return leaves[0];
        std::size_t k = 1;
        while (k * 2 < leaves.size()) k *= 2;
        const auto middle = leaves.begin() + static_cast<std::ptrdiff_t>(k);
        return node_hash(tree_head({leaves.begin(), middle}), tree_head({middle, leaves.end()}));
    };
    Frontier frontier;
    std::vector<Hash> leaves;
    for (int i = 0; i < 130; ++i) {
        REQUIRE(frontier.root() == tree_head(leaves));
        REQUIRE(Frontier::decode(frontier.encode()) == frontier);
        leaves.push_back(leaf_hash("record " + std::to_string(i)));
        frontier.add(leaves.back());
    }
    CHECK_FALSE(Frontier::decode("short").has_value());
    CHECK_FALSE(Frontier::decode(frontier.encode() + "x").has_value());
}
