#include <catch2/catch.hpp>

#include <chrono>
#include <cstdio>
#include <unordered_map>

#include "tests/commands/disk_world.hpp"

using namespace dealog;
using dealog::test::command;
using dealog::test::set;

namespace {

/// Acknowledges at once and stores nothing: what is left is the dispatcher's own work.
class NoLog final : public eventstore::EventLog {
public:
    explicit NoLog(eventstore::EventLog& real) : real_(real) {}
    void append(eventstore::Append append, eventstore::Completion done) override {
        eventstore::Appended appended{.first = Position{position_ + 1},
                                      .last = Position{position_ + append.events.size()},
                                      .recorded_at = Instant{}};
        position_ += append.events.size();
        for (const auto& event : append.events) {
            const auto stored = revision(event.stream).value();
            appended.revisions.emplace_back(revisions_[event.stream.value()] = stored + 1);
        }
        done(std::move(appended));
    }
    [[nodiscard]] eventstore::Page read(Position after, eventstore::ReadLimits limits) const override {
        return real_.read(after, limits);
    }
    [[nodiscard]] eventstore::Page read_stream(const StreamName& stream, Revision after,
                                               eventstore::ReadLimits limits) const override {
        return real_.read_stream(stream, after, limits);
    }
    [[nodiscard]] eventstore::Page read_tag(const log::v1::Tag& tag, Position after,
                                            eventstore::ReadLimits limits) const override {
        return real_.read_tag(tag, after, limits);
    }
    [[nodiscard]] std::optional<std::string> record_at(Position position) const override {
        return real_.record_at(position);
    }
    [[nodiscard]] Revision revision(const StreamName& stream) const override {
        const auto known = revisions_.find(stream.value());
        return known != revisions_.end() ? Revision{known->second} : real_.revision(stream);
    }
    [[nodiscard]] std::optional<eventstore::KnownCommand> find_command(std::string_view scope,
                                                                       std::string_view key) const override {
        return real_.find_command(scope, key);
    }
    [[nodiscard]] std::optional<std::string> claim_owner(std::string_view kind, std::string_view value) const override {
        return real_.claim_owner(kind, value);
    }
    [[nodiscard]] eventstore::LogHead head() const override { return real_.head(); }
    [[nodiscard]] Position position_at(Instant t) const override { return real_.position_at(t); }
    [[nodiscard]] std::shared_ptr<void> on_head(std::function<void(Position)> wake) override {
        return real_.on_head(std::move(wake));
    }
    [[nodiscard]] std::string fenced_reason() const override { return {}; }

private:
    eventstore::EventLog& real_;
    std::uint64_t position_ = 1000;
    std::unordered_map<std::string, std::uint64_t> revisions_;
};

constexpr int rounds = 10'000;
/// Of a debug build on a busy machine; the release build's figure is what counts.
constexpr std::chrono::microseconds decision_max{1000};

}  // namespace

TEST_CASE("what one decision costs the dispatcher's thread, sealing included", "[.speed]") {
    const test::Directory directory;
    test::DiskWorld world{directory};
    NoLog log{*world.log};
    test::Desk desk{log, *world.vault, world.clock, world.ids};
    const auto admin = *desk.dispatcher.authenticate(world.secret);
    const auto make = [&](std::shared_ptr<google::protobuf::Message> message, int i) {
        commands::Request request{.actor = admin, .idempotency_key = "k" + std::to_string(i), .mac = "m"};
        request.commands.push_back({.message = std::move(message), .idempotency_key = {}});
        return request;
    };
    const auto seller =
        desk.run(make(command<seller::v1::AddSeller>("name: 'Vera' roles: CLOSER"), 0))->results[0].id();
    const auto contact =
        desk.run(make(command<contact::v1::RegisterContact>("personal { full_name: 'Ada' }"), 0))->results[0].id();
    std::vector<std::string> deals;
    const auto timed = [&](const char* name, const auto& message_of) {
        std::vector<commands::Request> requests;
        for (int i = 0; i < rounds; ++i) requests.push_back(make(message_of(i), i));
        deals.clear();
        int open = rounds;
        const auto start = std::chrono::steady_clock::now();
        for (auto& request : requests) {
            desk.dispatcher.run(std::move(request), [&](commands::Answer answer) {
                REQUIRE(answer);
                deals.push_back(answer->results[0].id());
                --open;
            });
            desk.loop.run_until([&] {
                return open == rounds - static_cast<int>(deals.size()) && open < rounds - (&request - requests.data());
            });
        }
        const auto each = (std::chrono::steady_clock::now() - start) / rounds;
        std::printf("%-12s %6.2f us\n", name, static_cast<double>(std::chrono::nanoseconds{each}.count()) / 1000.0);
        REQUIRE(each < decision_max);
    };
    const auto open = command<deal::v1::OpenDeal>("title: 'Roof for the new hall' " + set("owner_id", seller) +
                                                  set("contact_id", contact));
    timed("OpenDeal", [&](int) { return std::shared_ptr<google::protobuf::Message>{open}; });
    const auto opened = deals;
    timed("MoveStage", [&](int i) {
        return command<deal::v1::MoveStage>("stage: 'qualified' " + set("deal", opened[static_cast<std::size_t>(i)]));
    });
    timed("LogAction", [&](int i) {
        return command<task::v1::LogAction>(
            "type: 'CALL' outcome: REACHED text: 'Asked for the price of a roof of tiles' " +
            set("deal", opened[static_cast<std::size_t>(i)]));
    });
    timed("Unchanged", [&](int i) {
        return command<deal::v1::UpdateDeal>("title: 'Roof for the new hall' " +
                                             set("deal", opened[static_cast<std::size_t>(i)]));
    });
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < rounds; ++i) REQUIRE(desk.dispatcher.authenticate(world.secret));
    const auto each = (std::chrono::steady_clock::now() - start) / rounds;
    std::printf("%-12s %6.2f us\n", "authenticate",
                static_cast<double>(std::chrono::nanoseconds{each}.count()) / 1000.0);
    REQUIRE(each < decision_max);
}
