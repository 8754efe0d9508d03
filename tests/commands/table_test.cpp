#include <catch2/catch.hpp>

#include "commands/targets.hpp"
#include "tests/commands/world.hpp"

using namespace dealog;

TEST_CASE("every message of the contract that is posted and answered as a write has a row", "[commands]") {
    REQUIRE(commands::unlisted_commands() == std::vector<std::string>{});
}

TEST_CASE("a dispatcher knows commands and no events, queries or batches", "[commands]") {
    REQUIRE(commands::Dispatcher::knows(*deal::v1::OpenDeal::descriptor()));
    REQUIRE(commands::Dispatcher::knows(*privacy::v1::EraseSubject::descriptor()));
    REQUIRE_FALSE(commands::Dispatcher::knows(*deal::v1::DealOpened::descriptor()));
    REQUIRE_FALSE(commands::Dispatcher::knows(*v1::Written::descriptor()));
}
