#pragma once

#include <vector>

#include <rocksdb/db.h>
#include <rocksdb/options.h>

#include "eventstore/rocks/database.hpp"

// Included by .cpp files of this folder only.
namespace dealog::eventstore::rocks {

struct Options {
    rocksdb::DBOptions database;
    std::vector<rocksdb::ColumnFamilyDescriptor> families;  // in the order of Family
};

/// Reasons for each choice: docs of the event store; traps of RocksDB 7.8.3 are named beside them.
[[nodiscard]] Options options_for(const DatabaseSettings& settings);

}  // namespace dealog::eventstore::rocks
