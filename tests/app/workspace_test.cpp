// What a data directory promises to whoever starts the program on it.
#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include "app/loop.hpp"
#include "app/workspace.hpp"
#include "domain/contact/contact.pb.h"
#include "domain/privacy/privacy.pb.h"
#include "eventstore/open_vault.hpp"

using namespace dealog;
using app::Workspace;
namespace fs = std::filesystem;

namespace {

class Directory {
public:
    Directory() {
        auto pattern = (fs::temp_directory_path() / "dealog-app-XXXXXX").string();
        REQUIRE(mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~Directory() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    [[nodiscard]] const fs::path& path() const { return path_; }

private:
    fs::path path_;
};

/// Every file with its bytes.
std::map<std::string, std::string> contents(const fs::path& directory) {
    std::map<std::string, std::string> all;
    for (const auto& entry : fs::recursive_directory_iterator{directory}) {
        auto& bytes = all[entry.path().string()];
        if (!entry.is_regular_file()) continue;
        std::ifstream in{entry.path(), std::ios::binary};
        bytes.assign(std::istreambuf_iterator<char>{in}, {});
    }
    return all;
}

/// One start of the program on a directory.
struct Started {
    explicit Started(const fs::path& data, Workspace::Found found = Workspace::Found::if_empty)
        : settings{.data = data}, workspace(settings, found, clock, metrics), secret(workspace.found()) {}

    /// One command as the administrator; the id of what it made.
    std::string done(std::shared_ptr<google::protobuf::Message> message) {
        app::Loop loop;
        commands::Dispatcher dispatcher{
            workspace.lend([&](std::function<void()> work) { loop.post(std::move(work)); })};
        commands::Request request;
        request.actor = {.kind = Principal::Kind::system, .id = "system"};
        request.commands.push_back({.message = std::move(message), .idempotency_key = {}});
        std::optional<commands::Answer> answer;
        dispatcher.run(std::move(request), [&](commands::Answer given) { answer = std::move(given); });
        loop.run_until([&] { return answer.has_value(); });
        REQUIRE(*answer);
        return (*answer)->results.at(0).id();
    }

    app::Settings settings;
    SystemClock clock;
    metrics::Registry metrics;
    Workspace workspace;
    std::optional<std::string> secret;
};

std::string contact_named(Started& started, const std::string& name) {
    auto command = std::make_shared<contact::v1::RegisterContact>();
    command->mutable_personal()->set_full_name(name);
    return started.done(command);
}

void erase(Started& started, const std::string& subject) {
    auto command = std::make_shared<privacy::v1::EraseSubject>();
    command->set_subject(subject);
    command->set_legal_ground("request of the person");
    started.done(command);
}

}  // namespace

TEST_CASE("workspace: a refused directory is left as it was, its keys too", "[app]") {
    const Directory home;
    const fs::path data = home.path() / "data";
    {
        Started first{data};
        contact_named(first, "Zaphod");
    }
    const fs::path key = data / "master.key";
    const std::string how = GENERATE("the watermark is gone", "an unknown format", "the log lost its end",
                                     "another master key", "a master key for everybody", "no master key", "no keys");
    INFO(how);
    if (how == "the watermark is gone") fs::remove(data / "watermark");
    if (how == "an unknown format") std::ofstream{data / "identity"} << "format 7\n";
    if (how == "the log lost its end") {
        for (const auto& entry : fs::directory_iterator{data / "log"}) {
            if (entry.path().extension() == ".log") fs::resize_file(entry.path(), 0);
        }
    }
    if (how == "another master key") {
        fs::remove(key);
        std::ofstream{key} << std::string(64, 'a') << "\n";
        fs::permissions(key, fs::perms::owner_read);
    }
    if (how == "a master key for everybody") fs::permissions(key, fs::perms::owner_read | fs::perms::others_read);
    if (how == "no master key") fs::remove(key);
    if (how == "no keys") fs::remove_all(data / "keys");
    const auto before = contents(data);
    const auto found = GENERATE(Workspace::Found::if_empty, Workspace::Found::refused);
    CHECK_THROWS((Started{data, found}));
    CHECK(contents(data) == before);
}

TEST_CASE("workspace: nothing is made where something else lies, nor by a verb that only opens", "[app]") {
    const Directory home;
    SECTION("a folder of somebody") {
        std::ofstream{home.path() / "thesis.txt"} << "chapter 1";
        CHECK_THROWS_AS(Started{home.path()}, eventstore::CannotOpen);
    }
    SECTION("a verb that only opens") {
        CHECK_THROWS_AS((Started{home.path() / "data", Workspace::Found::refused}), eventstore::CannotOpen);
    }
    CHECK_FALSE(fs::exists(home.path() / "data"));
    CHECK_FALSE(fs::exists(home.path() / "identity"));
}

TEST_CASE("workspace: a founding that was cut short anywhere is done at the next start", "[app]") {
    const Directory home;
    const fs::path data = home.path() / "data";
    const std::string where = GENERATE("an empty directory", "the lock", "half a database", "no identity yet",
                                       "no keys yet", "a master key and half a key store", "a disk's own folder");
    INFO(where);
    fs::create_directories(data);
    if (where == "a disk's own folder") fs::create_directory(data / "lost+found");
    if (where == "the lock" || where == "half a database") std::ofstream{data / "lock"};
    if (where == "half a database") {
        fs::create_directory(data / "log");
        std::ofstream{data / "log" / "MANIFEST-000001"} << "half";
    }
    if (where == "no identity yet" || where == "no keys yet" || where.starts_with("a master")) {
        eventstore::create_log(data, "acme");
        if (where == "no identity yet") fs::remove(data / "identity");
    }
    if (where.starts_with("a master")) {
        std::ofstream{data / "master.key"} << std::string(64, 'a') << "\n";
        fs::permissions(data / "master.key", fs::perms::owner_read);
        fs::create_directory(data / "keys");
        std::ofstream{data / "keys" / "LOCK"};
    }
    std::string contact;
    {
        Started first{data};
        REQUIRE(first.secret);
        contact = contact_named(first, "Zaphod");
    }
    Started again{data};
    CHECK_FALSE(again.secret);
    CHECK(again.workspace.log().revision(StreamName{"contact-" + contact}) == Revision{1});
}

TEST_CASE("workspace: the first key's file is for its owner alone, and its loss is noticed while nobody has come",
          "[app]") {
    const Directory home;
    const fs::path file = app::admin_key_file(home.path());
    {
        Started first{home.path()};
        CHECK_FALSE(first.workspace.first_key_may_be_lost());
        struct stat status{};
        REQUIRE(::stat(file.c_str(), &status) == 0);
        CHECK((status.st_mode & 07777) == 0600);
    }
    fs::remove(file);
    {
        Started again{home.path()};
        CHECK(again.workspace.first_key_may_be_lost());
        contact_named(again, "Zaphod");
        CHECK_FALSE(again.workspace.first_key_may_be_lost());
    }
}

TEST_CASE("workspace: an erasure that was cut short before it came to the key is finished at the next start", "[app]") {
    const Directory home;
    const fs::path data = home.path() / "data";
    const fs::path keys_before = home.path() / "keys before";
    std::string ford;
    std::string zaphod;
    {
        Started first{data};
        ford = "contact-" + contact_named(first, "Ford");
        zaphod = "contact-" + contact_named(first, "Zaphod");
    }
    fs::copy(data / "keys", keys_before, fs::copy_options::recursive);
    {
        Started second{data};
        erase(second, zaphod);
    }
    // As if the process had died after the sync of the event.
    fs::remove_all(data / "keys");
    fs::copy(keys_before, data / "keys", fs::copy_options::recursive);
    {
        const auto vault = eventstore::open_vault({.directory = data, .master_key_file = {}});
        REQUIRE_FALSE(vault->erased(zaphod));
    }
    {
        Started third{data};
        CHECK(third.workspace.vault().erased(zaphod));
        CHECK_FALSE(third.workspace.vault().erased(ford));
    }
    const auto vault = eventstore::open_vault({.directory = data, .master_key_file = {}});
    CHECK(vault->erased(zaphod));
}
