#include <sys/resource.h>
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <thread>

#include "eventstore/event_log.hpp"
#include "eventstore/vault_key_cache.hpp"
#include "tests/eventstore/vault_support.hpp"

namespace dealog::test {

using eventstore::CannotOpenVault;
using eventstore::open_vault;
using eventstore::Opened;
using eventstore::StoreBroken;
using Founding = eventstore::VaultSettings::Founding;

TEST_CASE("vault: what was sealed opens again, also after a restart", "[vault]") {
    VaultWorld world;
    const auto part = world.sealed(ada, "Ada Lovelace");
    const auto empty = world.sealed(ada, "");
    CHECK(world.opened(part, ada) == "Ada Lovelace");
    world.reopen();
    CHECK(world.opened(part, ada) == "Ada Lovelace");
    CHECK(world.opened(empty, ada) == "");
}

TEST_CASE("vault: the same value sealed twice shows no likeness", "[vault]") {
    VaultWorld world;
    const auto one = world.sealed(ada, "Ada");
    const auto two = world.sealed(ada, "Ada");
    CHECK(one.nonce() != two.nonce());
    CHECK(one.commitment() != two.commitment());
    CHECK(one.ciphertext() != two.ciphertext());
}

TEST_CASE("vault: a subject is new until its key is persisted", "[vault]") {
    VaultWorld world;
    std::vector<std::string> first;
    std::vector<std::string> second;
    const auto part = world.vault->seal(seal_context(), "a", ada, "x", first);
    static_cast<void>(world.vault->seal(seal_context(), "b", ada, "y", first));
    static_cast<void>(world.vault->seal(seal_context(), "a", ada, "z", second));
    CHECK(first == std::vector<std::string>{std::string{ada}});
    CHECK(second == first);
    world.vault->persist(first);
    world.vault->persist(second);
    std::vector<std::string> third;
    static_cast<void>(world.vault->seal(seal_context(), "a", ada, "x", third));
    CHECK(third.empty());
    CHECK(world.opened(part, ada) == "x");
}

TEST_CASE("vault: persisting a subject that was never sealed is a bug that is named", "[vault]") {
    VaultWorld world;
    const std::vector<std::string> unknown{"contact-nobody"};
    CHECK_THROWS_AS(world.vault->persist(unknown), std::logic_error);
}

TEST_CASE("vault: more subjects than the cache holds stay readable", "[vault]") {
    VaultWorld world;
    std::vector<std::pair<std::string, v1::SealedPart>> parts;
    for (int i = 0; i < 300; ++i) {
        const std::string subject = "contact-" + std::to_string(i);
        parts.emplace_back(subject, world.sealed(subject, "name of " + subject));
    }
    for (const auto& [subject, part] : parts) REQUIRE(world.opened(part, subject) == "name of " + subject);
    std::vector<std::string> new_subjects;
    static_cast<void>(world.vault->seal(seal_context(), "f", "contact-0", "x", new_subjects));
    CHECK(new_subjects.empty());
}

TEST_CASE("vault: a small vault takes little of the disk", "[vault]") {
    VaultWorld world;
    static_cast<void>(world.sealed(ada, "Ada"));
    CHECK(disk_bytes(world.directory.path()) < (1u << 20));
}

TEST_CASE("vault: the key cache keeps the keys used last and forgets what is dropped", "[vault]") {
    eventstore::KeyCache cache{2};
    const auto key = [](char c) { return eventstore::Key::from_bytes(std::string(32, c)); };
    const auto found = [&](std::string_view subject) {
        const auto held = cache.find(subject);
        return held ? held->view().front() : '-';
    };
    cache.put("a", key('a'));
    cache.put("b", key('b'));
    CHECK(found("a") == 'a');
    cache.put("c", key('c'));
    CHECK(found("b") == '-');
    CHECK(found("a") == 'a');
    CHECK(found("c") == 'c');
    cache.put("a", key('A'));
    CHECK(found("a") == 'A');
    CHECK(cache.size() == 2);
    cache.drop("a");
    cache.drop("a");
    CHECK(found("a") == '-');
    CHECK(cache.size() == 1);
}

namespace {

/// While it lives no file of this process grows beyond a few bytes: writes fail as on a full disk.
class NoRoom {
public:
    NoRoom() : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
        REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
        rlimit tight = before_;
        tight.rlim_cur = 16;
        REQUIRE(::setrlimit(RLIMIT_FSIZE, &tight) == 0);
    }
    ~NoRoom() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }
    NoRoom(const NoRoom&) = delete;
    NoRoom& operator=(const NoRoom&) = delete;

private:
    rlimit before_{};
    void (*handler_)(int);
};

}  // namespace

TEST_CASE("vault: keys that could not be written are refused, kept, and written when the disk takes them again",
          "[vault]") {
    VaultWorld world;
    const auto of_ada = world.sealed(ada, "Ada");
    std::vector<std::string> new_subjects;
    const auto of_bob = world.vault->seal(seal_context(), "personal", bob, "Bob", new_subjects);
    {
        const NoRoom no_room;
        CHECK_THROWS_AS(world.vault->persist(new_subjects), StoreBroken);
        CHECK_THROWS_AS(world.vault->persist(new_subjects), StoreBroken);
        CHECK_THROWS_AS(world.vault->erase(ada), StoreBroken);
    }
    std::string plain;
    CHECK(world.opened(of_bob, bob) == "Bob");
    world.vault->persist(new_subjects);
    world.vault->erase(ada);
    CHECK(world.vault->open(seal_context(), of_ada, ada, plain) == Opened::erased);
    world.reopen();
    CHECK(world.opened(of_bob, bob) == "Bob");
    CHECK(world.vault->open(seal_context(), of_ada, ada, plain) == Opened::erased);
}

TEST_CASE("vault: threads that meet at a new subject use one key", "[vault]") {
    VaultWorld world;
    constexpr int threads = 4;
    constexpr int subjects = 200;
    std::vector<std::vector<v1::SealedPart>> parts(threads);
    std::vector<std::thread> running;
    for (int t = 0; t < threads; ++t) {
        running.emplace_back([&world, &mine = parts[static_cast<std::size_t>(t)]] {
            for (int s = 0; s < subjects; ++s) mine.push_back(world.sealed("contact-" + std::to_string(s), "x"));
        });
    }
    for (auto& thread : running) thread.join();
    world.reopen();
    for (const auto& mine : parts) {
        for (const auto& part : mine) REQUIRE(world.opened(part, part.subject()) == "x");
    }
}

TEST_CASE("vault: a kill between sealing and persisting loses that key alone", "[vault]") {
    VaultWorld world;
    const auto kept = world.sealed(ada, "Ada");
    std::vector<std::string> never_persisted;
    const auto lost = world.vault->seal(seal_context(), "personal", bob, "Bob", never_persisted);
    // What a kill leaves: the files as they are while the vault is open.
    const TempDir left;
    const auto options = std::filesystem::copy_options::recursive | std::filesystem::copy_options::overwrite_existing;
    std::filesystem::copy(world.directory.path(), left.path(), options);

    const auto vault = open_vault({.directory = left.path(), .master_key_file = {}});
    std::string plain;
    CHECK(vault->open(seal_context(), kept, ada, plain) == Opened::open);
    CHECK(plain == "Ada");
    CHECK(vault->open(seal_context(), lost, bob, plain) == Opened::sealed);
    std::vector<std::string> new_subjects;
    const auto anew = vault->seal(seal_context(), "personal", bob, "Bob", new_subjects);
    CHECK(new_subjects == std::vector<std::string>{std::string{bob}});
    vault->persist(new_subjects);
    CHECK(vault->open(seal_context(), anew, bob, plain) == Opened::open);
}

TEST_CASE("vault: the master key is made for its owner's eyes only", "[vault]") {
    const VaultWorld world;
    struct stat status{};
    REQUIRE(::stat(world.settings.master_key().c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0400);
    CHECK(std::filesystem::status(world.settings.keys()).permissions() == std::filesystem::perms::owner_all);
}

TEST_CASE("vault: a master key that others may read is refused", "[vault]") {
    VaultWorld world;
    world.close();
    const mode_t mode = GENERATE(mode_t{0440}, mode_t{0404}, mode_t{0644}, mode_t{0700}, mode_t{0420});
    REQUIRE(::chmod(world.settings.master_key().c_str(), mode) == 0);
    CHECK_THROWS_AS(open_vault(world.settings), CannotOpenVault);
    REQUIRE(::chmod(world.settings.master_key().c_str(), 0600) == 0);
    CHECK_NOTHROW(open_vault(world.settings));
}

TEST_CASE("vault: another, a damaged and a missing master key are refused, and nothing is founded", "[vault]") {
    VaultWorld world;
    const auto part = world.sealed(ada, "Ada");
    world.close();
    const std::string right = file_bytes(world.settings.master_key());
    const std::string text =
        GENERATE(as<std::string>{}, std::string(64, 'a') + "\n", "short\n", std::string(64, 'x') + "\n", "");
    std::filesystem::remove(world.settings.master_key());
    CHECK_THROWS_AS(open_vault(world.settings), CannotOpenVault);
    CHECK_FALSE(std::filesystem::exists(world.settings.master_key()));
    std::ofstream{world.settings.master_key(), std::ios::binary} << text;
    REQUIRE(::chmod(world.settings.master_key().c_str(), 0600) == 0);
    CHECK_THROWS_AS(open_vault(world.settings), CannotOpenVault);
    std::ofstream{world.settings.master_key(), std::ios::binary} << right;
    world.reopen();
    CHECK(world.opened(part, ada) == "Ada");
}

TEST_CASE("vault: keys that must be there and are not are never made anew", "[vault]") {
    VaultWorld world;
    world.close();
    std::filesystem::remove_all(world.settings.keys());
    world.settings.founding = Founding::refused;
    CHECK_THROWS_AS(open_vault(world.settings), CannotOpenVault);
    CHECK_FALSE(std::filesystem::exists(world.settings.keys()));
}

TEST_CASE("vault: a second owner of the directory is refused", "[vault]") {
    const VaultWorld world;
    CHECK_THROWS_AS(open_vault(world.settings), CannotOpenVault);
}

TEST_CASE("vault: claim hashes and request MACs are keyed, stable and unambiguous", "[vault]") {
    VaultWorld world;
    const VaultWorld other;
    const std::string hash = world.vault->claim_hash("phone", "+49151");
    CHECK(hash.size() == 32);
    CHECK(hash != world.vault->claim_hash("phone+", "49151"));
    CHECK(hash != world.vault->claim_hash("email", "+49151"));
    CHECK(hash != other.vault->claim_hash("phone", "+49151"));
    const std::vector<std::string_view> parts{"phone", "+49151"};
    const std::vector<std::string_view> shifted{"phone+", "49151"};
    const std::string mac = world.vault->request_mac(parts);
    CHECK(mac.size() == 32);
    CHECK(mac != hash);
    CHECK(mac != world.vault->request_mac(shifted));
    world.reopen();
    CHECK(world.vault->claim_hash("phone", "+49151") == hash);
    CHECK(world.vault->request_mac(parts) == mac);
}

TEST_CASE("vault: no personal value is in any file (R104)", "[vault]") {
    VaultWorld world;
    constexpr std::string_view canary = "CANARY-7f3a-Ada-Lovelace";
    static_cast<void>(world.sealed(ada, canary));
    static_cast<void>(world.vault->claim_hash("phone", "CANARY-7f3a-phone"));
    CHECK(files_holding(world.directory.path(), "CANARY").empty());
    CHECK_FALSE(files_holding(world.directory.path(), ada).empty());  // the search does find what is there
    world.close();
    CHECK(files_holding(world.directory.path(), "CANARY").empty());
}

}  // namespace dealog::test
