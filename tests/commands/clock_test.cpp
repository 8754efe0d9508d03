#include <catch2/catch.hpp>

#include "tests/commands/world.hpp"

using namespace dealog;
using dealog::test::set;
using dealog::test::World;

TEST_CASE("R6: work goes on when the machine's clock is put back, at the time of the last record", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto before = world.open_deal(vera);
    const auto recorded = world.log.head().recorded_at;
    world.clock.advance(-std::chrono::hours{3});

    const auto after = world.open_deal(vera);
    for (const auto& deal : {before, after}) {
        world.done<deal::v1::MoveStage>(set("deal", deal) + "stage: 'meeting'", vera);
        world.done<deal::v1::WinDeal>(set("deal", deal), vera);
        for (const auto& record : world.records("deal-" + deal)) {
            task::v1::TaskPlanned planned;
            CHECK(record.occurred_at() >= recorded.time_since_epoch().count());
            if (record.type() == planned.GetDescriptor()->full_name() && planned.ParseFromString(record.payload()))
                CHECK(from_proto(planned.due_at()) > recorded);
        }
    }
}
