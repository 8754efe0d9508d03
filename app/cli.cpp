#include <exception>
#include <functional>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "app/verbs.hpp"

namespace dealog::app {

namespace {

constexpr const char* version = "0.1.0";

/// One run of the command line: what was parsed and what to do with it.
struct Line {
    Overrides overrides;
    Remote remote;
    ImportOptions import;
    EventsOptions events;
    ApiKeysOptions keys;
    DemoOptions demo;
    std::string projection, subject, legal_ground;
    bool new_epoch = false;  // asked for, so that nobody adopts by mistake
    std::function<int()> action;
};

/// Flags of the verbs that open a data directory.
void add_settings(CLI::App& verb, Line& line) {
    verb.add_option_function<std::string>(
        "--config", [&](const std::string& file) { line.overrides.config_file = file; },
        "TOML file with the settings below (also DEALOG_CONFIG)");
    for (const auto& info : setting_catalogue()) {
        std::string flag = "--" + std::string(info.key);
        for (auto& c : flag) c = c == '_' ? '-' : c;
        verb.add_option_function<std::string>(
            flag, [&line, key = std::string(info.key)](const std::string& value) { line.overrides.flags[key] = value; },
            info.meaning);
    }
}

void add_remote(CLI::App& verb, Line& line) {
    verb.add_option("--url", line.remote.url, "the running server")->envname("DEALOG_URL")->capture_default_str();
    verb.add_option("--key", line.remote.key, "API key (default: DEALOG_KEY, else <data>/admin.key)")
        ->envname("DEALOG_KEY");
    verb.add_option("--data", line.remote.data, "data directory whose admin.key is used")->capture_default_str();
}

int with_settings(Line& line, const std::function<int(const Settings&)>& then) {
    line.overrides.environment = environment();
    const auto config = line.overrides.environment.find("DEALOG_CONFIG");
    if (!line.overrides.config_file && config != line.overrides.environment.end())
        line.overrides.config_file = config->second;
    const auto settings = load_settings(line.overrides);
    if (!settings) {
        std::cerr << "The configuration has " << settings.error().size() << " problem(s):\n";
        for (const auto& problem : settings.error()) std::cerr << "  " << problem << "\n";
        return exit_usage;
    }
    return then(*settings);
}

void add_serve(CLI::App& app, Line& line) {
    auto* verb = app.add_subcommand("serve", "Serve a workspace over HTTP; an empty directory becomes a new workspace");
    add_settings(*verb, line);
    verb->callback(
        [&] { line.action = [&] { return with_settings(line, [](const Settings& s) { return serve(s); }); }; });
}

void add_import(CLI::App& app, Line& line) {
    auto* verb =
        app.add_subcommand("import", "Send commands of a file (NDJSON, or CSV with --mapping) to a running server");
    add_remote(*verb, line);
    verb->add_option("file", line.import.file, "NDJSON lines {path, body, idempotencyKey?}, or CSV")
        ->required()
        ->check(CLI::ExistingFile);
    verb->add_option("--mapping", line.import.mapping,
                     "TOML: kind, [columns], [constants], [prefixes]; the file is CSV then")
        ->check(CLI::ExistingFile);
    verb->add_option("--batch", line.import.batch, "commands of one atomic batch")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    verb->add_flag("--dry-run", line.import.dry_run,
                   "decide everything, a batch at a time on top of the present state, and write nothing");
    verb->add_flag("--keep-going", line.import.keep_going, "leave refused commands out instead of stopping");
    verb->callback([&] { line.action = [&] { return import_file(line.remote, line.import); }; });
}

void add_events(CLI::App& app, Line& line) {
    auto* verb = app.add_subcommand("events", "Read the log of a running server as NDJSON")->require_subcommand(1);
    const auto add = [&](const char* name, const char* what, EventsOptions::What which) {
        auto* sub = verb->add_subcommand(name, what);
        add_remote(*sub, line);
        sub->add_option("--query", line.events.query,
                        "further parameters of GET /v1/events, e.g. 'category=deal&type=…'");
        sub->callback([&line, which] {
            line.events.what = which;
            line.action = [&line] { return events(line.remote, line.events); };
        });
        return sub;
    };
    auto* tail = add("tail", "what comes from now on (or after --after)", EventsOptions::What::tail);
    tail->add_option("--after", line.events.after, "position; default: the head");
    tail->add_option("--count", line.events.count, "stop after so many events");
    add("get", "one event", EventsOptions::What::get)->add_option("position", line.events.position)->required();
    auto* all = add("export", "everything after a position", EventsOptions::What::export_all);
    all->add_option("--after", line.events.after, "position")->capture_default_str();
}

void add_api_keys(CLI::App& app, Line& line) {
    auto* verb =
        app.add_subcommand("apikeys", "List, issue and revoke API keys on a running server")->require_subcommand(1);
    auto* list = verb->add_subcommand("list", "keys, never their secrets");
    auto* issue = verb->add_subcommand("issue", "a new key; its secret is printed once");
    auto* revoke = verb->add_subcommand("revoke", "a key is no longer accepted");
    auto* recover =
        verb->add_subcommand("recover", "a new administrator's key for a data directory that no server serves");
    add_settings(*recover, line);
    recover->callback([&line] {
        line.action = [&line] { return with_settings(line, [](const Settings& s) { return recover_key(s); }); };
    });
    for (auto* sub : {list, issue, revoke}) add_remote(*sub, line);
    issue->add_option("--seller", line.keys.seller, "id, or ext:<externalId>");
    issue->add_option("--service", line.keys.service, "name of a service");
    issue->add_option("--role", line.keys.roles, "role; may be repeated");
    issue->add_option("--scope", line.keys.scopes, "of INTEGRATION: commands, queries, events, events:<category>");
    issue->add_option("--expires-at", line.keys.expires_at, "RFC 3339");
    issue->add_flag("--whole-workspace", line.keys.whole_workspace, "a HEAD of every team");
    revoke->add_option("id", line.keys.id)->required();
    const auto act = [&line](ApiKeysOptions::What what) {
        return [&line, what] {
            line.keys.what = what;
            line.action = [&line] { return api_keys(line.remote, line.keys); };
        };
    };
    list->callback(act(ApiKeysOptions::What::list));
    issue->callback(act(ApiKeysOptions::What::issue));
    revoke->callback(act(ApiKeysOptions::What::revoke));
}

void add_offline(CLI::App& app, Line& line) {
    auto* rebuilt =
        app.add_subcommand("rebuild", "Build a projection (or all) anew from the log; no server may be running");
    add_settings(*rebuilt, line);
    rebuilt->add_option("projection", line.projection, "name, or all")->required();
    rebuilt->callback([&] {
        line.action = [&] {
            return with_settings(line, [&](const Settings& s) { return rebuild(s, line.projection); });
        };
    });

    auto* verified = app.add_subcommand(
        "verify", "Check the whole log: positions, revisions, checksums, hashes; no server may be running");
    add_settings(*verified, line);
    verified->callback(
        [&] { line.action = [&] { return with_settings(line, [](const Settings& s) { return verify(s); }); }; });

    auto* adopted =
        app.add_subcommand("adopt", "Serve a copied or moved data directory from here on; never its original again");
    add_settings(*adopted, line);
    adopted
        ->add_flag("--new-epoch", line.new_epoch,
                   "said on purpose: consumers will see that the log goes on from another place")
        ->required();
    adopted->callback(
        [&] { line.action = [&] { return with_settings(line, [](const Settings& s) { return adopt(s); }); }; });

    auto* filled = app.add_subcommand("demo", "Fill an empty data directory with a plausible company");
    add_settings(*filled, line);
    filled->add_option("--sellers", line.demo.sellers)->check(CLI::Range(5, 500))->capture_default_str();
    filled->add_option("--deals", line.demo.deals)->check(CLI::Range(1, 1'000'000))->capture_default_str();
    filled->add_option("--days", line.demo.days)->check(CLI::Range(1, 3650))->capture_default_str();
    filled->add_option("--seed", line.demo.seed)->capture_default_str();
    filled->callback([&] {
        line.action = [&] { return with_settings(line, [&](const Settings& s) { return fill_demo(s, line.demo); }); };
    });
}

void add_vault(CLI::App& app, Line& line) {
    auto* verb =
        app.add_subcommand("vault", "Personal data: erase a person, change the master key")->require_subcommand(1);
    auto* erase = verb->add_subcommand("erase", "destroy a subject's key (on a running server)");
    add_remote(*erase, line);
    erase->add_option("subject", line.subject, "contact-<id>, deal-<id> or company-<id>")->required();
    erase->add_option("--legal-ground", line.legal_ground, "why, for the record")->required();
    erase->callback([&] { line.action = [&] { return vault_erase(line.remote, line.subject, line.legal_ground); }; });
    auto* rotate = verb->add_subcommand("rotate", "wrap every key under a new master key; no server may be running");
    add_settings(*rotate, line);
    rotate->callback(
        [&] { line.action = [&] { return with_settings(line, [](const Settings& s) { return vault_rotate(s); }); }; });
}

}  // namespace

int run(int argc, char** argv) {
    Line line;
    CLI::App app{"Dealog: an event-sourced CRM backend"};
    app.set_version_flag("--version", version);
    app.require_subcommand(1);
    app.failure_message(CLI::FailureMessage::help);
    add_serve(app, line);
    add_import(app, line);
    add_events(app, line);
    add_api_keys(app, line);
    add_offline(app, line);
    add_vault(app, line);
    auto* checked = app.add_subcommand("health", "Exit 0 when the server is ready");
    add_remote(*checked, line);
    checked->callback([&] { line.action = [&] { return health(line.remote); }; });
    app.add_subcommand("openapi", "Print the OpenAPI document")->callback([&] {
        line.action = [] { return print_openapi(); };
    });
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_done : exit_usage;
    }
    try {
        return line.action();
    } catch (const std::exception& error) {
        std::cerr << "dealog: " << error.what() << "\n";
        return exit_failed;
    }
}

}  // namespace dealog::app
