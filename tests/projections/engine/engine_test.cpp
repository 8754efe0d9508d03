#include <algorithm>

#include <rocksdb/db.h>
#include <catch2/catch.hpp>

#include "projections/engine/store.hpp"
#include "tests/projections/engine/world.hpp"

namespace dealog::projections::testing {

namespace {

/// Cannot digest one value; a binary that was put right can.
class Picky final : public Projection {
public:
    static constexpr TableSpec seen{.id = 1, .name = "seen", .key_length = 8, .group_length = 8};
    static constexpr std::uint64_t poison = 666;
    explicit Picky(std::shared_ptr<std::atomic<bool>> cured) : cured_(std::move(cured)) {}
    [[nodiscard]] std::string_view name() const override { return "picky"; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] std::span<const TableSpec> tables() const override { return {&seen, 1}; }
    [[nodiscard]] std::vector<QueryHandler> queries() const override { return {}; }
    void apply(const AppendView& append, Rows& rows) const override {
        for (const auto& event : append.events) {
            rows.put(seen, Key().u64(event.record.position()), event.payload != nullptr ? "known" : "unknown");
            if (!*cured_ && value_of(event) == poison) throw std::runtime_error("a value that nobody expects");
        }
    }

private:
    std::shared_ptr<std::atomic<bool>> cured_;
};

using Cured = std::shared_ptr<std::atomic<bool>>;

std::vector<std::unique_ptr<Projection>> with_picky(Cured cured) {
    auto all = both();
    all.push_back(std::make_unique<Picky>(std::move(cured)));
    return all;
}

std::string prints(const Engine& engine) { return engine.fingerprint("cards") + engine.fingerprint("ledger"); }

std::size_t stores_set_aside(const std::filesystem::path& directory) {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory.parent_path())) {
        if (entry.path().filename().string().starts_with(directory.filename().string() + ".broken-")) ++count;
    }
    return count;
}

void fill_store(const EngineSettings& settings, ScriptedLog& log) {
    Engine engine(settings, log, both());
    engine.rebuild_all({});
    REQUIRE(status_of(engine, "cards").position == log.head().position);
}

}  // namespace

TEST_CASE("a poison event stops its projection alone, visibly, and nothing of its append is kept",
          "[projections][engine]") {
    ScratchDirectory scratch;
    ScriptedLog log;
    RandomHistory history(51);
    history.fill(log, 100);
    const auto good = log.head().position;
    const auto poison = log.append({{.subject = 1, .value = 5}, {.subject = 1, .value = Picky::poison}});
    history.fill(log, 100);
    const EngineSettings settings{.directory = scratch / "projections", .batch_events_max = 64};
    {
        Engine engine(settings, log, with_picky(std::make_shared<std::atomic<bool>>(false)));
        engine.start();
        REQUIRE(reach(engine, "cards", log.head().position));
        REQUIRE(reach(engine, "ledger", log.head().position));
        REQUIRE(reach(engine, "picky", good));
        REQUIRE_FALSE(reach(engine, "picky", poison));
        const auto status = status_of(engine, "picky");
        CHECK(status.state == "stopped");
        CHECK(status.position == good);
        CHECK(status.error == "position " + std::to_string(good.value() + 1) + ": a value that nobody expects");
        CHECK_FALSE(engine.view("picky", poison));
        const auto view = engine.view("picky");
        REQUIRE(view->position() == good);
        CHECK_FALSE(view->get(Picky::seen, Key().u64(good.value() + 1)));
        CHECK(status_of(engine, "cards").state == "live");
        engine.rebuild("picky");  // meets the same event again
        REQUIRE(wait_for_status(engine, "picky", [](const Status& now) { return now.state == "stopped"; }));
        CHECK(status_of(engine, "picky").position == good);
    }
    Engine cured(settings, log, with_picky(std::make_shared<std::atomic<bool>>(true)));
    cured.start();
    REQUIRE(reach(cured, "picky", log.head().position));
    REQUIRE(status_of(cured, "picky").error.empty());
}

TEST_CASE("a rebuild that meets poison is given up; the rows that serve stay and go on", "[projections][engine]") {
    ScratchDirectory scratch;
    ScriptedLog log;
    log.append({{.subject = 1, .value = 5}});
    log.append({{.subject = 1, .value = Picky::poison}});
    const auto cured = std::make_shared<std::atomic<bool>>(true);
    Engine engine({.directory = scratch / "projections"}, log, with_picky(cured));
    engine.start();
    REQUIRE(reach_all(engine, log.head().position));
    const auto before = engine.fingerprint("picky");
    *cured = false;
    engine.rebuild_all({});
    CHECK(status_of(engine, "picky").state == "live");
    CHECK(status_of(engine, "picky").error == "rebuild: position 2: a value that nobody expects");
    CHECK(engine.fingerprint("picky") == before);
    REQUIRE(reach_all(engine, log.append({{.subject = 1, .value = 7}})));
}

TEST_CASE("an event of an unknown type is passed by, a payload that is not its type stops everybody",
          "[projections][engine]") {
    ScratchDirectory scratch;
    ScriptedLog log;
    const auto unknown = log.append_raw("other.v9.Event", "whatever");
    log.append({{.subject = 1, .value = 1}});
    Engine engine({.directory = scratch / "projections"}, log, with_picky(std::make_shared<std::atomic<bool>>(true)));
    engine.start();
    REQUIRE(reach_all(engine, log.head().position));
    REQUIRE(engine.view("picky")->get(Picky::seen, Key().u64(unknown.value())) == "unknown");
    REQUIRE(engine.view("picky")->get(Picky::seen, Key().u64(unknown.value() + 1)) == "known");

    const auto head = log.head().position;
    log.append_raw("google.protobuf.UInt64Value", "\xff");
    log.append({{.subject = 1, .value = 1}});
    REQUIRE_FALSE(reach(engine, "cards", log.head().position));
    for (const auto& status : engine.status()) {
        CHECK(status.state == "stopped");
        CHECK(status.position == head);
    }
}

TEST_CASE("a position inside an append means its end, one beyond the checkpoint has no view", "[projections][engine]") {
    ScratchDirectory scratch;
    ScriptedLog log;
    RandomHistory(52, {.subjects = 9, .append_events_max = 5}).fill(log, 50);
    Engine engine({.directory = scratch / "projections", .batch_events_max = 1}, log, both());
    engine.start();
    REQUIRE(reach_all(engine, log.head().position));
    for (std::uint64_t p = 1; p <= log.head().position.value(); ++p) {
        log::v1::Record record;
        REQUIRE(record.ParseFromString(*log.record_at(Position{p})));
        const auto view = engine.view("cards", Position{p});
        REQUIRE(view);
        REQUIRE(view->position().value() == record.append_first() + record.append_count() - 1);
    }
    REQUIRE(dump_all(*engine.view("cards", Position{}), Cards()) == "cards\nthings\ncounts\n");
    REQUIRE_FALSE(engine.view("cards", next(log.head().position)));
    REQUIRE_FALSE(engine.view("nothing"));
}

TEST_CASE("when_reached answers at the position, at the deadline and at the end", "[projections][engine]") {
    ScratchDirectory scratch;
    ScriptedLog log;
    log.append({{.subject = 1, .value = 4}});
    std::promise<bool> late;
    std::promise<bool> left;
    {
        Engine engine({.directory = scratch / "projections"}, log, both());
        engine.start();
        REQUIRE(reach(engine, "cards", log.head().position));
        REQUIRE_FALSE(reach(engine, "nothing", Position{1}));
        engine.when_reached("cards", Position{2}, std::chrono::milliseconds{20},
                            [&](bool reached) { late.set_value(reached); });
        REQUIRE_FALSE(late.get_future().get());
        std::promise<bool> there;
        engine.when_reached("cards", Position{2}, std::chrono::minutes{1},
                            [&](bool reached) { there.set_value(reached); });
        log.append({{.subject = 1, .value = 12}});
        REQUIRE(there.get_future().get());
        engine.when_reached("ledger", Position{99}, std::chrono::minutes{1},
                            [&](bool reached) { left.set_value(reached); });
    }
    REQUIRE_FALSE(left.get_future().get());
}

TEST_CASE("the change feed tells every append's changed rows once, in order, and nothing after its handle is gone",
          "[projections][engine]") {
    ScratchDirectory scratch;
    ScriptedLog log;
    RandomHistory history(53);
    history.fill(log, 50);
    Engine engine({.directory = scratch / "projections", .batch_events_max = 40, .change_feed_appends_max = 16}, log,
                  both());
    std::map<std::pair<std::string, std::string>, std::string> rows;  // projection and table id ‖ key → row
    std::vector<Position> positions;
    std::atomic<std::uint64_t> newest = 0;
    auto handle = engine.on_change([&](const ChangeSet& set) {
        positions.push_back(set.position);
        for (const auto& change : set.changes) {
            const std::pair key(std::string(change.projection), static_cast<char>(change.table) + change.key);
            if (change.row)
                rows[key] = *change.row;
            else if (rows.erase(key) != 1)
                rows[key] = "erased without having been told";
        }
        newest = set.position.value();
    });
    engine.start();
    history.fill(log, 400);
    const auto told = log.head().position;
    REQUIRE(wait_for_status(engine, "cards", [&](const Status&) { return newest == told.value(); }));
    handle.reset();
    history.fill(log, 10);
    REQUIRE(reach_all(engine, log.head().position));

    REQUIRE(positions.size() == 450);
    REQUIRE(std::is_sorted(positions.begin(), positions.end()));
    REQUIRE(positions.back() == told);
    std::size_t present = 0;
    for (const auto& projection : both()) {
        const auto view = engine.view(projection->name(), told);
        for (const auto& table : projection->tables()) {
            view->scan(table, {}, {}, [&](std::string_view key, std::string_view row, Position) {
                ++present;
                REQUIRE(rows.at({std::string(projection->name()), static_cast<char>(table.id) + std::string(key)}) ==
                        row);
                return true;
            });
        }
    }
    REQUIRE(present == rows.size());
}

TEST_CASE("rows of another workspace, another epoch or a longer log are set aside and made anew",
          "[projections][engine]") {
    ScratchDirectory scratch;
    const EngineSettings settings{.directory = scratch / "projections"};
    ScriptedLog original;
    RandomHistory(54).fill(original, 300);
    fill_store(settings, original);
    const auto other = GENERATE(0, 1, 2);
    ScriptedLog log(other == 0 ? "elsewhere" : "acme", other == 1 ? 2 : 1);
    RandomHistory(55).fill(log, other == 2 ? 100 : 300);
    Engine engine(settings, log, both());
    REQUIRE(stores_set_aside(settings.directory) == 1);
    engine.start();
    REQUIRE(reach_all(engine, log.head().position));
    ScratchDirectory fresh;
    Engine anew({.directory = fresh / "projections"}, log, both());
    anew.start();
    REQUIRE(reach_all(anew, log.head().position));
    REQUIRE(prints(engine) == prints(anew));
}

TEST_CASE("a store that does not open is set aside and made anew; three such are kept", "[projections][engine]") {
    ScratchDirectory scratch;
    const EngineSettings settings{.directory = scratch / "projections"};
    ScriptedLog log;
    RandomHistory(56).fill(log, 200);
    fill_store(settings, log);
    for (int round = 1; round <= 5; ++round) {
        const auto current = settings.directory / "CURRENT";
        if (round % 2 == 0)
            std::filesystem::remove(current);
        else
            std::ofstream(current, std::ios::trunc) << "MANIFEST-nothing\n";
        Engine engine(settings, log, both());
        engine.start();
        REQUIRE(reach_all(engine, log.head().position));
        REQUIRE(stores_set_aside(settings.directory) == static_cast<std::size_t>(std::min(round, 3)));
    }
}

TEST_CASE("a store of another format is set aside and made anew", "[projections][engine]") {
    ScratchDirectory scratch;
    const EngineSettings settings{.directory = scratch / "projections"};
    ScriptedLog log;
    RandomHistory(59).fill(log, 50);
    fill_store(settings, log);
    {
        std::vector<std::string> names;
        REQUIRE(rocksdb::DB::ListColumnFamilies({}, settings.directory, &names).ok());
        std::vector<rocksdb::ColumnFamilyDescriptor> families;
        for (const auto& name : names) families.emplace_back(name, rocksdb::ColumnFamilyOptions());
        std::vector<rocksdb::ColumnFamilyHandle*> handles;
        rocksdb::DB* raw = nullptr;
        REQUIRE(rocksdb::DB::Open({}, settings.directory, families, &handles, &raw).ok());
        const std::unique_ptr<rocksdb::DB> db(raw);
        const auto meta = static_cast<std::size_t>(std::find(names.begin(), names.end(), "meta") - names.begin());
        REQUIRE(db->Put({}, handles.at(meta), "format", "0").ok());
        for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
    }
    Engine engine(settings, log, both());
    REQUIRE(stores_set_aside(settings.directory) == 1);
    engine.start();
    REQUIRE(reach_all(engine, log.head().position));
}

TEST_CASE("damage that a reader meets has the store set aside and made anew while the engine runs",
          "[projections][engine]") {
    ScratchDirectory scratch;
    const EngineSettings settings{.directory = scratch / "projections"};
    ScriptedLog log;
    RandomHistory(57).fill(log, 500);
    fill_store(settings, log);
    for (const auto& entry : std::filesystem::directory_iterator(settings.directory)) {
        if (entry.path().extension() != ".sst") continue;
        std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(20);
        file << "damage";
    }
    Engine engine(settings, log, both());
    engine.start();
    REQUIRE_THROWS_AS(dump_all(*engine.view("cards"), Cards()), eventstore::StoreBroken);
    REQUIRE(wait_for_status(engine, "cards", [&](const Status&) { return stores_set_aside(settings.directory) == 1; }));
    REQUIRE(reach_all(engine, log.head().position));
    REQUIRE_FALSE(dump_all(*engine.view("cards"), Cards()).empty());
}

TEST_CASE("a store that another engine holds is not touched; it is opened when it is free", "[projections][engine]") {
    ScratchDirectory scratch;
    const EngineSettings settings{.directory = scratch / "projections"};
    ScriptedLog log;
    RandomHistory(58).fill(log, 50);
    auto first = std::make_unique<Engine>(settings, log, both());
    Engine second(settings, log, both());
    second.start();
    REQUIRE(status_of(second, "cards").state == "stopped");
    REQUIRE_FALSE(second.view("cards"));
    REQUIRE(stores_set_aside(settings.directory) == 0);
    first.reset();
    REQUIRE(reach_all(second, log.head().position));
    REQUIRE(stores_set_aside(settings.directory) == 0);
}

TEST_CASE("a log that cannot be read for a while delays the projections and stops none", "[projections][engine]") {
    ScratchDirectory scratch;
    ScriptedLog log;
    Engine engine({.directory = scratch / "projections"}, log, both());
    engine.start();
    log.set_unreadable(true);
    const auto head = log.append({{.subject = 1, .value = 4}});
    std::promise<bool> late;
    engine.when_reached("cards", head, std::chrono::milliseconds{20}, [&](bool reached) { late.set_value(reached); });
    REQUIRE_FALSE(late.get_future().get());
    log.set_unreadable(false);
    REQUIRE(reach_all(engine, head));
    REQUIRE(status_of(engine, "cards").state == "live");
}

}  // namespace dealog::projections::testing
