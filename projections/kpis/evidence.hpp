#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "base/types.pb.h"
#include "projections/engine/projection.hpp"
#include "projections/kpis/kpis.pb.h"
#include "projections/kpis/rows.pb.h"

namespace dealog::kpis {

/// What evidence says about an event, by its position: each projection with figures keeps one such append-only table.
class EventSources {
public:
    constexpr explicit EventSources(std::uint8_t id)
        : table_{{.id = id,
                  .name = "sources",
                  .key_length = 8,
                  .group_length = 8,
                  .history = projections::History::append_only}} {}
    [[nodiscard]] constexpr const projections::TableSpec& spec() const { return table_.spec; }

    void remember(const projections::Event& event, projections::Rows& rows) const;
    [[nodiscard]] rows::v1::EventSource of(std::uint64_t position, const projections::View& view) const;

private:
    projections::Typed<rows::v1::EventSource> table_;
};

/// What one event adds to a number, or takes back from it.
struct Contribution {
    std::string order;  // unique in the number; pages go on from it
    std::uint64_t position = 0;
    Instant occurred_at;
    int count = 1;
    std::optional<dealog::v1::Money> value = {};
    std::optional<Nanos> duration = {};
};

/// One page of the contributions of a number, in their order.
[[nodiscard]] projections::QueryResult evidence_page(const v1::ShowEvidence& asked,
                                                     std::vector<Contribution> contributions,
                                                     const EventSources& sources, const projections::View& view,
                                                     Instant at);

/// The refusal for a figure that does not exist; `known` are those that do.
[[nodiscard]] Rejection unknown_metric(std::string_view metric, std::span<const std::string_view> known);

/// Money with the opposite sign.
[[nodiscard]] dealog::v1::Money negative(const dealog::v1::Money& money);

/// Durations are exact until they are shown.
[[nodiscard]] double in_days(__int128 nanoseconds, std::uint64_t parts = 1);

}  // namespace dealog::kpis
