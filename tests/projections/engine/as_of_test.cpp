#include <rocksdb/db.h>
#include <catch2/catch.hpp>

#include "projections/engine/as_of.hpp"
#include "projections/engine/decode.hpp"
#include "tests/projections/engine/world.hpp"

namespace dealog::projections::testing {

namespace {

/// The same history folded in memory, and where its appends end.
struct Oracle {
    explicit Oracle(const ScriptedLog& log) : projections(both()) {
        engine::Decoder decoder;
        const auto decoded = decoder.decode(log.read({}, {.records = 1u << 30, .bytes = 1u << 30}).records, {});
        for (const auto& append : decoded.appends) {
            ends.push_back(append.last);
            for (const auto& projection : projections) rows[projection->name()].apply(*projection, append);
        }
    }
    std::vector<std::unique_ptr<Projection>> projections;
    std::map<std::string_view, MemoryRows> rows;
    std::vector<Position> ends;
};

struct Read {
    const TableSpec* table;
    std::string prefix;
    std::string from;
};

/// Scans with no prefix, a group's, part of a group's and more than a group's, from several places.
std::vector<Read> reads(const Projection& projection, std::mt19937_64& random) {
    std::vector<Read> all;
    for (const auto& table : projection.tables()) {
        const auto below = [&](std::uint64_t end) { return static_cast<std::uint32_t>(random() % end); };
        std::string key;
        if (table.name == "cards")
            key = Key().u32(below(Cards::columns)).u64(below(60)).bytes();
        else if (table.name == "days")
            key = Key().u32(below(4)).u32(below(8)).u64(below(60)).bytes();
        else if (table.name == "facts")
            key = Key().u32(below(4)).u64(below(4000)).bytes();
        else if (table.name == "things")
            key = Key().u64(below(60)).bytes();
        else if (table.name == "counts")
            key = Key().u32(below(Cards::columns)).bytes();
        else
            key = std::string(table.key_length, '\0');
        const auto group = key.substr(0, table.group_length);
        all.push_back({&table, {}, {}});
        all.push_back({&table, group, {}});
        all.push_back({&table, group.substr(0, group.size() - 1), key});
        all.push_back({&table, key.substr(0, key.size() - 1), {}});
        all.push_back({&table, key, {}});
        all.push_back({&table, {}, key.substr(0, 1 + below(static_cast<std::uint32_t>(key.size())))});
        all.push_back({&table, group, key});
    }
    return all;
}

template <class Rule>
std::string dump_as_of(const engine::Generation& generation, const Read& read, Position at) {
    struct Shown final : View {
        const engine::Generation& generation;
        Position at;
        Shown(const engine::Generation& of, Position when) : generation(of), at(when) {}
        [[nodiscard]] Position position() const override { return at; }
        [[nodiscard]] std::optional<std::string> get(const TableSpec&, std::string_view) const override { return {}; }
        void scan(const TableSpec& table, std::string_view prefix, std::string_view from,
                  const std::function<bool(std::string_view, std::string_view, Position)>& each) const override {
            engine::AsOfScan<Rule>(generation, nullptr, table, at.value(), prefix, from).run(each);
        }
    };
    return dump(Shown(generation, at), *read.table, read.prefix, read.from);
}

/// How often a reader with these rules contradicts the oracle.
template <class Rule>
std::size_t contradictions(const ScriptedLog& log, const std::filesystem::path& directory) {
    const Oracle oracle(log);
    const auto opened = engine::Store::open(directory, 8u << 20);
    const auto& generation = *opened.serving.at("cards");
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < oracle.ends.size(); i += 7) {
        const auto view = oracle.rows.at("cards").view(oracle.ends[i]);
        for (std::uint32_t column = 0; column < Cards::columns; ++column) {
            const Read read{&Cards::cards, Key().u32(column).bytes(), {}};
            if (dump_as_of<Rule>(generation, read, oracle.ends[i]) != dump(*view, Cards::cards, read.prefix)) ++wrong;
        }
    }
    return wrong;
}

struct EndsTooLate : engine::Validity {
    static constexpr std::uint64_t first_end(std::uint64_t at) { return at + 2; }
};
struct EndsTooEarly : engine::Validity {
    static constexpr std::uint64_t first_end(std::uint64_t at) { return at; }
};
struct BeginsTooLate : engine::Validity {
    static constexpr bool begun(std::uint64_t since, std::uint64_t at) { return since < at; }
};
struct BeginsTooEarly : engine::Validity {
    static constexpr bool begun(std::uint64_t since, std::uint64_t at) { return since <= at + 1; }
};
struct StopsBeforeTheSplit : engine::Validity {
    static constexpr bool split_carries_rows = false;
};

/// The rows as the engine stores them when it applies this log live.
void apply_all(ScriptedLog& log, const std::filesystem::path& directory, std::size_t batch_events_max = 4096) {
    Engine engine({.directory = directory, .batch_events_max = batch_events_max}, log, both());
    engine.start();
    REQUIRE(reach_all(engine, log.head().position));
}

}  // namespace

TEST_CASE("R5: a read as of any position equals an independent fold of the log up to it", "[projections][engine]") {
    const auto seed = GENERATE(1u, 2u, 3u);
    CAPTURE(seed);
    ScratchDirectory scratch;
    ScriptedLog log;
    RandomHistory(seed, {.subjects = seed == 3 ? 7u : 60u, .append_events_max = seed}).fill(log, 1500);
    const Oracle oracle(log);
    Engine engine({.directory = scratch / "projections", .batch_events_max = 100}, log, both());
    engine.start();
    REQUIRE(reach_all(engine, log.head().position));

    std::mt19937_64 random(seed);
    std::size_t compared = 0;
    for (const auto at : oracle.ends) {
        for (const auto& projection : oracle.projections) {
            const auto then = engine.view(projection->name(), at);
            REQUIRE(then);
            REQUIRE(then->position() == at);
            const auto expected = oracle.rows.at(projection->name()).view(at);
            const auto asked = reads(*projection, random);
            const auto& read = asked[random() % asked.size()];
            CAPTURE(at.value(), read.table->name, read.prefix.size(), read.from.size());
            REQUIRE(dump(*then, *read.table, read.prefix, read.from) ==
                    dump(*expected, *read.table, read.prefix, read.from));
            if (read.prefix.size() == read.table->key_length) {
                REQUIRE(then->get(*read.table, read.prefix) == expected->get(*read.table, read.prefix));
            }
            ++compared;
        }
    }
    REQUIRE(compared == oracle.ends.size() * 2);
}

TEST_CASE("R5: every row of every table is right as of a sample of positions, in scans and by key",
          "[projections][engine]") {
    ScratchDirectory scratch;
    ScriptedLog log;
    RandomHistory(11).fill(log, 1200);
    const Oracle oracle(log);
    Engine engine({.directory = scratch / "projections"}, log, both());
    engine.start();
    REQUIRE(reach_all(engine, log.head().position));
    std::mt19937_64 random(5);
    for (std::size_t i = 0; i < oracle.ends.size(); i += 40) {
        for (const auto& projection : oracle.projections) {
            const auto then = engine.view(projection->name(), oracle.ends[i]);
            const auto expected = oracle.rows.at(projection->name()).view(oracle.ends[i]);
            REQUIRE(dump_all(*then, *projection) == dump_all(*expected, *projection));
            for (const auto& read : reads(*projection, random)) {
                REQUIRE(dump(*then, *read.table, read.prefix, read.from) ==
                        dump(*expected, *read.table, read.prefix, read.from));
            }
            for (std::uint64_t thing = 0; projection->name() == "cards" && thing < 60; ++thing) {
                REQUIRE(then->get(Cards::things, Key().u64(thing)) == expected->get(Cards::things, Key().u64(thing)));
                const auto card = Key().u32(static_cast<std::uint32_t>(thing) % Cards::columns).u64(thing);
                REQUIRE(then->get(Cards::cards, card) == expected->get(Cards::cards, card));
            }
        }
    }
}

TEST_CASE("R5: a scan up to a key shows, at every position, the rows below it and nothing else",
          "[projections][engine]") {
    ScratchDirectory scratch;
    ScriptedLog log;
    RandomHistory(12).fill(log, 1200);
    const Oracle oracle(log);
    Engine engine({.directory = scratch / "projections"}, log, both());
    engine.start();
    REQUIRE(reach_all(engine, log.head().position));
    const auto below = [](const View& view, const Read& read, const std::string& until) {
        std::vector<std::string> shown;
        view.scan_until(*read.table, read.prefix, read.from, until, [&](auto key, auto row, Position since) {
            shown.push_back(std::string(key) + std::string(row) + std::to_string(since.value()));
            return true;
        });
        return shown;
    };
    std::mt19937_64 random(7);
    std::size_t rows = 0;
    for (std::size_t i = 0; i < oracle.ends.size(); i += 20) {
        for (const auto& projection : oracle.projections) {
            const auto then = engine.view(projection->name(), oracle.ends[i]);
            const auto expected = oracle.rows.at(projection->name()).view(oracle.ends[i]);
            const auto others = reads(*projection, random);
            for (const auto& read : reads(*projection, random)) {
                for (const auto& other : others) {
                    const auto& until = std::max(other.prefix, other.from);
                    if (other.table != read.table || until.empty()) continue;
                    const auto shown = below(*then, read, until);
                    REQUIRE(shown == below(*expected, read, until));
                    rows += shown.size();
                }
            }
        }
    }
    CHECK(rows > 1000);
}

TEST_CASE("reading as of a position: each rule, broken, contradicts the independent fold", "[projections][engine]") {
    ScratchDirectory scratch;
    ScriptedLog log;
    RandomHistory(21).fill(log, 3000);
    apply_all(log, scratch / "projections");
    const auto directory = scratch / "projections";
    REQUIRE(contradictions<engine::Validity>(log, directory) == 0);
    CHECK(contradictions<EndsTooLate>(log, directory) > 0);
    CHECK(contradictions<EndsTooEarly>(log, directory) > 0);
    CHECK(contradictions<BeginsTooLate>(log, directory) > 0);
    CHECK(contradictions<BeginsTooEarly>(log, directory) > 0);
    CHECK(contradictions<StopsBeforeTheSplit>(log, directory) > 0);
}

TEST_CASE("a busy group is split, so that a scan as of the past stays short", "[projections][engine]") {
    ScratchDirectory scratch;
    ScriptedLog log;
    RandomHistory(22).fill(log, 3000);
    apply_all(log, scratch / "projections");
    const auto opened = engine::Store::open(scratch / "projections", 8u << 20);
    const auto& generation = *opened.serving.at("cards");
    const std::unique_ptr<rocksdb::Iterator> it(opened.store->db().NewIterator({}, generation.history()));
    std::size_t splits = 0;
    std::size_t since_split = 0;
    std::size_t longest = 0;
    std::string group;
    const std::string cards(1, static_cast<char>(Cards::cards.id));
    for (it->Seek(cards); it->Valid() && it->key().starts_with(cards); it->Next()) {
        const auto key = engine::parse_history_key(Cards::cards, it->key().ToStringView());
        if (key.group != group) group = key.group, since_split = 0;
        if (key.split)
            ++splits, since_split = 0;
        else
            longest = std::max(longest, ++since_split);
    }
    REQUIRE(it->status().ok());
    REQUIRE(splits > 5);
    // Dead rows until a split is due, the changes of the append that made it due, and the live rows that are copied.
    REQUIRE(longest <= engine::split_factor * 60 + engine::split_slack + 8 + 60);
}

TEST_CASE("rows and history are equal byte by byte whatever the batches were", "[projections][engine]") {
    ScriptedLog log;
    RandomHistory(31).fill(log, 2000);
    std::vector<std::string> cards;
    std::vector<std::string> ledger;
    for (const std::size_t batch : {1u, 64u, 4096u}) {
        ScratchDirectory scratch;
        Engine engine({.directory = scratch / "projections", .batch_events_max = batch}, log, both());
        engine.start();
        REQUIRE(reach_all(engine, log.head().position));
        cards.push_back(engine.fingerprint("cards"));
        ledger.push_back(engine.fingerprint("ledger"));
    }
    REQUIRE(cards[0].size() == 64);
    REQUIRE(cards[0] != ledger[0]);
    CHECK(cards == std::vector<std::string>(3, cards[0]));
    CHECK(ledger == std::vector<std::string>(3, ledger[0]));
}

TEST_CASE("rows and history are equal when nothing is remembered between batches", "[projections][engine]") {
    ScriptedLog log;
    RandomHistory(32).fill(log, 2000);
    std::vector<std::string> prints;
    for (const std::size_t cache : {std::size_t{0}, std::size_t{64} << 20}) {
        ScratchDirectory scratch;
        Engine engine({.directory = scratch / "projections", .batch_events_max = 50, .row_cache_bytes = cache}, log,
                      both());
        engine.start();
        REQUIRE(reach_all(engine, log.head().position));
        prints.push_back(engine.fingerprint("cards") + engine.fingerprint("ledger"));
    }
    REQUIRE(prints[0] == prints[1]);
}

}  // namespace dealog::projections::testing
