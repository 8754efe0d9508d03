#pragma once

#include <memory>
#include <string>

#include "base/metrics.hpp"
#include "eventstore/memory_log.hpp"
#include "eventstore/open.hpp"
#include "eventstore/rocks/opening.hpp"
#include "tests/eventstore/support.hpp"
#include "tests/support/test_vault.hpp"

namespace dealog::test {

/// A log in memory with all it needs.
struct MemoryWorld {
    HandClock clock;
    TestVault vault;
    eventstore::MemoryLog memory{"acme", vault, clock};
    eventstore::EventLog& log() { return memory; }
};

/// A log on disk with all it needs. Wall and monotonic time are one hand clock.
struct RocksWorld {
    TempDir home;
    HandClock clock;
    TestVault vault;
    metrics::Registry metrics;
    eventstore::LogSettings settings{.directory = home.path() / "acme"};
    rocksdb::Env* env = nullptr;
    std::unique_ptr<eventstore::rocks::RocksLog> opened;

    RocksWorld() {
        eventstore::create_log(settings.directory, "acme");
        open();
    }
    void open() {
        const HandClock& hands = clock;
        const eventstore::rocks::Machine machine{.monotonic = [&hands] { return hands.now().time_since_epoch(); },
                                                 .env = env};
        opened = eventstore::rocks::open(eventstore::rocks::check(settings, machine), vault, clock, metrics, machine);
    }
    void close() { opened.reset(); }
    void reopen() {
        close();
        open();
    }
    [[nodiscard]] std::filesystem::path rocks_directory() const { return settings.directory / "log"; }
    eventstore::EventLog& log() { return *opened; }
};

}  // namespace dealog::test

#define DEALOG_WORLDS MemoryWorld, RocksWorld
