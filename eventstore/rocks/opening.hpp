#pragma once

#include <functional>
#include <memory>

#include "eventstore/identity.hpp"
#include "eventstore/log_time.hpp"
#include "eventstore/open.hpp"
#include "eventstore/rocks/database.hpp"
#include "eventstore/rocks/rocks_log.hpp"

namespace dealog::eventstore::rocks {

/// What tests put in the place of the machine. `env` is lent.
struct Machine {
    LogTime::Monotonic monotonic = &machine_uptime;
    rocksdb::Env* env = nullptr;
};

[[nodiscard]] CheckedLog check(const LogSettings& settings, const Machine& machine);
[[nodiscard]] std::unique_ptr<RocksLog> open(CheckedLog checked, Vault& vault, const Clock& clock,
                                             metrics::Registry& metrics, const Machine& machine);

/// A database found whole by the checks that need no full read. Throws CannotOpen; never writes.
struct Checked {
    std::unique_ptr<Database> database;  // read-only
    Tip tip;
};
[[nodiscard]] Checked check_read_only(const LogPaths& paths, const Identity& identity, rocksdb::Env* env);

}  // namespace dealog::eventstore::rocks
