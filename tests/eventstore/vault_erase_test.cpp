#include <rocksdb/db.h>

#include <catch2/catch.hpp>
#include <thread>

#include "eventstore/event_log.hpp"
#include "eventstore/key_store.hpp"
#include "eventstore/vault_admin.hpp"
#include "eventstore/vault_master_key.hpp"
#include "tests/eventstore/vault_support.hpp"

namespace dealog::test {

using eventstore::KeyStore;
using eventstore::Opened;

namespace {

/// The bytes under which the store keeps the subject's key.
std::string wrapped_key(const std::filesystem::path& keys, std::string_view subject) {
    rocksdb::DB* db = nullptr;
    REQUIRE(rocksdb::DB::OpenForReadOnly(rocksdb::Options{}, keys.string(), &db).ok());
    const std::unique_ptr<rocksdb::DB> owner{db};
    std::string value;
    REQUIRE(db->Get(rocksdb::ReadOptions{}, "k" + std::string{subject}, &value).ok());
    return value;
}

void fill(VaultWorld& world, int subjects) {
    std::vector<std::string> new_subjects;
    for (int i = 0; i < subjects; ++i) {
        static_cast<void>(
            world.vault->seal(seal_context(), "f", "contact-other-" + std::to_string(i), "x", new_subjects));
    }
    world.vault->persist(new_subjects);
}

}  // namespace

TEST_CASE("vault: an erased subject reads as erased for ever, the others as before", "[vault]") {
    VaultWorld world;
    const auto of_ada = world.sealed(ada, "Ada");
    const auto of_bob = world.sealed(bob, "Bob");
    CHECK_FALSE(world.vault->erased(ada));
    world.vault->erase(ada);
    world.vault->erase(ada);
    for (int restart = 0; restart < 2; ++restart) {
        std::string plain = "left over";
        CHECK(world.vault->open(seal_context(), of_ada, ada, plain) == Opened::erased);
        CHECK(plain.empty());
        CHECK(world.vault->erased(ada));
        CHECK_FALSE(world.vault->erased(bob));
        CHECK(world.opened(of_bob, bob) == "Bob");
        std::vector<std::string> new_subjects;
        CHECK_THROWS_AS(world.vault->seal(seal_context(), "f", ada, "Ada", new_subjects), eventstore::SubjectErased);
        CHECK(new_subjects.empty());
        world.reopen();
    }
}

TEST_CASE("vault: a subject without a key can be erased before it has one", "[vault]") {
    VaultWorld world;
    world.vault->erase(ada);
    std::vector<std::string> new_subjects;
    CHECK_THROWS_AS(world.vault->seal(seal_context(), "f", ada, "Ada", new_subjects), eventstore::SubjectErased);
}

TEST_CASE("vault: an erasure between sealing and persisting leaves no key behind", "[vault]") {
    VaultWorld world;
    std::vector<std::string> new_subjects;
    const auto part = world.vault->seal(seal_context(), "f", ada, "Ada", new_subjects);
    world.vault->erase(ada);
    world.vault->persist(new_subjects);
    world.close();
    const KeyStore store{world.settings};
    CHECK_FALSE(store.find(ada));
    CHECK(store.buried_at(ada) == world.clock.now());
}

TEST_CASE("vault: after an erasure the wrapped key is in no file of the store", "[vault]") {
    VaultWorld world;
    const int others_before = GENERATE(0, 3, 2000);
    const int others_after = GENERATE(0, 50);
    fill(world, others_before);
    const auto part = world.sealed(ada, "Ada");
    fill(world, others_after);
    if (others_after > 0) world.reopen();  // the key is in a table file as well as, before, in a write-ahead log
    const std::string wrapped = wrapped_key(world.settings.keys(), ada);
    REQUIRE(wrapped.size() == 24 + 32 + 16);  // nonce, key, tag
    REQUIRE_FALSE(files_holding(world.directory.path(), wrapped).empty());

    world.vault->erase(ada);
    CHECK(files_holding(world.directory.path(), wrapped).empty());
    CHECK(files_holding(world.directory.path(), wrapped.substr(24)).empty());
    world.reopen();
    CHECK(files_holding(world.directory.path(), wrapped).empty());
    CHECK(world.vault->erased(ada));
}

TEST_CASE("vault: an erasure cut short before the files were rewritten is finished at the next open", "[vault]") {
    VaultWorld world;
    static_cast<void>(world.sealed(ada, "Ada"));
    fill(world, 20);
    const std::string wrapped = wrapped_key(world.settings.keys(), ada);
    world.close();
    const std::vector<std::string> subjects{std::string{ada}};
    KeyStore{world.settings}.bury(subjects, world.clock.now());
    REQUIRE_FALSE(files_holding(world.directory.path(), wrapped).empty());
    world.reopen();
    CHECK(files_holding(world.directory.path(), wrapped).empty());
    world.close();
    CHECK_FALSE(KeyStore{world.settings}.needs_scrub());
}

TEST_CASE("vault: a subject is erased also after restarts in which nothing was written", "[vault]") {
    VaultWorld world;
    const auto part = world.sealed(ada, "Ada");
    for (int restarts = GENERATE(0, 1, 2, 3); restarts > 0; --restarts) world.reopen();
    world.vault->erase(ada);
    std::string plain;
    CHECK(world.vault->open(seal_context(), part, ada, plain) == Opened::erased);
}

TEST_CASE("vault: sealing goes on while others are erased", "[vault]") {
    VaultWorld world;
    fill(world, 100);
    std::thread eraser{[&world] {
        for (int i = 0; i < 20; ++i) world.vault->erase("contact-other-" + std::to_string(i));
    }};
    std::vector<v1::SealedPart> parts;
    for (int i = 0; i < 300; ++i) parts.push_back(world.sealed("contact-new-" + std::to_string(i), "x"));
    eraser.join();
    world.reopen();
    for (const auto& part : parts) REQUIRE(world.opened(part, part.subject()) == "x");
    for (int i = 0; i < 20; ++i) REQUIRE(world.vault->erased("contact-other-" + std::to_string(i)));
    CHECK_FALSE(world.vault->erased("contact-other-20"));
}

TEST_CASE("vault: after a rotation the new master key opens everything and the old one nothing", "[vault]") {
    VaultWorld world;
    const auto of_ada = world.sealed(ada, "Ada");
    const std::string claim = world.vault->claim_hash("phone", "+49151");
    world.vault->erase(bob);
    world.close();
    const std::string old_wrapped = wrapped_key(world.settings.keys(), ada);
    const std::string old_master = file_bytes(world.settings.master_key());
    eventstore::rotate_master_key(world.settings);
    const std::string new_master = file_bytes(world.settings.master_key());
    CHECK(new_master != old_master);
    CHECK(files_holding(world.directory.path(), old_wrapped).empty());
    CHECK_FALSE(std::filesystem::exists(eventstore::next_master_key(world.settings.master_key())));
    world.reopen();
    CHECK(world.opened(of_ada, ada) == "Ada");
    CHECK(world.vault->claim_hash("phone", "+49151") == claim);
    CHECK(world.vault->erased(bob));
    world.close();

    world.settings.master_key_file = world.directory.path() / "old.key";
    std::ofstream{world.settings.master_key_file} << old_master;
    std::filesystem::permissions(world.settings.master_key_file, std::filesystem::perms::owner_read);
    CHECK_THROWS_AS(eventstore::open_vault(world.settings), eventstore::CannotOpenVault);
}

TEST_CASE("vault: a rotation cut short is finished with whichever key fits", "[vault]") {
    VaultWorld world;
    const auto of_ada = world.sealed(ada, "Ada");
    world.close();
    const auto file = world.settings.master_key();
    const std::string old_master = file_bytes(file);

    SECTION("before anything was wrapped anew the next key is of no use") {
        eventstore::create_master_key(eventstore::next_master_key(file), eventstore::Key::random());
        world.reopen();
        CHECK(file_bytes(file) == old_master);
    }
    SECTION("after everything was wrapped anew the next key takes its place") {
        eventstore::rotate_master_key(world.settings);
        std::filesystem::rename(file, eventstore::next_master_key(file));
        std::ofstream{file} << old_master;
        std::filesystem::permissions(file, std::filesystem::perms::owner_read);
        world.reopen();
        CHECK(file_bytes(file) != old_master);
        CHECK_FALSE(std::filesystem::exists(eventstore::next_master_key(file)));
    }
    CHECK(world.opened(of_ada, ada) == "Ada");
}

TEST_CASE("vault: the offline tool counts and erases many at once", "[vault]") {
    VaultWorld world;
    fill(world, 500);
    const auto of_ada = world.sealed(ada, "Ada");
    world.vault->erase("contact-other-7");
    CHECK_THROWS_AS(eventstore::count_subjects(world.settings), eventstore::CannotOpenVault);  // it is open here
    world.close();
    const std::string wrapped = wrapped_key(world.settings.keys(), "contact-other-42");
    std::vector<std::string> subjects;
    for (int i = 0; i < 200; ++i) subjects.push_back("contact-other-" + std::to_string(i));
    eventstore::erase_subjects(world.settings, subjects);
    eventstore::erase_subjects(world.settings, subjects);
    const auto counts = eventstore::count_subjects(world.settings);
    CHECK(counts.subjects == 301);
    CHECK(counts.erased == 200);
    CHECK(files_holding(world.directory.path(), wrapped).empty());
    world.reopen();
    CHECK(world.vault->erased("contact-other-199"));
    CHECK(world.opened(of_ada, ada) == "Ada");
}

TEST_CASE("vault: the offline tool founds nothing", "[vault]") {
    const TempDir directory;
    const eventstore::VaultSettings settings{.directory = directory.path(), .master_key_file = {}};
    CHECK_THROWS_AS(eventstore::count_subjects(settings), eventstore::CannotOpenVault);
    CHECK_THROWS_AS(eventstore::rotate_master_key(settings), eventstore::CannotOpenVault);
    CHECK(std::filesystem::is_empty(directory.path()));
}

}  // namespace dealog::test
