#include "domain/settings/settings.hpp"

#include <algorithm>

namespace dealog::settings {

namespace {

using Key = v1::Value::OfCase;

std::size_t index_of(Key key) { return static_cast<std::size_t>(key); }

/// The default of each key as a version that was always there.
const Version& built_in(Key key) {
    static const std::vector<Version> versions = [] {
        std::vector<Version> made(defaults().size() + 1);
        for (const v1::Value& value : defaults()) made[index_of(value.of_case())].value = value;
        return made;
    }();
    return versions[index_of(key)];
}

}  // namespace

const Version& Settings::valid_at(Key key, Instant t) const {
    const auto& known = versions[index_of(key)];
    if (known.empty()) return built_in(key);
    const auto later = std::ranges::upper_bound(known, t, {}, &Version::valid_from);
    return later == known.begin() ? known.front() : *std::prev(later);
}

const v1::Locale& Settings::locale(Instant t) const { return valid_at(Key::kLocale, t).value.locale(); }
const v1::WorkingHours& Settings::working_hours(Instant t) const {
    return valid_at(Key::kWorkingHours, t).value.working_hours();
}
const v1::Norms& Settings::norms(Instant t) const { return valid_at(Key::kNorms, t).value.norms(); }
const v1::TaskTypes& Settings::task_types(Instant t) const { return valid_at(Key::kTaskTypes, t).value.task_types(); }
const v1::NextTaskRules& Settings::next_task_rules(Instant t) const {
    return valid_at(Key::kNextTaskRules, t).value.next_task_rules();
}
const v1::Caps& Settings::caps(Instant t) const { return valid_at(Key::kCaps, t).value.caps(); }
const v1::TitleStopList& Settings::title_stop_list(Instant t) const {
    return valid_at(Key::kTitleStopList, t).value.title_stop_list();
}
const v1::Thresholds& Settings::thresholds(Instant t) const { return valid_at(Key::kThresholds, t).value.thresholds(); }

Zone Settings::zone(Instant t) const { return Zone::find(locale(t).time_zone()).value_or(Zone::utc()); }

bool Settings::knows_task_type(std::string_view type, Instant t) const {
    return std::ranges::any_of(task_types(t).types(), [&](const auto& known) { return known.key() == type; });
}

void evolve(Settings& state, const v1::SettingChanged& event, const domain::Envelope& envelope) {
    state.exists = true;
    state.revision = envelope.revision;
    const Key key = event.value().of_case();
    if (key == Key::OF_NOT_SET) return;
    Version version{.revision = envelope.revision.value(),
                    .valid_from = event.has_valid_from() ? from_proto(event.valid_from()) : envelope.recorded_at,
                    .value = event.value()};
    auto& known = state.versions[index_of(key)];
    const auto place = std::ranges::upper_bound(known, version.valid_from, {}, &Version::valid_from);
    known.insert(place, std::move(version));
}

StreamName stream() { return StreamName{"settings"}; }

std::string_view key_name(Key key) {
    switch (key) {
        case Key::kLocale:
            return "locale";
        case Key::kWorkingHours:
            return "workingHours";
        case Key::kNorms:
            return "norms";
        case Key::kTaskTypes:
            return "taskTypes";
        case Key::kNextTaskRules:
            return "nextTaskRules";
        case Key::kCaps:
            return "caps";
        case Key::kTitleStopList:
            return "titleStopList";
        case Key::kThresholds:
            return "thresholds";
        case Key::OF_NOT_SET:
            return "";
    }
    return "";
}

Key key_of(std::string_view name) {
    for (const v1::Value& value : defaults()) {
        if (key_name(value.of_case()) == name) return value.of_case();
    }
    return Key::OF_NOT_SET;
}

}  // namespace dealog::settings
