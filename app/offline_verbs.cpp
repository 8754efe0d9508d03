// Verbs that open the data directory themselves.
#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <future>
#include <iostream>
#include <mutex>

#include <fmt/format.h>

#include "app/loop.hpp"
#include "app/verbs.hpp"
#include "app/workspace.hpp"
#include "base/log.hpp"
#include "domain/api_key/api_key.pb.h"
#include "eventstore/open.hpp"
#include "eventstore/vault_admin.hpp"
#include "eventstore/verify.hpp"

namespace dealog::app {

namespace {

class Stopwatch {
public:
    [[nodiscard]] double seconds() const {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
    }

private:
    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

void show_progress(const char* what, std::uint64_t done, std::uint64_t total, double seconds) {
    const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
    const double left = rate > 0 && total > done ? static_cast<double>(total - done) / rate : 0;
    fmt::print(stderr, "\r{}: {} of {} events, {:.0f}/s, {:.0f} s left   ", what, done, total, rate, left);
}

}  // namespace

int rebuild(const Settings& settings, const std::string& projection) {
    SystemClock clock;
    metrics::Registry metrics;
    Workspace workspace(settings, Workspace::Found::refused, clock, metrics);
    auto& engine = workspace.engine();
    const auto before = engine.status();
    const bool known = projection == "all" || std::any_of(before.begin(), before.end(), [&](const auto& status) {
                           return status.name == projection;
                       });
    if (!known) {
        std::cerr << "there is no projection '" << projection << "'; there are: all";
        for (const auto& status : before) std::cerr << ", " << status.name;
        std::cerr << "\n";
        return exit_usage;
    }
    const Stopwatch watch;
    const auto head = workspace.log().head().position.value();
    if (projection == "all") {
        engine.rebuild_all([&](const projections::Status& status) {
            show_progress(status.name.c_str(), status.rebuild_done, status.rebuild_total, watch.seconds());
        });
    } else {
        engine.start();
        std::promise<bool> caught_up;
        engine.when_reached(projection, Position{head}, std::chrono::hours(24),
                            [&](bool reached) { caught_up.set_value(reached); });
        if (!caught_up.get_future().get()) {
            std::cerr << projection << " is stopped: " << engine.status().front().error << "\n";
        }
        std::mutex mutex;
        std::condition_variable changed;
        engine.rebuild(projection);
        std::unique_lock lock(mutex);
        const auto finished = [&] {
            for (const auto& status : engine.status()) {
                if (status.name != projection) continue;
                show_progress(projection.c_str(), status.rebuild_done, status.rebuild_total, watch.seconds());
                return status.state != "rebuilding";
            }
            return true;
        };
        while (!finished()) changed.wait_for(lock, std::chrono::milliseconds(100));
    }
    fmt::print(stderr, "\n");
    for (const auto& status : engine.status()) {
        if (projection != "all" && status.name != projection) continue;
        fmt::print("{} v{}: position {}, {} {}\n", status.name, status.version, status.position.value(), status.state,
                   status.error);
        if (status.state == "stopped") return exit_failed;
    }
    fmt::print("{} events in {:.1f} s\n", head, watch.seconds());
    return exit_done;
}

int verify(const Settings& settings) {
    const Stopwatch watch;
    const auto report = eventstore::verify(settings.data, [&](Position done, Position head) {
        show_progress("verify", done.value(), head.value(), watch.seconds());
    });
    fmt::print(stderr, "\n");
    std::string root;
    for (const auto byte : report.root) root += fmt::format("{:02x}", static_cast<unsigned>(byte));
    if (report.flaw) {
        fmt::print("DAMAGED at position {}: {}\n", report.flaw->position.value(), report.flaw->reason);
        return exit_failed;
    }
    fmt::print("OK: {} events, dense, whole and unchanged; root {}\n", report.checked.value(), root);
    return exit_done;
}

int adopt(const Settings& settings) {
    const auto epoch = eventstore::adopt_log(settings.data);
    fmt::print("{} goes on under epoch {}; the directory that it was copied or moved from must never be served again\n",
               settings.data.string(), epoch);
    return exit_done;
}

int vault_rotate(const Settings& settings) {
    // Holds the directory's lock, so that a running server is named as such.
    const auto checked = eventstore::check_log({.directory = settings.data});
    eventstore::rotate_master_key({.directory = settings.data, .master_key_file = settings.master_key});
    fmt::print("every key is wrapped under a new master key in {}\n", settings.master_key.string());
    return exit_done;
}

int recover_key(const Settings& settings) {
    SystemClock clock;
    metrics::Registry metrics;
    Workspace workspace(settings, Workspace::Found::refused, clock, metrics);
    Loop loop;
    commands::Dispatcher dispatcher(workspace.lend([&](std::function<void()> work) { loop.post(std::move(work)); }));
    auto issue = std::make_shared<apikey::v1::IssueApiKey>();
    issue->set_service("admin");
    issue->add_roles(v1::Role::ADMIN);
    issue->add_roles(v1::Role::HEAD);
    issue->set_whole_workspace(true);
    RandomIds ids;
    commands::Request request;
    request.actor = {.kind = Principal::Kind::system, .id = "system"};
    request.commands.push_back({.message = std::move(issue)});
    request.idempotency_key = to_text(ids.next(clock.now()));
    request.mac = request.idempotency_key;
    request.source = "system";
    std::optional<commands::Answer> answer;
    dispatcher.run(std::move(request), [&](commands::Answer given) { answer = std::move(given); });
    loop.run_until([&] { return answer.has_value(); });
    if (!*answer) {
        std::cerr << code_name(answer->error().code) << ": " << answer->error().detail << "\n";
        return exit_failed;
    }
    const auto& secret = (*answer)->results.front().secret();
    write_admin_key(settings.data, secret);
    fmt::print("{}\n", secret);
    return exit_done;
}

}  // namespace dealog::app
