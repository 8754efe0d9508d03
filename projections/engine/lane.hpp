#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "projections/engine/decode.hpp"
#include "projections/engine/row_writer.hpp"

namespace dealog::projections::engine {

/// One projection's way along the log in one generation of rows. Applied to by one thread at a time.
struct Lane {
    const Projection* projection = nullptr;
    std::shared_ptr<Generation> generation;
    std::unique_ptr<RowWriter> writer;
    Position position;                      // applied
    std::optional<std::string> stopped_by;  // the append behind `position` cannot be applied

    [[nodiscard]] static Lane begin(const Projection& projection, std::shared_ptr<Generation> generation,
                                    Position position) {
        const auto start = position == Position{} ? StartsFrom::nothing : StartsFrom::stored_rows;
        auto writer = std::make_unique<RowWriter>(projection.tables(), generation, start);
        return Lane{.projection = &projection,
                    .generation = std::move(generation),
                    .writer = std::move(writer),
                    .position = position,
                    .stopped_by = {}};
    }

    /// False when it stopped. What the store or the log could not do is thrown on.
    bool apply(const AppendView& append, std::vector<RowChange>* changes = nullptr) {
        writer->begin(append.last);
        try {
            projection->apply(append, *writer);
        } catch (const StoreFault&) {
            throw;
        } catch (const std::exception& poison) {
            writer->abandon();
            stop(Position{append.events.front().record.position()}, poison.what());
            return false;
        }
        writer->finish(changes);
        position = append.last;
        return true;
    }
    void stop(Position at, const std::string& reason) {
        stopped_by = "position " + std::to_string(at.value()) + ": " + reason;
    }
};

}  // namespace dealog::projections::engine
