// What a log's directory promises: it opens as it was, or is refused and left as it was.
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "eventstore/identity.hpp"
#include "eventstore/watermark.hpp"
#include "tests/eventstore/worlds.hpp"

using namespace dealog;
using namespace dealog::eventstore;
using namespace dealog::test;

namespace {

/// Why the directory is refused; the refusal must not have changed it.
std::string refusal(RocksWorld& world) {
    world.close();
    const std::string before = directory_hash(world.settings.directory);
    std::string reason;
    try {
        world.open();
    } catch (const CannotOpen& refused) {
        reason = refused.reason;
        CHECK_FALSE(refused.remedy.empty());
    }
    if (!reason.empty()) CHECK(directory_hash(world.settings.directory) == before);
    return reason;
}

void fill(RocksWorld& world, int appends = 20) {
    for (int i = 0; i < appends; ++i)
        appended(world.log(), AppendOf{"deal-" + std::to_string(i % 3), 2}.as(to_text(fresh_id())));
}

/// The write-ahead log that holds the newest records.
std::filesystem::path newest_wal(const RocksWorld& world) {
    return files_ending(world.rocks_directory(), ".log").back();
}

}  // namespace

TEST_CASE("rocks log: everything is there after a reopen and goes on", "[eventstore][rocks]") {
    RocksWorld world;
    const Uuid id = fresh_id();
    const Appended done = appended(world.log(), AppendOf{}
                                                    .with(EventOf{"deal-1"}.tagged("k", "v").identified(id))
                                                    .claiming("phone", "contact-1", {"111"})
                                                    .as("cmd", "mac", "receipt"));
    fill(world);
    const auto before = all_records(world.log());
    const LogHead head = world.log().head();
    for (int i = 0; i < 3; ++i) {
        world.reopen();
        EventLog& log = world.log();
        CHECK(log.head().position == head.position);
        CHECK(log.head().recorded_at == head.recorded_at);
        const auto after = all_records(log);
        REQUIRE(after.size() == before.size());
        for (std::size_t r = 0; r < after.size(); ++r)
            CHECK(after[r].SerializeAsString() == before[r].SerializeAsString());
        CHECK(log.claim_owner("phone", "111") == "contact-1");
        CHECK(log.read_tag(tag("k", "v"), Position{0}, {}).records.size() == 1);
        const Appended again = appended(log, AppendOf{"deal-1"}.as("cmd", "mac"));
        CHECK(again.replayed);
        CHECK(again.first == done.first);
        CHECK(again.recorded_at == done.recorded_at);
        CHECK(again.revisions == done.revisions);
        CHECK(again.receipt == "receipt");
        CHECK(conflicts(log, AppendOf{}.with(EventOf{"x"}.identified(id))).size() == 1);
        CHECK(conflicts(log, AppendOf{"x"}.claiming("phone", "contact-2", {"111"})).size() == 1);
    }
    CHECK(appended(world.log(), AppendOf{"deal-1"}).first == next(head.position));
}

TEST_CASE("rocks log: recorded time goes on from the last record although the clock went back", "[eventstore][rocks]") {
    RocksWorld world;
    const Instant last = appended(world.log(), AppendOf{"a"}).recorded_at;
    world.close();
    world.clock.advance(-std::chrono::hours{1});
    world.open();
    CHECK(appended(world.log(), AppendOf{"a"}).recorded_at >= last);
}

TEST_CASE("rocks log: no personal value of a claim is on the disk", "[eventstore][rocks]") {
    RocksWorld world;
    appended(world.log(), AppendOf{"a"}.claiming("phone", "contact-1", {"+79161234567"}));
    world.reopen();  // now also in a table file
    world.close();
    for (const auto& entry : std::filesystem::recursive_directory_iterator{world.settings.directory}) {
        if (entry.is_regular_file()) CHECK(file_bytes(entry.path()).find("9161234567") == std::string::npos);
    }
}

TEST_CASE("rocks log: a small log takes little of the disk", "[eventstore][rocks]") {
    RocksWorld world;
    fill(world);
    CHECK(disk_bytes(world.settings.directory) < (1u << 20));
}

TEST_CASE("rocks log: a checked directory is held and not changed until it is opened", "[eventstore][rocks]") {
    RocksWorld world;
    fill(world);
    const Position head = world.log().head().position;
    world.close();
    const std::string before = directory_hash(world.settings.directory);
    {
        CheckedLog checked = check_log(world.settings);
        CHECK(checked.tip.position == head);
        CHECK_FALSE(checked.empty());
        CHECK_THROWS_AS(check_log(world.settings), CannotOpen);
        CHECK(directory_hash(world.settings.directory) == before);
        const auto log = open_log(std::move(checked), world.vault, world.clock, world.metrics);
        CHECK_THROWS_AS(check_log(world.settings), CannotOpen);
        CHECK(log->head().position == head);
    }
    CHECK(check_log(world.settings).tip.position == head);
}

TEST_CASE("rocks log: an unfinished creation is finished, a log that lost its identity is not made anew",
          "[eventstore][rocks]") {
    RocksWorld world;
    const LogPaths paths{world.settings.directory};
    const bool used = GENERATE(false, true);
    if (used) fill(world);
    world.close();
    std::filesystem::remove(paths.identity());
    CHECK(may_create_log(paths.directory) != used);
    if (used) {
        const std::string before = directory_hash(paths.directory);
        CHECK_THROWS_AS(create_log(paths.directory, "acme"), CannotOpen);
        CHECK(directory_hash(paths.directory) == before);
    } else {
        create_log(paths.directory, "acme");
        world.open();
        CHECK(appended(world.log(), AppendOf{"a"}).first == Position{1});
    }
}

TEST_CASE("rocks log: streams are listed by the beginning of their names", "[eventstore][rocks]") {
    RocksWorld world;
    for (const char* name : {"subject-b", "deal-1", "subject-a", "subjects", "subject-a"})
        appended(world.log(), AppendOf{name});
    CHECK(world.opened->streams("subject-") == std::vector{StreamName{"subject-a"}, StreamName{"subject-b"}});
    CHECK(world.opened->streams("none").empty());
}

TEST_CASE("rocks log: a second opener is refused and disturbs nothing", "[eventstore][rocks]") {
    RocksWorld world;
    fill(world);
    CHECK_THROWS_AS(open_log(world.settings, world.vault, world.clock, world.metrics), CannotOpen);
    CHECK_THROWS_AS(verify(world.settings.directory, nullptr), CannotOpen);
    fill(world, 1);
    CHECK(refusal(world).empty());
}

TEST_CASE("rocks log: nothing is opened or made by itself", "[eventstore][rocks]") {
    RocksWorld world;
    const std::filesystem::path nowhere = world.home.path() / "nowhere";
    CHECK_THROWS_AS(open_log({.directory = nowhere}, world.vault, world.clock, world.metrics), CannotOpen);
    CHECK_FALSE(std::filesystem::exists(nowhere));
    CHECK_FALSE(holds_log(nowhere));
    CHECK(holds_log(world.settings.directory));
    CHECK_THROWS_AS(create_log(world.settings.directory, "acme"), CannotOpen);
}

TEST_CASE("rocks log: a copied directory is refused until it is adopted under a new epoch", "[eventstore][rocks]") {
    RocksWorld world;
    fill(world);
    world.close();
    const std::filesystem::path original = world.settings.directory;
    const std::filesystem::path copy = world.home.path() / "copy";
    std::filesystem::copy(original, copy, std::filesystem::copy_options::recursive);
    world.settings.directory = copy;
    CHECK(refusal(world).find("copy") != std::string::npos);
    if (GENERATE(false, true)) {
        // An adoption that was cut short before the identity was written.
        const std::string identity = file_bytes(copy / "identity");
        adopt_log(copy);
        write_bytes(copy / "identity", identity);
        CHECK_FALSE(refusal(world).empty());
    }
    adopt_log(copy);
    world.open();
    CHECK(world.log().head().epoch == 2);
    const Appended done = appended(world.log(), AppendOf{"a"});
    CHECK(decoded(world.log().record_at(done.first).value()).epoch() == 2);
    CHECK(world.opened->verify(nullptr).flaw == std::nullopt);
    world.close();
    world.settings.directory = original;
    CHECK(refusal(world).empty());
}

TEST_CASE("rocks log: an unknown format version is refused", "[eventstore][rocks]") {
    RocksWorld world;
    world.close();
    const LogPaths paths{world.settings.directory};
    Identity identity = read_identity(paths);
    identity.format = 2;
    write_identity(paths, identity);
    CHECK(refusal(world).find("format 2") != std::string::npos);
    identity.format = 1;
    write_identity(paths, identity);
    {
        rocks::Database database{{.directory = paths.rocks(), .access = rocks::Access::read_write}};
        rocks::Database::Batch batch{database};
        batch.put(rocks::Family::meta, rocks::meta_format, rocks::encode_number(7));
        batch.write();
    }
    CHECK(refusal(world).find("format 7") != std::string::npos);
}

TEST_CASE("rocks log: a damaged identity, watermark or lock is refused", "[eventstore][rocks]") {
    RocksWorld world;
    fill(world);
    world.close();
    const LogPaths paths{world.settings.directory};
    const std::string file = GENERATE("identity", "watermark", "lock");
    const std::filesystem::path path = world.settings.directory / file;
    SECTION("absent") {
        std::filesystem::remove(path);
        CHECK_FALSE(refusal(world).empty());
    }
    SECTION("empty") {
        std::filesystem::resize_file(path, 0);
        CHECK(refusal(world).empty() == (file == "lock"));
    }
    SECTION("one byte changed in the middle") {
        if (file == "lock") return;
        flip_byte(path, std::filesystem::file_size(path) / 4);
        if (file == "watermark") flip_byte(path, 4096 + 20);
        if (file == "watermark") flip_byte(path, 20);
        CHECK_FALSE(refusal(world).empty());
    }
}

TEST_CASE("rocks log: one torn slot of the watermark leaves the other", "[eventstore][rocks]") {
    RocksWorld world;
    fill(world);
    world.close();
    const std::filesystem::path file = LogPaths{world.settings.directory}.watermark();
    const std::size_t slot = GENERATE(0u, 1u);
    flip_byte(file, slot * 4096 + 100);
    CHECK(read_watermark(file).has_value());
    CHECK(refusal(world).empty());
}

TEST_CASE("rocks log: an emptied or deleted newest write-ahead log is noticed", "[eventstore][rocks]") {
    RocksWorld world;
    fill(world);
    world.reopen();
    fill(world, 1);
    world.close();
    const std::filesystem::path wal = newest_wal(world);
    REQUIRE(std::filesystem::file_size(wal) > 0);
    if (GENERATE(true, false))
        std::filesystem::resize_file(wal, 0);
    else
        std::filesystem::remove(wal);
    CHECK(refusal(world).find("acknowledged events are missing") != std::string::npos);
}

TEST_CASE("rocks log: a write-ahead log cut anywhere before the watermark is noticed", "[eventstore][rocks]") {
    RocksWorld world;
    for (int i = 0; i < 10; ++i) appended(world.log(), AppendOf{"a"});
    world.close();
    const std::filesystem::path wal = newest_wal(world);
    const std::string whole = file_bytes(wal);
    for (std::size_t keep = 0; keep + 1 < whole.size(); keep += 397) {
        write_bytes(wal, whole.substr(0, keep));
        INFO("cut to " << keep << " of " << whole.size() << " bytes");
        CHECK_FALSE(refusal(world).empty());
    }
    write_bytes(wal, whole);
    CHECK(refusal(world).empty());
}

TEST_CASE("rocks log: a torn tail that was never acknowledged opens", "[eventstore][rocks]") {
    RocksWorld world;
    for (int i = 0; i < 5; ++i) appended(world.log(), AppendOf{"a"});
    world.close();
    const std::filesystem::path mark = LogPaths{world.settings.directory}.watermark();
    const std::string marked = file_bytes(mark);
    // The next append reaches the write-ahead log, but its watermark does not reach the disk: as after a power cut.
    world.open();
    const std::size_t settled = std::filesystem::file_size(newest_wal(world));
    appended(world.log(), AppendOf{"a", 3}.as("torn"));
    world.close();
    write_bytes(mark, marked);
    const std::filesystem::path wal = newest_wal(world);
    const std::string whole = file_bytes(wal);
    REQUIRE(whole.size() > settled + 10);
    const std::string tail = GENERATE(std::string{}, std::string(500, '\0'), std::string(500, 'x'));
    const std::size_t cut = settled + (whole.size() - settled) / 2;
    write_bytes(wal, whole.substr(0, cut) + tail);
    REQUIRE(refusal(world).empty());
    CHECK(world.log().head().position == Position{5});
    CHECK_FALSE(world.log().find_command("seller:ada", "torn").has_value());
    CHECK(appended(world.log(), AppendOf{"a", 3}.as("torn")).first == Position{6});
    CHECK(world.opened->verify(nullptr).flaw == std::nullopt);
}

TEST_CASE("R7: a changed byte of any file is refused or reported, never served", "[eventstore][rocks]") {
    RocksWorld world;
    fill(world, 60);
    world.reopen();  // table files
    fill(world, 20);
    const auto truth = all_records(world.log());
    world.close();
    const std::string ending = GENERATE(".log", ".sst", "MANIFEST", "CURRENT");
    int noticed = 0;
    int tried = 0;
    for (const auto& entry : std::filesystem::directory_iterator{world.rocks_directory()}) {
        const std::filesystem::path file = entry.path();
        const std::string name = file.filename().string();
        if (name.find(ending) == std::string::npos) continue;
        const std::string whole = file_bytes(file);
        for (std::size_t at = whole.size() / 7; at < whole.size(); at += whole.size() / 5 + 1) {
            flip_byte(file, at);
            ++tried;
            INFO(name << " at " << at << " of " << whole.size());
            const std::string before = directory_hash(world.settings.directory);
            bool caught = false;
            try {
                const VerifyReport report = verify(world.settings.directory, nullptr);
                caught = report.flaw.has_value() || report.head.value() != truth.size();
            } catch (const std::runtime_error&) {
                caught = true;
            }
            noticed += caught ? 1 : 0;
            CHECK(directory_hash(world.settings.directory) == before);
            write_bytes(file, whole);
        }
    }
    CHECK(tried > 0);
    // A table's padding, filter or property block holds nothing that is served.
    if (ending == ".sst")
        CHECK(noticed > tried / 4);
    else
        CHECK(noticed == tried);
    CHECK(refusal(world).empty());
    const auto after = all_records(world.log());
    REQUIRE(after.size() == truth.size());
}

TEST_CASE("rocks log: a damaged record in a table answers an error, not a shorter history", "[eventstore][rocks]") {
    RocksWorld world;
    for (int i = 0; i < 100; ++i)
        appended(world.log(), AppendOf{}.with(EventOf{"a", "needle " + std::to_string(i) + std::string(3000, 'x')}));
    world.reopen();
    world.close();
    int damaged = 0;
    for (const auto& file : files_ending(world.rocks_directory(), ".sst")) {
        if (std::filesystem::file_size(file) < 4000) continue;
        const std::size_t early = file_bytes(file).find("needle 3");
        if (early == std::string::npos) continue;
        flip_byte(file, early);
        ++damaged;
    }
    REQUIRE(damaged == 2);  // by position and by stream
    const VerifyReport report = verify(world.settings.directory, nullptr);
    REQUIRE(report.flaw.has_value());
    const std::string reason = refusal(world);
    if (!reason.empty()) return;
    CHECK_THROWS_AS(all_records(world.log()), StoreBroken);
    CHECK_THROWS_AS(world.log().read_stream(StreamName{"a"}, Revision{0}, {}), StoreBroken);
    CHECK(world.log().record_at(Position{100}).has_value());
}
