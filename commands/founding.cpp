#include <algorithm>
#include <future>
#include <memory>
#include <stdexcept>

#include "commands/dispatcher.hpp"
#include "commands/secrets.hpp"
#include "commands/stage.hpp"
#include "domain/workspace.hpp"

namespace dealog::commands {

namespace {

/// There is nothing to read before the beginning.
class Nothing final : public domain::Aggregates {
public:
    [[nodiscard]] const settings::Settings& settings() override {
        throw std::logic_error{"a workspace is founded without settings"};
    }
    [[nodiscard]] const pipeline::Pipeline* pipeline(std::string_view) override { return nullptr; }
    [[nodiscard]] const team::Team* team(std::string_view) override { return nullptr; }
    [[nodiscard]] const seller::Seller* seller(std::string_view) override { return nullptr; }
    [[nodiscard]] const api_key::ApiKey* api_key(std::string_view) override { return nullptr; }
    [[nodiscard]] const company::Company* company(std::string_view) override { return nullptr; }
    [[nodiscard]] const contact::Contact* contact(std::string_view) override { return nullptr; }
    [[nodiscard]] const deal::Deal* deal(std::string_view) override { return nullptr; }
    [[nodiscard]] bool erased(std::string_view) override { return false; }
};

/// Waits for the sync.
eventstore::AppendResult append_and_wait(eventstore::EventLog& log, eventstore::Append append) {
    auto written = std::make_shared<std::promise<eventstore::AppendResult>>();
    auto result = written->get_future();
    log.append(std::move(append),
               [written](eventstore::AppendResult outcome) { written->set_value(std::move(outcome)); });
    return result.get();
}

}  // namespace

std::optional<std::string> found_workspace(Dispatcher::Lent lent) {
    const auto head = lent.log.head();
    if (head.position > Position{}) return std::nullopt;

    const Principal founder{.kind = Principal::Kind::system, .id = "system"};
    const auto now = lent.clock.now();
    Nothing nothing;
    RandomSecrets secrets;
    const domain::Given given{
        .now = now, .ids = lent.ids, .actor = founder, .aggregates = nothing, .source = "system", .secrets = &secrets};
    const auto decision = domain::found_workspace(given);

    eventstore::Append append;
    append.actor.set_kind("system");
    append.actor.set_id(founder.id);
    append.source = "system";
    const StageNeeds needs{.vault = lent.vault, .ids = lent.ids, .workspace = head.workspace, .now = now};
    for (const auto& event : decision.events) {
        stage_event(event, needs, append);
        const bool seen =
            std::ranges::any_of(append.checks, [&](const auto& check) { return check.stream == event.stream; });
        if (!seen) append.checks.push_back({.stream = event.stream, .expected = eventstore::NoStream{}});
    }
    const auto written = append_and_wait(lent.log, std::move(append));
    if (!written) throw eventstore::StoreBroken{"a new workspace could not be founded"};
    return decision.secret;
}

}  // namespace dealog::commands
