// Verbs that talk to a running server.
#include <chrono>
#include <cstdio>
#include <iostream>
#include <thread>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "app/import/runner.hpp"
#include "app/remote.hpp"
#include "base/ids.hpp"

namespace dealog::app {

namespace {

std::string new_key() {
    RandomIds ids;
    return to_text(ids.next(SystemClock{}.now()));
}

void show(const import::Progress& progress) {
    const double rate = progress.seconds > 0 ? static_cast<double>(progress.accepted) / progress.seconds : 0;
    const double share =
        progress.bytes_total == 0 ? 1 : static_cast<double>(progress.bytes) / static_cast<double>(progress.bytes_total);
    const double left = share > 0 ? progress.seconds * (1 - share) / share : 0;
    fmt::print(stderr, "\r{} accepted, {} refused, {:.0f}/s, {:.0f} %, {:.0f} s left   ", progress.accepted,
               progress.refused, rate, share * 100, left);
}

/// One page of /v1/events on standard output as NDJSON. The position to go on after, or absent after an error.
std::optional<std::uint64_t> print_page(Client& client, const EventsOptions& options, std::uint64_t after,
                                        std::uint64_t limit, std::uint64_t& printed, int& exit_code) {
    auto path = fmt::format("/v1/events?after={}&limit={}", after, limit);
    if (!options.query.empty()) path += "&" + options.query;
    const auto answer = client.get(path);
    if (!answer.good()) {
        exit_code = complain(answer);
        return std::nullopt;
    }
    const auto page = nlohmann::json::parse(answer.body);
    for (const auto& event : page["events"]) {
        std::cout << event.dump() << "\n";
        ++printed;
    }
    std::cout.flush();
    const auto next = std::stoull(page.value("nextAfter", "0"));
    return next == 0 ? std::max<std::uint64_t>(after, std::stoull(page["position"].get<std::string>())) : next;
}

}  // namespace

int import_file(const Remote& remote, const ImportOptions& options) {
    const bool csv = !options.mapping.empty();
    const auto reader =
        csv ? import::read_csv(options.file, import::load_mapping(options.mapping)) : import::read_ndjson(options.file);
    auto client = connect(remote);
    const import::Send send = [&](const std::vector<import::Item>& items, const std::string& key) {
        auto body = import::batch_body(items);
        if (options.dry_run) body.insert(1, R"("dryRun":true,)");
        const auto answer = client.post("/v1/batch", body, key);
        return import::outcome_of(answer.status, answer.body, remote.url + ": " + answer.error);
    };
    import::Options how{.batch_items = options.batch, .keep_going = options.keep_going};
    if (!options.dry_run) how.resume_file = options.file.string() + ".dealog-done";
    how.on_progress = show;
    how.on_refusal = [](std::uint64_t line, const std::string& why) {
        fmt::print(stderr, "\nline {}: {}\n", line, why);
    };
    const auto progress = import::run(*reader, std::filesystem::file_size(options.file), send, how);
    fmt::print(stderr, "\n{}{} accepted, {} refused in {:.1f} s\n", options.dry_run ? "dry run, nothing written: " : "",
               progress.accepted, progress.refused, progress.seconds);
    return progress.refused == 0 ? exit_done : exit_failed;
}

int events(const Remote& remote, const EventsOptions& options) {
    auto client = connect(remote);
    int exit_code = exit_done;
    std::uint64_t printed = 0;
    if (options.what == EventsOptions::What::get) {
        if (options.position == 0) {
            std::cerr << "positions count from 1\n";
            return exit_usage;
        }
        static_cast<void>(print_page(client, options, options.position - 1, 1, printed, exit_code));
        if (exit_code == exit_done && printed == 0) {
            std::cerr << "there is no such event that this key may see\n";
            exit_code = exit_failed;
        }
        return exit_code;
    }
    auto after = options.after;
    const bool tail = options.what == EventsOptions::What::tail;
    if (tail && after == 0) {
        const auto head = client.get("/v1/head");
        if (!head.good()) return complain(head);
        after = std::stoull(nlohmann::json::parse(head.body)["position"].get<std::string>());
    }
    while (options.count == 0 || printed < options.count) {
        const auto limit = options.count == 0 ? 1000 : std::min<std::uint64_t>(1000, options.count - printed);
        const auto next = print_page(client, options, after, limit, printed, exit_code);
        if (!next) return exit_code;
        if (*next == after) {
            if (!tail) break;
            std::this_thread::sleep_for(std::chrono::milliseconds(200));
        }
        after = *next;
    }
    return exit_done;
}

int api_keys(const Remote& remote, const ApiKeysOptions& options) {
    auto client = connect(remote);
    Client::Answer answer;
    if (options.what == ApiKeysOptions::What::list) {
        answer = client.get("/v1/apiKeys?pageSize=1000");
    } else if (options.what == ApiKeysOptions::What::revoke) {
        answer = client.post("/v1/apiKeys/" + options.id + "/revoke", "{}", new_key());
    } else {
        nlohmann::json body = nlohmann::json::object();
        if (!options.seller.empty()) body["sellerId"] = options.seller;
        if (!options.service.empty()) body["service"] = options.service;
        if (!options.roles.empty()) body["roles"] = options.roles;
        if (!options.scopes.empty()) body["scopes"] = options.scopes;
        if (!options.expires_at.empty()) body["expiresAt"] = options.expires_at;
        if (options.whole_workspace) body["wholeWorkspace"] = true;
        answer = client.post("/v1/apiKeys", body.dump(), new_key());
    }
    if (!answer.good()) return complain(answer);
    std::cout << nlohmann::json::parse(answer.body).dump(2) << "\n";
    return exit_done;
}

int health(const Remote& remote) {
    Client client(remote.url, "");
    const auto answer = client.get("/readyz");
    if (!answer.good()) return complain(answer);
    std::cout << answer.body << "\n";
    return exit_done;
}

int vault_erase(const Remote& remote, const std::string& subject, const std::string& legal_ground) {
    auto client = connect(remote);
    const nlohmann::json body{{"legalGround", legal_ground}};
    const auto answer = client.post("/v1/subjects/" + subject + "/erase", body.dump(), new_key());
    if (!answer.good()) return complain(answer);
    std::cout << answer.body << "\n";
    return exit_done;
}

}  // namespace dealog::app
