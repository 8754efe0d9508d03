#include <atomic>
#include <iostream>
#include <map>
#include <set>

#include <fmt/format.h>

#include "app/demo/company.hpp"
#include "app/loop.hpp"
#include "app/verbs.hpp"
#include "app/workspace.hpp"
#include "domain/seller/seller.pb.h"

namespace dealog::app {

namespace {

/// A clock that stands where the story is.
class StoryClock final : public Clock {
public:
    explicit StoryClock(Instant begin) : now_(begin) {}
    [[nodiscard]] Instant now() const override { return now_.load(); }
    void set(Instant t) { now_.store(std::max(t, now_.load())); }

private:
    std::atomic<Instant> now_;
};

class Teller {
public:
    Teller(Workspace& workspace, StoryClock& clock)
        : workspace_(workspace),
          clock_(clock),
          dispatcher_(workspace.lend([this](std::function<void()> work) { loop_.post(std::move(work)); })) {}

    /// Says one step. It may still be under way when the next ones are said, as long as their times are close.
    void say(const demo::Step& step) {
        wait_until([&] {
            return under_way_.empty() || (step.at - *under_way_.begin() <= window && under_way_.size() < under_way_max);
        });
        clock_.set(step.at);
        workspace_.log().accept_clock();  // the story's time is the log's
        commands::Request request;
        request.actor = actor(step.actor);
        request.commands.push_back({.message = step.command});
        request.idempotency_key = fmt::format("demo-{}", ++number_);
        request.mac = "demo";
        request.source = "demo";
        const auto place = under_way_.insert(step.at);
        dispatcher_.run(std::move(request), [this, place, command = step.command](const commands::Answer& answer) {
            under_way_.erase(place);
            if (!answer && problem_.empty()) {
                problem_ = fmt::format("{}: {}\n{}", code_name(answer.error().code), answer.error().detail,
                                       command->DebugString());
            }
        });
        if (const auto* joined = dynamic_cast<const seller::v1::AddSeller*>(step.command.get())) remember(*joined);
    }

    void finish() {
        wait_until([&] { return under_way_.empty(); });
    }
    /// Why a step was refused; empty while none was.
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    static constexpr std::chrono::minutes window{30};
    static constexpr std::size_t under_way_max = 256;

    void wait_until(const std::function<bool()>& done) { loop_.run_until(done); }

    Principal actor(const std::string& seller) const {
        if (seller.empty()) return {.kind = Principal::Kind::system, .id = "system"};
        return people_.at(seller);
    }

    void remember(const seller::v1::AddSeller& joined) {
        Principal principal{
            .kind = Principal::Kind::seller, .id = joined.id(), .name = joined.name(), .team_id = joined.team_id()};
        for (const auto role : joined.roles()) principal.roles.push_back(static_cast<RoleName>(role));
        people_[joined.id()] = std::move(principal);
    }

    Workspace& workspace_;
    StoryClock& clock_;
    Loop loop_;
    commands::Dispatcher dispatcher_;
    std::map<std::string, Principal> people_;
    std::multiset<Instant> under_way_;
    std::string problem_;
    std::uint64_t number_ = 0;
};

}  // namespace

int fill_demo(const Settings& settings, const DemoOptions& options) {
    const auto now = SystemClock{}.now();
    StoryClock clock(now - std::chrono::days(options.days) - std::chrono::minutes(5));
    metrics::Registry metrics;
    Workspace workspace(settings, Workspace::Found::if_empty, clock, metrics);
    const auto secret = workspace.found();
    if (!secret) {
        std::cerr << settings.data.string() << " holds a workspace already; the demo fills empty directories only\n";
        return exit_failed;
    }
    const auto steps = demo::company(
        {.sellers = options.sellers, .deals = options.deals, .days = options.days, .seed = options.seed}, now);
    Teller teller(workspace, clock);
    std::size_t told = 0;
    for (const auto& step : steps) {
        teller.say(step);
        if (!teller.problem().empty()) break;
        if (++told % 500 == 0) fmt::print(stderr, "\rdemo: {} of {} actions", told, steps.size());
    }
    teller.finish();
    if (!teller.problem().empty()) {
        std::cerr << "\nthe demo was refused: " << teller.problem() << "\n";
        return exit_failed;
    }
    fmt::print(stderr, "\rdemo: {} actions, {} events, {} sellers, {} deals over {} days\n", steps.size(),
               workspace.log().head().position.value(), options.sellers, options.deals, options.days);
    return exit_done;
}

}  // namespace dealog::app
