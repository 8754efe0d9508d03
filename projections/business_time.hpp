#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.hpp"
#include "base/zone.hpp"
#include "domain/settings/settings.hpp"
#include "projections/engine/projection.hpp"

namespace dealog::projections {

/// The versions of the workspace's settings, as each projection that needs them keeps them: one append-only table, key
/// setting ‖ valid from ‖ position. Kept are locale, workingHours, norms, taskTypes and thresholds.
class SettingsTable {
public:
    constexpr explicit SettingsTable(std::uint8_t id)
        : spec_{.id = id, .name = "settings", .key_length = 17, .group_length = 1, .history = History::append_only} {}
    [[nodiscard]] constexpr const TableSpec& spec() const { return spec_; }

    /// Takes a SettingChanged; ignores every other event.
    void apply(const Event& event, Rows& rows) const;

private:
    TableSpec spec_;
};

/// A stretch of business time, half-open. Unbounded ends are Instant::min() and Instant::max().
struct Period {
    Instant begin = Instant::min();
    Instant end = Instant::max();
    [[nodiscard]] bool contains(Instant t) const { return begin <= t && t < end; }
};

/// The settings as a view knows them, and the calendar that follows from them. Reads once, when it is made.
class WorkspaceCalendar {
public:
    WorkspaceCalendar(const SettingsTable& table, const View& view);

    /// The kept settings: in force at a moment, else the earliest, else what a workspace starts with.
    [[nodiscard]] const settings::Settings& settings() const { return settings_; }
    /// Whether a task type was communication with the client at `t` (R17).
    [[nodiscard]] bool communication(std::string_view task_type, Instant t) const;

    /// The workspace's zone of a day: the one in force when that day ended in UTC, so that each day has exactly one
    /// zone. Days before the workspace had a zone have that of its first day.
    [[nodiscard]] Zone zone(std::chrono::year_month_day date) const;
    [[nodiscard]] Instant day_begin(std::chrono::year_month_day date) const;
    /// The begin of the next day: days leave no gap, also when the zone changes.
    [[nodiscard]] Instant day_end(std::chrono::year_month_day date) const;

    /// DATE_OR_TIME parameters `from` and `to`; empty ones leave that end unbounded.
    [[nodiscard]] Result<Period, Rejection> period(std::string_view from, std::string_view to) const;
    /// The DATE_OR_TIME parameter `at`, absent when empty: what occurred at or before it counts. A date means the last
    /// instant of that day.
    [[nodiscard]] Result<std::optional<Instant>, Rejection> moment(std::string_view at) const;

private:
    [[nodiscard]] std::optional<Instant> resolve(std::string_view text, bool end_of_day) const;

    settings::Settings settings_;
};

}  // namespace dealog::projections
