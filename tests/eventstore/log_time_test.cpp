#include <catch2/catch.hpp>

#include "eventstore/log_time.hpp"

using namespace dealog;
using namespace dealog::eventstore;
using namespace std::chrono_literals;

namespace {

const Instant noon{std::chrono::seconds{1'700'000'000}};

struct Clocks {
    Instant wall = noon;
    Nanos monotonic{5};
    LogTime time;
    explicit Clocks(Instant last = Instant{}) : time([this] { return wall; }, [this] { return monotonic; }, last) {}
    void pass(Nanos by) {
        wall += by;
        monotonic += by;
    }
};

}  // namespace

TEST_CASE("log time: it is the wall clock while both clocks agree", "[eventstore][time]") {
    Clocks c;
    CHECK(c.time.now() == noon);
    c.pass(3h);
    CHECK(c.time.now() == noon + 3h);
    CHECK(c.time.step() == 0ns);
}

TEST_CASE("log time: small corrections of the wall clock are followed, but never back", "[eventstore][time]") {
    Clocks c;
    c.wall += 60s;
    CHECK(c.time.now() == noon + 60s);
    c.wall -= 900ms;
    CHECK(c.time.now() == noon + 60s);
    c.pass(1s);
    CHECK(c.time.now() == noon + 60s + 100ms);
    CHECK(c.time.step() == 0ns);
}

TEST_CASE("log time: a forward step is followed only after ten minutes, with an alarm until then",
          "[eventstore][time]") {
    Clocks c;
    c.wall += 61s;
    CHECK(c.time.now() == noon);
    CHECK(c.time.step() == 61s);
    c.pass(9min + 59s);
    CHECK(c.time.now() == noon + 9min + 59s);
    CHECK(c.time.step() == 61s);
    c.pass(1s);
    CHECK(c.time.now() == noon + 10min + 61s);
    CHECK(c.time.step() == 0ns);
}

TEST_CASE("log time: a forward step that goes away again was never followed", "[eventstore][time]") {
    Clocks c;
    c.wall += 24h;
    CHECK(c.time.now() == noon);
    c.pass(9min);
    CHECK(c.time.now() == noon + 9min);
    c.wall -= 24h;
    CHECK(c.time.now() == noon + 9min);
    CHECK(c.time.step() == 0ns);
    c.wall += 24h;
    c.pass(9min);
    CHECK(c.time.now() == noon + 18min);
    CHECK(c.time.step() == 24h);
}

TEST_CASE("log time: an operator's word makes a step true at once", "[eventstore][time]") {
    Clocks c;
    c.wall += 1h;
    CHECK(c.time.now() == noon);
    c.time.accept();
    CHECK(c.time.now() == noon + 1h);
    CHECK(c.time.step() == 0ns);
}

TEST_CASE("log time: after a backward step time goes on and an alarm is up", "[eventstore][time]") {
    Clocks c;
    CHECK(c.time.now() == noon);
    c.wall -= 1h;
    c.pass(5s);
    CHECK(c.time.now() == noon + 5s);
    CHECK(c.time.step() == -1h);
    c.pass(11min);
    CHECK(c.time.now() == noon + 5s + 11min);
}

TEST_CASE("log time: a start with a wall clock behind the last record goes on from that record", "[eventstore][time]") {
    Clocks c{noon + 30min};
    c.pass(1s);
    CHECK(c.time.now() == noon + 30min + 1s);
    CHECK(c.time.step() == -30min);
    c.wall += 30min;
    CHECK(c.time.now() == noon + 30min + 1s);
    CHECK(c.time.step() == 0ns);
}
