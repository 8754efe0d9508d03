#pragma once

#include <memory>

#include "projections/engine/store.hpp"
#include "projections/engine/table.hpp"

namespace rocksdb {
class ManagedSnapshot;
}

namespace dealog::projections::engine {

/// A reading of one generation under a snapshot that holds its rows up to `newest`.
[[nodiscard]] std::unique_ptr<View> make_view(std::shared_ptr<Generation> generation,
                                              std::unique_ptr<rocksdb::ManagedSnapshot> snapshot, Position newest,
                                              Position at);

}  // namespace dealog::projections::engine
