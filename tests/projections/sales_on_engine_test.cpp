#include <catch2/catch.hpp>

#include "projections/board/board.hpp"
#include "projections/board/board.pb.h"
#include "projections/directory/directory.hpp"
#include "projections/kpis/kpis.hpp"
#include "tests/projections/engine/world.hpp"
#include "tests/projections/random_sales.hpp"

namespace dealog::projections::testing::sales {
namespace {

/// The records of a told history as a log that can only be followed.
class ToldLog final : public eventstore::EventLog {
public:
    explicit ToldLog(const History& history) {
        for (std::size_t i = 0; i < history.appends(); ++i) {
            auto& append = appends_.emplace_back();
            for (const auto& event : history.view(i).events) append.push_back(event.record.SerializeAsString());
            ends_.push_back(history.view(i).last);
        }
    }
    [[nodiscard]] const std::vector<Position>& ends() const { return ends_; }

    [[nodiscard]] eventstore::Page read(Position after, eventstore::ReadLimits limits) const override {
        eventstore::Page page{.records = {}, .head = ends_.back()};
        for (std::size_t i = 0; i < appends_.size() && page.records.size() < limits.records; ++i) {
            if (ends_[i] > after) page.records.insert(page.records.end(), appends_[i].begin(), appends_[i].end());
        }
        return page;
    }
    [[nodiscard]] std::optional<std::string> record_at(Position position) const override {
        std::uint64_t passed = 0;
        for (const auto& append : appends_) {
            if (position.value() <= passed + append.size()) return append[position.value() - passed - 1];
            passed += append.size();
        }
        return std::nullopt;
    }
    [[nodiscard]] eventstore::LogHead head() const override {
        return {.position = ends_.back(), .recorded_at = {}, .workspace = std::string(workspace), .epoch = 1};
    }
    [[nodiscard]] std::shared_ptr<void> on_head(std::function<void(Position)>) override {
        return std::make_shared<int>(0);
    }

    void append(eventstore::Append, eventstore::Completion) override { throw std::logic_error("it is told already"); }
    [[nodiscard]] eventstore::Page read_stream(const StreamName&, Revision, eventstore::ReadLimits) const override {
        return {};
    }
    [[nodiscard]] eventstore::Page read_tag(const log::v1::Tag&, Position, eventstore::ReadLimits) const override {
        return {};
    }
    [[nodiscard]] Revision revision(const StreamName&) const override { return {}; }
    [[nodiscard]] std::optional<eventstore::KnownCommand> find_command(std::string_view,
                                                                       std::string_view) const override {
        return {};
    }
    [[nodiscard]] std::optional<std::string> claim_owner(std::string_view, std::string_view) const override {
        return {};
    }
    [[nodiscard]] Position position_at(Instant) const override { return {}; }
    [[nodiscard]] std::string fenced_reason() const override { return {}; }

private:
    std::vector<std::vector<std::string>> appends_;
    std::vector<Position> ends_;
};

std::vector<std::unique_ptr<Projection>> all_of_them() {
    std::vector<std::unique_ptr<Projection>> all;
    all.push_back(board::make_board());
    all.push_back(kpis::make_kpis());
    all.push_back(directory::make_directory());
    return all;
}

/// Every table, key by key, as a view shows it.
std::vector<std::string> shown(const Projection& projection, const View& view) {
    std::vector<std::string> all;
    for (const auto& table : projection.tables()) {
        view.scan(table, {}, {}, [&](std::string_view key, std::string_view row, Position) {
            all.push_back(std::string(table.name) + '/' + std::string(key) + '=' + std::string(row));
            return true;
        });
    }
    return all;
}

}  // namespace

TEST_CASE(
    "R5: on the engine the board, the KPIs and the directory are row for row what they are in memory, at every "
    "append") {
    RandomSales told(31);
    for (int n = 0; n < 400; ++n) told.step();
    ToldLog log(told.history);
    ScratchDirectory scratch;
    Engine engine({.directory = scratch / "projections", .batch_events_max = 37}, log, all_of_them());
    engine.start();
    for (const auto& projection : all_of_them()) {
        std::promise<bool> reached;
        engine.when_reached(projection->name(), log.head().position, std::chrono::seconds{30},
                            [&](bool there) { reached.set_value(there); });
        REQUIRE(reached.get_future().get());
        MemoryRows memory;
        for (std::size_t i = 0; i < told.history.appends(); ++i) memory.apply(*projection, told.history.view(i));
        for (std::size_t i = 0; i < log.ends().size(); i += 11) {
            const auto on_engine = engine.view(projection->name(), log.ends()[i]);
            REQUIRE(on_engine);
            REQUIRE(shown(*projection, *on_engine) == shown(*projection, *memory.view(log.ends()[i])));
        }
        REQUIRE(shown(*projection, *engine.view(projection->name())).size() > 100);
    }
}

TEST_CASE("the read models of sales: rebuilt from the first position they are equal, key by key, history included") {
    RandomSales told(32);
    for (int n = 0; n < 300; ++n) told.step();
    ToldLog log(told.history);
    ScratchDirectory scratch;
    Engine followed({.directory = scratch / "followed", .batch_events_max = 5}, log, all_of_them());
    followed.start();
    Engine rebuilt({.directory = scratch / "rebuilt"}, log, all_of_them());
    rebuilt.rebuild_all({});
    for (const auto& projection : all_of_them()) {
        std::promise<bool> reached;
        followed.when_reached(projection->name(), log.head().position, std::chrono::seconds{30},
                              [&](bool there) { reached.set_value(there); });
        REQUIRE(reached.get_future().get());
        CHECK(followed.fingerprint(projection->name()) == rebuilt.fingerprint(projection->name()));
    }
}

}  // namespace dealog::projections::testing::sales
