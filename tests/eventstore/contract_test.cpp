// What every log promises, whatever it stands on: one append after the other. Side by side: concurrency_test.cpp.
#include <catch2/catch.hpp>

#include "tests/eventstore/worlds.hpp"

using namespace dealog;
using namespace dealog::eventstore;
using namespace dealog::test;

TEMPLATE_TEST_CASE("log: positions and revisions are dense and start at 1", "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    CHECK(log.head().position == Position{0});
    CHECK(log.revision(StreamName{"deal-1"}) == Revision{0});

    const Appended first = appended(log, AppendOf{"deal-1", 2}.with(EventOf{"deal-2"}));
    CHECK(first.first == Position{1});
    CHECK(first.last == Position{3});
    CHECK(first.revisions == std::vector{Revision{1}, Revision{2}, Revision{1}});
    const Appended second = appended(log, AppendOf{"deal-1"});
    CHECK(second.first == Position{4});
    CHECK(second.revisions == std::vector{Revision{3}});

    CHECK(log.head().position == Position{4});
    CHECK(log.head().workspace == "acme");
    CHECK(log.revision(StreamName{"deal-1"}) == Revision{3});
    const auto records = all_records(log);
    REQUIRE(records.size() == 4);
    for (std::size_t i = 0; i < records.size(); ++i) CHECK(records[i].position() == i + 1);
}

TEMPLATE_TEST_CASE("log: a record carries everything that was said", "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    const Instant noon = world.clock.now() - std::chrono::hours{5};
    const Uuid id = fresh_id();
    AppendOf what = AppendOf{}
                        .with(EventOf{"deal-1", "bytes"}.tagged("seller", "ada").identified(id).happened(noon))
                        .as("k1", "m1");
    what.append.events[0].backdated = true;
    what.append.events[0].sealed.emplace_back().set_subject("contact-1");
    what.append.actor.set_id("ada");
    what.append.on_behalf_of.emplace().set_id("bob");
    what.append.source = "import";
    what.append.correlation_id = "c";
    what.append.causation_id = "d";
    what.append.traceparent = "t";
    const Appended done = appended(log, std::move(what));

    const log::v1::Record record = decoded(log.record_at(Position{1}).value());
    CHECK(record.workspace() == "acme");
    CHECK(record.epoch() == 1);
    CHECK(record.stream() == "deal-1");
    CHECK(record.event_id() == to_bytes(id));
    CHECK(record.type() == "dealog.test.v1.Happened");
    CHECK(record.payload() == "bytes");
    CHECK(record.recorded_at() == done.recorded_at.time_since_epoch().count());
    CHECK(record.occurred_at() == noon.time_since_epoch().count());
    CHECK(record.backdated());
    CHECK(record.actor().id() == "ada");
    CHECK(record.on_behalf_of().id() == "bob");
    CHECK(record.source() == "import");
    CHECK(record.command_id() == "k1");
    CHECK(record.request_mac() == "m1");
    CHECK(record.correlation_id() == "c");
    CHECK(record.causation_id() == "d");
    CHECK(record.traceparent() == "t");
    CHECK(record.append_first() == 1);
    CHECK(record.append_count() == 1);
    REQUIRE(record.tags_size() == 1);
    CHECK(record.tags(0).value() == "ada");
    REQUIRE(record.sealed_size() == 1);
    CHECK(record.sealed(0).subject() == "contact-1");
    CHECK_FALSE(log.record_at(Position{2}).has_value());
    CHECK_FALSE(log.record_at(Position{0}).has_value());
}

TEMPLATE_TEST_CASE("log: an event without a time of its own occurred when it was recorded", "[eventstore]",
                   DEALOG_WORLDS) {
    TestType world;
    const Appended done = appended(world.log(), AppendOf{"deal-1"});
    const log::v1::Record record = decoded(world.log().record_at(done.first).value());
    CHECK(record.occurred_at() == record.recorded_at());
}

TEMPLATE_TEST_CASE("log: each expectation holds exactly for the streams it names", "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    appended(log, AppendOf{"deal-1", 2});
    const auto passes = [&](const std::string& stream, Expected expected) {
        return append(log, AppendOf{"other"}.expecting(stream, expected)).has_value();
    };
    CHECK(passes("deal-1", AnyRevision{}));
    CHECK(passes("none", AnyRevision{}));
    CHECK(passes("none", NoStream{}));
    CHECK_FALSE(passes("deal-1", NoStream{}));
    CHECK(passes("deal-1", StreamExists{}));
    CHECK_FALSE(passes("none", StreamExists{}));
    CHECK(passes("deal-1", ExactRevision{Revision{2}}));
    CHECK(passes("none", ExactRevision{Revision{0}}));
    CHECK_FALSE(passes("deal-1", ExactRevision{Revision{1}}));
    CHECK_FALSE(passes("deal-1", ExactRevision{Revision{3}}));
}

TEMPLATE_TEST_CASE("log: a refused append leaves no trace in any stream", "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    appended(log, AppendOf{"a"});
    const auto all = conflicts(log, AppendOf{"b"}
                                        .with(EventOf{"c"}.tagged("k", "v"))
                                        .claiming("phone", "x", {"1"})
                                        .as("cmd")
                                        .expecting("a", NoStream{}));
    REQUIRE(all.size() == 1);
    CHECK(std::get<WrongRevision>(all[0]).stream == StreamName{"a"});
    CHECK(std::get<WrongRevision>(all[0]).actual == Revision{1});
    CHECK(log.head().position == Position{1});
    CHECK(log.revision(StreamName{"b"}) == Revision{0});
    CHECK(log.read_tag(tag("k", "v"), Position{0}, {}).records.empty());
    CHECK_FALSE(log.claim_owner("phone", "1").has_value());
    CHECK_FALSE(log.find_command("seller:ada", "cmd").has_value());
}

TEMPLATE_TEST_CASE("log: all failures of one append are reported, not only the first", "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    const Uuid used = fresh_id();
    appended(log,
             AppendOf{}.with(EventOf{"a"}.tagged("k", "v").identified(used)).claiming("phone", "owner", {"1", "2"}));
    const auto all = conflicts(log, AppendOf{}
                                        .with(EventOf{"b"}.identified(used))
                                        .expecting("a", NoStream{})
                                        .expecting("z", StreamExists{})
                                        .unless({tag("k", "v")}, Position{0})
                                        .claiming("phone", "other", {"9", "1", "2"}));
    REQUIRE(all.size() == 6);
    CHECK(std::get<WrongRevision>(all[0]).stream == StreamName{"a"});
    CHECK(std::get<WrongRevision>(all[1]).stream == StreamName{"z"});
    CHECK(std::get<EventIdReused>(all[2]).event_id == used);
    CHECK(std::get<ConditionFailed>(all[3]).found == Position{1});
    CHECK(std::get<ClaimTaken>(all[4]).value_index == "1");
    CHECK(std::get<ClaimTaken>(all[4]).owner == "owner");
    CHECK(std::get<ClaimTaken>(all[5]).value_index == "2");
}

TEMPLATE_TEST_CASE("log: claims are taken, refused to others, replaced and released", "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    appended(log, AppendOf{"c"}.claiming("phone", "contact-1", {"111", "222", "111"}));
    CHECK(log.claim_owner("phone", "111") == "contact-1");
    CHECK_FALSE(log.claim_owner("email", "111").has_value());
    CHECK(conflicts(log, AppendOf{"c"}.claiming("phone", "contact-2", {"222"})).size() == 1);
    appended(log, AppendOf{"c"}.claiming("email", "contact-2", {"222"}));

    appended(log, AppendOf{"c"}.claiming("phone", "contact-1", {"222", "333"}));
    CHECK_FALSE(log.claim_owner("phone", "111").has_value());
    CHECK(log.claim_owner("phone", "222") == "contact-1");
    CHECK(log.claim_owner("phone", "333") == "contact-1");
    appended(log, AppendOf{"c"}.claiming("phone", "contact-2", {"111"}));
    CHECK(log.claim_owner("phone", "111") == "contact-2");

    appended(log, AppendOf{"c"}.claiming("phone", "contact-1", {}));
    CHECK_FALSE(log.claim_owner("phone", "222").has_value());
    CHECK(log.claim_owner("email", "222") == "contact-2");
}

TEMPLATE_TEST_CASE("log: one append moves a claim between its owners, in either order", "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    appended(log, AppendOf{"c"}.claiming("phone", "loser", {"1"}));
    appended(log, AppendOf{"c"}.claiming("phone", "winner", {"1"}).claiming("phone", "loser", {}));
    CHECK(log.claim_owner("phone", "1") == "winner");
    appended(log, AppendOf{"c"}.claiming("phone", "winner", {}).claiming("phone", "loser", {"1"}));
    CHECK(log.claim_owner("phone", "1") == "loser");
    const auto both = conflicts(log, AppendOf{"c"}.claiming("phone", "x", {"7"}).claiming("phone", "y", {"7"}));
    REQUIRE(both.size() == 1);
    CHECK(std::get<ClaimTaken>(both[0]).owner == "x");
}

TEMPLATE_TEST_CASE("log: a tag condition sees only events with all its tags after its position", "[eventstore]",
                   DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    appended(log, AppendOf{}.with(EventOf{"a"}.tagged("k", "1").tagged("j", "1")));
    appended(log, AppendOf{}.with(EventOf{"a"}.tagged("k", "1")));
    appended(log, AppendOf{}.with(EventOf{"a"}.tagged("k", "11").tagged("j", "2")));
    CHECK(append(log, AppendOf{"x"}.unless({tag("k", "1")}, Position{2})).has_value());
    CHECK(append(log, AppendOf{"x"}.unless({tag("k", "1"), tag("j", "1")}, Position{1})).has_value());
    CHECK(append(log, AppendOf{"x"}.unless({tag("k", "1"), tag("j", "2")}, Position{0})).has_value());
    CHECK(std::get<ConditionFailed>(conflicts(log, AppendOf{"x"}.unless({tag("k", "1")}, Position{1}))[0]).found ==
          Position{2});
    CHECK(
        std::get<ConditionFailed>(conflicts(log, AppendOf{"x"}.unless({tag("j", "1"), tag("k", "1")}, Position{0}))[0])
            .found == Position{1});
}

TEMPLATE_TEST_CASE("log: tags list their records in order", "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    for (int i = 0; i < 5; ++i)
        appended(log, AppendOf{"noise"}.with(EventOf{"a", std::to_string(i)}.tagged("k", "v").tagged("k", "v")));
    const Page two = log.read_tag(tag("k", "v"), Position{2}, {.records = 2, .bytes = 1u << 20});
    REQUIRE(two.records.size() == 2);
    CHECK(decoded(two.records[0]).payload() == "1");
    CHECK(decoded(two.records[1]).payload() == "2");
    CHECK(log.read_tag(tag("k", "v"), Position{0}, {}).records.size() == 5);
    CHECK(log.read_tag(tag("k", "w"), Position{0}, {}).records.empty());
}

TEMPLATE_TEST_CASE("log: a retried command gets the same answer for ever", "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    const Appended original =
        appended(log, AppendOf{"deal-1", 2}.as("k", "m", "the receipt").expecting("deal-1", NoStream{}));
    CHECK_FALSE(original.replayed);
    for (int i = 0; i < 3; ++i) {
        appended(log, AppendOf{"deal-1"});
        const Appended again =
            appended(log, AppendOf{"deal-1", 2}.as("k", "m", "another").expecting("deal-1", NoStream{}));
        CHECK(again.replayed);
        CHECK(again.first == original.first);
        CHECK(again.last == original.last);
        CHECK(again.recorded_at == original.recorded_at);
        CHECK(again.revisions == original.revisions);
        CHECK(again.receipt == "the receipt");
    }
    const auto known = log.find_command("seller:ada", "k");
    REQUIRE(known.has_value());
    CHECK(known->first == original.first);
    CHECK(known->mac == "m");
    CHECK(known->receipt == "the receipt");
    CHECK_FALSE(log.find_command("seller:bob", "k").has_value());
}

TEMPLATE_TEST_CASE("log: the same command id with another request is refused", "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    appended(log, AppendOf{"a"}.as("k", "m"));
    const auto all = conflicts(log, AppendOf{"a"}.as("k", "other").expecting("a", NoStream{}));
    REQUIRE(all.size() == 1);
    CHECK(std::holds_alternative<CommandReused>(all[0]));
}

TEMPLATE_TEST_CASE("log: a refused command is not remembered", "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    CHECK(conflicts(log, AppendOf{"a"}.as("k").expecting("a", StreamExists{})).size() == 1);
    appended(log, AppendOf{"a"});
    CHECK_FALSE(appended(log, AppendOf{"a"}.as("k").expecting("a", StreamExists{})).replayed);
}

TEMPLATE_TEST_CASE("log: the keys of new subjects are made durable before the append", "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    appended(world.log(), AppendOf{"a"}.making("contact-1").making("contact-1"));
    CHECK(world.vault.persisted() == std::vector<std::string>{"contact-1"});
    CHECK(conflicts(world.log(), AppendOf{"a"}.making("contact-2").expecting("a", NoStream{})).size() == 1);
    CHECK(world.vault.persisted().size() == 1);
}

TEMPLATE_TEST_CASE("log: what breaks a bound is refused with its reason", "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    const auto reason = [&](AppendOf what) {
        const AppendResult result = append(log, std::move(what));
        return !result && std::holds_alternative<NotAppendable>(result.error())
                   ? std::get<NotAppendable>(result.error()).reason
                   : "";
    };
    CHECK(reason(AppendOf{}) == "an append needs an event");
    CHECK_FALSE(reason(AppendOf{"a", append_events_max + 1}).empty());
    CHECK_FALSE(reason(AppendOf{}.with(EventOf{"a", std::string(record_bytes_max, 'x')})).empty());
    AppendOf heavy;
    for (int i = 0; i < 18; ++i) heavy = std::move(heavy).with(EventOf{"a", std::string(250'000, 'x')});
    CHECK(reason(std::move(heavy)) == "an append is larger than 4 MiB");
    CHECK_FALSE(reason(AppendOf{std::string(stream_name_bytes_max + 1, 'x')}).empty());
    CHECK_FALSE(reason(AppendOf{""}).empty());
    CHECK_FALSE(reason(AppendOf{"with space"}).empty());
    CHECK_FALSE(reason(AppendOf{}.with(EventOf{"a"}.identified(Uuid{}))).empty());
    const Uuid id = fresh_id();
    CHECK_FALSE(reason(AppendOf{}.with(EventOf{"a"}.identified(id)).with(EventOf{"b"}.identified(id))).empty());
    CHECK_FALSE(reason(AppendOf{}.with(EventOf{"a"}.tagged("", "v"))).empty());
    CHECK_FALSE(reason(AppendOf{"a"}.unless({}, Position{0})).empty());
    CHECK_FALSE(reason(AppendOf{"a"}.claiming("phone", "x", {"1"}).claiming("phone", "x", {"2"})).empty());
    CHECK(log.head().position == Position{0});
    CHECK(appended(log, AppendOf{"a", append_events_max}).last == Position{append_events_max});
    CHECK(appended(log, AppendOf{std::string(stream_name_bytes_max, 'x')}).revisions[0] == Revision{1});
}

TEMPLATE_TEST_CASE("log: pages hold whole appends only", "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    for (std::size_t n : {1u, 5u, 3u, 1u}) appended(log, AppendOf{"a", n});
    const auto size_of = [&](Position after, ReadLimits limits) { return log.read(after, limits).records.size(); };
    CHECK(size_of(Position{0}, {.records = 1, .bytes = 1u << 20}) == 1);
    CHECK(size_of(Position{0}, {.records = 2, .bytes = 1u << 20}) == 6);
    CHECK(size_of(Position{1}, {.records = 1, .bytes = 1u << 20}) == 5);
    CHECK(size_of(Position{6}, {.records = 100, .bytes = 1}) == 3);
    CHECK(size_of(Position{0}, {}) == 10);
    CHECK(size_of(Position{10}, {}) == 0);
    CHECK(size_of(Position{99}, {}) == 0);
    CHECK(log.read(Position{0}, {}).head == Position{10});
    CHECK(all_records(log, {.records = 1, .bytes = 1}).size() == 10);
}

TEMPLATE_TEST_CASE("log: a stream is read from any revision, without its neighbours", "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    for (int i = 0; i < 4; ++i) appended(log, AppendOf{"deal-1"}.with(EventOf{"deal-10"}).with(EventOf{"deal-"}));
    const Page page = log.read_stream(StreamName{"deal-1"}, Revision{0}, {});
    REQUIRE(page.records.size() == 4);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(decoded(page.records[i]).stream() == "deal-1");
        CHECK(decoded(page.records[i]).revision() == i + 1);
    }
    CHECK(log.read_stream(StreamName{"deal-1"}, Revision{3}, {}).records.size() == 1);
    CHECK(log.read_stream(StreamName{"deal-1"}, Revision{4}, {}).records.empty());
    CHECK(log.read_stream(StreamName{"deal-1"}, Revision{1}, {.records = 2, .bytes = 1u << 20}).records.size() == 2);
    CHECK(log.read_stream(StreamName{"deal"}, Revision{0}, {}).records.empty());
}

TEMPLATE_TEST_CASE("log: a moment maps to the last append recorded by then", "[eventstore]", DEALOG_WORLDS) {
    TestType world;
    EventLog& log = world.log();
    CHECK(log.position_at(world.clock.now()) == Position{0});
    std::vector<Instant> moments;
    for (int i = 0; i < 5; ++i) {
        world.clock.advance(std::chrono::seconds{10});
        moments.push_back(appended(log, AppendOf{"a", 3}).recorded_at);
    }
    CHECK(log.position_at(moments[0] - Nanos{1}) == Position{0});
    for (std::size_t i = 0; i < moments.size(); ++i) {
        CHECK(log.position_at(moments[i]) == Position{3 * (i + 1)});
        CHECK(log.position_at(moments[i] + std::chrono::seconds{5}) == Position{3 * (i + 1)});
    }
    CHECK(log.head().recorded_at == moments.back());
}
