#pragma once

#include <memory>

#include "projections/engine/store.hpp"
#include "projections/engine/table.hpp"

namespace dealog::projections::engine {

/// A reading of one generation under a snapshot. Takes the snapshot over.
[[nodiscard]] std::unique_ptr<View> make_view(std::shared_ptr<Generation> generation, const rocksdb::Snapshot* snapshot,
                                              Position newest, Position at);

}  // namespace dealog::projections::engine
