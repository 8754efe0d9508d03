#pragma once

#include <vector>

#include "eventstore/rocks/database.hpp"

namespace rocksdb {
struct ColumnFamilyDescriptor;
struct DBOptions;
}  // namespace rocksdb

namespace dealog::eventstore::rocks {

/// Fills both; the families come in the order of Family. Reasons stand beside each choice, traps of RocksDB 7.8.3 too.
void set_options(const DatabaseSettings& settings, rocksdb::DBOptions& database,
                 std::vector<rocksdb::ColumnFamilyDescriptor>& families);

}  // namespace dealog::eventstore::rocks
