// One measurement a call; bench/run.py asks for them in turn and judges.
#include <iostream>

#include <CLI/CLI.hpp>

#include "bench/measure.hpp"

int main(int argc, char** argv) {
    using namespace dealog::bench;
    CLI::App app{"Measurements inside one process; each prints one line of JSON"};
    app.require_subcommand(1);
    std::filesystem::path directory;
    double seconds = 3;
    std::size_t bytes = 1000, writers = 1, events = 20, rounds = 5, questions = 2000;
    std::uint64_t seed = 1;
    const auto add = [&](const char* name, const char* what, auto run) {
        auto* verb = app.add_subcommand(name, what);
        verb->add_option("directory", directory)->required();
        verb->final_callback(run);
        return verb;
    };
    auto* raw = add("raw-sync", "appends to a file, each synced", [&] { raw_sync(directory, bytes, seconds); });
    raw->add_option("--bytes", bytes);
    raw->add_option("--seconds", seconds);
    auto* append = add("append", "appends to a log made for it", [&] { append_alone(directory, writers, seconds); });
    append->add_option("--writers", writers);
    append->add_option("--seconds", seconds);
    auto* load = add("load", "folds of deals", [&] { load_deals(directory, events, rounds); });
    load->add_option("--events", events);
    load->add_option("--rounds", rounds);
    add("scan", "one reading of the whole log", [&] { scan_log(directory); });
    auto* past =
        add("past", "board and day list as of random positions", [&] { ask_the_past(directory, questions, seed); });
    past->add_option("--questions", questions);
    past->add_option("--seed", seed);
    add("weigh", "bytes of every column family", [&] { weigh(directory); });
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error);
    } catch (const std::exception& error) {
        std::cerr << "dealog_bench: " << error.what() << "\n";
        return 1;
    }
    return 0;
}
