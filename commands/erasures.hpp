#pragma once

#include <cstddef>

namespace dealog::eventstore {
class Vault;
namespace rocks {
class RocksLog;
}
}  // namespace dealog::eventstore

namespace dealog::commands {

/// Destroys the keys of subjects whose erasure is in the log and was cut short before it came to their keys; answers
/// how many there were. A key store that refuses is logged: until the next start such a subject reads as erased all the
/// same. Called before anything is served.
std::size_t finish_erasures(const eventstore::rocks::RocksLog& log, eventstore::Vault& vault);

}  // namespace dealog::commands
