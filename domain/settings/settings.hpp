#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"
#include "base/zone.hpp"
#include "domain/decision.hpp"
#include "domain/fold.hpp"
#include "domain/given.hpp"
#include "domain/settings/settings.pb.h"

namespace dealog::settings {

/// One value of one setting. `revision` is that of the settings stream that recorded it; 0 for a built-in default.
struct Version {
    std::uint64_t revision = 0;
    Instant valid_from;
    v1::Value value;
};

/// Every version of every setting. A version is in force from `valid_from` until the next one's.
struct Settings {
    bool exists = false;
    Revision revision;
    /// By v1::Value::OfCase, index 0 unused; in the order of validity, of equal validity the later recorded last.
    std::array<std::vector<Version>, 9> versions;

    /// The version in force at `t`, else the earliest one, else the default.
    [[nodiscard]] const Version& valid_at(v1::Value::OfCase key, Instant t) const;

    [[nodiscard]] const v1::Locale& locale(Instant t) const;
    [[nodiscard]] const v1::WorkingHours& working_hours(Instant t) const;
    [[nodiscard]] const v1::Norms& norms(Instant t) const;
    [[nodiscard]] const v1::TaskTypes& task_types(Instant t) const;
    [[nodiscard]] const v1::NextTaskRules& next_task_rules(Instant t) const;
    [[nodiscard]] const v1::Caps& caps(Instant t) const;
    [[nodiscard]] const v1::TitleStopList& title_stop_list(Instant t) const;
    [[nodiscard]] const v1::Thresholds& thresholds(Instant t) const;

    /// The workspace's zone at `t`; UTC when this machine does not know it.
    [[nodiscard]] Zone zone(Instant t) const;
    [[nodiscard]] bool knows_task_type(std::string_view type, Instant t) const;
};

void evolve(Settings& state, const v1::SettingChanged& event, const domain::Envelope& envelope);

using Fold = domain::Folder<Settings, v1::SettingChanged>;

[[nodiscard]] StreamName stream();

/// The name of a setting in paths and events (`norms`), and back; OF_NOT_SET when there is no such setting.
[[nodiscard]] std::string_view key_name(v1::Value::OfCase key);
[[nodiscard]] v1::Value::OfCase key_of(std::string_view name);

/// The values a new workspace starts with, one per key, in the order of the keys (api.md).
[[nodiscard]] const std::vector<v1::Value>& defaults();

[[nodiscard]] domain::Decided decide(const v1::ChangeSetting& command, const domain::Given& given);

}  // namespace dealog::settings
