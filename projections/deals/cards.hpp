#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "projections/business_time.hpp"
#include "projections/deals/deals.pb.h"
#include "projections/deals/rows.pb.h"
#include "projections/engine/projection.hpp"

namespace dealog::deals {

// ---- Parts that several answers about a deal share ----

/// The deal, if it is there and the caller may see it: by its owner of now.
[[nodiscard]] std::optional<rows::v1::DealRow> visible_deal(std::string_view deal_id, const projections::View& view,
                                                            const projections::QueryContext& context);
[[nodiscard]] v1::DealView view_of(std::string_view deal_id, const rows::v1::DealRow& deal,
                                   const projections::View& view);

/// Open tasks of the deal itself, by due time.
[[nodiscard]] std::vector<day_list::v1::TaskView> open_tasks_of(std::string_view deal_id, const projections::View& view,
                                                                const projections::QueryContext& context);
/// Open tasks of the deal's company and contact that the caller may see, by due time (R15).
[[nodiscard]] std::vector<day_list::v1::TaskView> related_tasks_of(const rows::v1::DealRow& deal,
                                                                   const projections::View& view,
                                                                   const projections::QueryContext& context);

/// A deal's stay in one stage.
struct Stay {
    std::string stage;
    Instant entered_at;
    std::optional<Instant> left_at;
    /// Until now, when it lasts.
    [[nodiscard]] Nanos duration(Instant now) const;
};
[[nodiscard]] double days(Nanos duration);

/// A deal's way so far.
struct Way {
    std::vector<Stay> stays;
    std::vector<std::string> owners;  // in order
};
[[nodiscard]] Way way_of(std::string_view deal_id, const projections::View& view);
void write_stays(const Way& way, Instant now, google::protobuf::RepeatedPtrField<v1::StageInterval>& out);

}  // namespace dealog::deals
