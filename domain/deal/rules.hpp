#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/deal/deal.hpp"
#include "domain/pipeline/pipeline.hpp"
#include "domain/rules.hpp"
#include "domain/task/about.hpp"

namespace dealog::deal {

/// Its tasks' view of the deal.
[[nodiscard]] task::About about(const Deal& deal);

using Fields = std::vector<std::pair<std::string, std::string>>;

/// Later values win; an empty one removes the field.
void merge(Fields& fields, const google::protobuf::RepeatedPtrField<dealog::v1::NamedValue>& changes);

/// What the stage requires and the deal, with these fields, does not have; in the order of the definition (R41, R42).
[[nodiscard]] std::vector<std::string> missing_criteria(const pipeline::v1::Stage& stage, const Deal& deal,
                                                        const Fields& fields);
[[nodiscard]] Rejection criteria_not_met(const pipeline::v1::Stage& stage, const std::vector<std::string>& missing);

/// When a stage move or a closing took place: not before the deal's last one. Nothing claimed: now.
[[nodiscard]] Result<domain::Occurrence, Rejection> occurrence_of_move(const Deal& deal, const domain::Given& given,
                                                                       std::optional<Instant> claimed);

[[nodiscard]] std::optional<Rejection> closed(const Deal& deal);

/// The events of closing, without those of the tasks.
[[nodiscard]] Result<v1::DealWon, Rejection> won(const Deal& deal, const dealog::v1::Money* value,
                                                 std::string_view field);
/// `parent` is where reason and comment stood in the request.
[[nodiscard]] Result<v1::DealLost, Rejection> lost(const Deal& deal, const std::string& reason,
                                                   const std::string& comment, const domain::Given& given,
                                                   std::string_view parent);
/// Every open task but `except` is cancelled because its deal was closed.
void cancel_open_tasks(domain::Decision& decision, const Deal& deal, std::string_view except = {});

}  // namespace dealog::deal
