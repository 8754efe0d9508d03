#include <cmath>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "domain/rules.hpp"
#include "domain/settings/settings.hpp"
#include "domain/task/title.hpp"
#include "domain/text.hpp"

namespace dealog::settings {

namespace {

using Key = v1::Value::OfCase;

/// The first thing wrong with a value: path inside it and why.
struct Flaw {
    std::string field;
    std::string message;
};
using Checked = std::optional<Flaw>;

/// What a new value has to agree with: the other settings as they are in force when it begins to be.
struct Around {
    const Settings& settings;
    Instant from;
};

Checked flaw_of(const v1::Locale& locale, const Around&) {
    if (!Zone::find(locale.time_zone())) return Flaw{"timeZone", "This is no IANA time zone."};
    return {};
}

Checked flaw_of(const v1::WorkingHours& hours, const Around&) {
    if (hours.days().empty()) return Flaw{"days", "At least one working day is needed."};
    std::set<std::uint32_t> seen;
    for (int i = 0; i < hours.days_size(); ++i) {
        const auto& day = hours.days(i);
        const auto from = domain::parse_minute(day.from());
        const auto to = domain::parse_minute(day.to());
        if (day.weekday() < 1 || day.weekday() > 7 || !seen.insert(day.weekday()).second) {
            return Flaw{fmt::format("days[{}].weekday", i), "Each weekday, 1 to 7, can be named once."};
        }
        if (!from) return Flaw{fmt::format("days[{}].from", i), "A time looks like 09:00."};
        if (!to) return Flaw{fmt::format("days[{}].to", i), "A time looks like 18:00."};
        if (*from >= *to) return Flaw{fmt::format("days[{}].to", i), "A day ends after it begins."};
    }
    return {};
}

Checked flaw_of(const v1::Norms& norms, const Around&) {
    if (norms.min() > norms.max()) return Flaw{"max", "max is not below min."};
    if (norms.executed_min() > norms.executed_target()) {
        return Flaw{"executedTarget", "executedTarget is not below executedMin."};
    }
    return {};
}

bool contains(const v1::TaskTypes& types, const std::string& key) {
    return std::ranges::any_of(types.types(), [&](const auto& type) { return type.key() == key; });
}

Checked flaw_of(const v1::TaskTypes& types, const Around& around) {
    if (types.types().empty()) return Flaw{"types", "At least one task type is needed."};
    std::set<std::string> seen;
    for (int i = 0; i < types.types_size(); ++i) {
        if (!seen.insert(types.types(i).key()).second) {
            return Flaw{fmt::format("types[{}].key", i), "A task type is named once."};
        }
    }
    for (const auto& rule : around.settings.next_task_rules(around.from).rules()) {
        if (!contains(types, rule.type())) {
            return Flaw{"types", fmt::format("The next-task rule {} plans {}.", rule.id(), rule.type())};
        }
    }
    return {};
}

Checked flaw_of(const v1::NextTaskRules::Rule& rule, const Around& around) {
    const auto& types = around.settings.task_types(around.from);
    if (!contains(types, rule.type())) return Flaw{"type", fmt::format("There is no task type {}.", rule.type())};
    for (const auto& channel : rule.channels()) {
        if (!contains(types, channel)) return Flaw{"channels", fmt::format("There is no task type {}.", channel)};
    }
    for (const int outcome : rule.outcomes()) {
        if (outcome == task::v1::Outcome::OUTCOME_UNSPECIFIED) return Flaw{"outcomes", "Name an outcome."};
    }
    if (!task::is_descriptive(rule.title(), around.settings.title_stop_list(around.from))) {
        return Flaw{"title", "The title does not say what the task is about."};
    }
    const auto at = domain::parse_minute(rule.at());
    if (!rule.at().empty() && (!at || *at == 24 * 60)) return Flaw{"at", "A time looks like 10:00."};
    if (rule.delay_days() == 0 && rule.delay_minutes() == 0 && rule.at().empty()) {
        return Flaw{"delayDays", "A task is due later: delayDays, delayMinutes or at is needed."};
    }
    return {};
}

Checked flaw_of(const v1::NextTaskRules& rules, const Around& around) {
    std::set<std::string> seen;
    for (int i = 0; i < rules.rules_size(); ++i) {
        if (!seen.insert(rules.rules(i).id()).second) {
            return Flaw{fmt::format("rules[{}].id", i), "A rule's id is its own."};
        }
        if (auto flaw = flaw_of(rules.rules(i), around)) {
            return Flaw{fmt::format("rules[{}].{}", i, flaw->field), flaw->message};
        }
    }
    return {};
}

Checked flaw_of(const v1::Caps&, const Around&) { return {}; }

Checked flaw_of(const v1::TitleStopList& list, const Around& around) {
    for (const auto& rule : around.settings.next_task_rules(around.from).rules()) {
        if (!task::is_descriptive(rule.title(), list)) {
            return Flaw{"words", fmt::format("The next-task rule {} plans tasks with such a title.", rule.id())};
        }
    }
    return {};
}

Checked flaw_of(const v1::Thresholds& thresholds, const Around&) {
    if (thresholds.backdated_after_hours() == 0) return Flaw{"backdatedAfterHours", "At least one hour."};
    return {};
}

Checked flaw_of(const v1::Value& value, const Around& around) {
    switch (value.of_case()) {
        case Key::kLocale:
            return flaw_of(value.locale(), around);
        case Key::kWorkingHours:
            return flaw_of(value.working_hours(), around);
        case Key::kNorms:
            return flaw_of(value.norms(), around);
        case Key::kTaskTypes:
            return flaw_of(value.task_types(), around);
        case Key::kNextTaskRules:
            return flaw_of(value.next_task_rules(), around);
        case Key::kCaps:
            return flaw_of(value.caps(), around);
        case Key::kTitleStopList:
            return flaw_of(value.title_stop_list(), around);
        case Key::kThresholds:
            return flaw_of(value.thresholds(), around);
        case Key::OF_NOT_SET:
            return Flaw{"", "A value is needed."};
    }
    return Flaw{"", "A value is needed."};
}

/// Every value that the command carries.
std::vector<v1::Value> values_of(const v1::ChangeSetting& command) {
    std::vector<v1::Value> values;
    const auto add = [&]() -> v1::Value& { return values.emplace_back(); };
    if (command.has_locale()) *add().mutable_locale() = command.locale();
    if (command.has_working_hours()) *add().mutable_working_hours() = command.working_hours();
    if (command.has_norms()) *add().mutable_norms() = command.norms();
    if (command.has_task_types()) *add().mutable_task_types() = command.task_types();
    if (command.has_next_task_rules()) *add().mutable_next_task_rules() = command.next_task_rules();
    if (command.has_caps()) *add().mutable_caps() = command.caps();
    if (command.has_title_stop_list()) *add().mutable_title_stop_list() = command.title_stop_list();
    if (command.has_thresholds()) *add().mutable_thresholds() = command.thresholds();
    return values;
}

}  // namespace

domain::Decided decide(const v1::ChangeSetting& command, const domain::Given& given) {
    const Key key = key_of(command.key());
    if (key == Key::OF_NOT_SET) {
        return domain::refused(Code::Problem_Code_UNKNOWN_SETTING, "key", "There is no setting of this name.");
    }
    std::vector<v1::Value> values = values_of(command);
    if (values.size() != 1 || values.front().of_case() != key) {
        return domain::refused(Code::Problem_Code_INVALID_SETTING, command.key(),
                               fmt::format("The body holds exactly the value {}.", command.key()));
    }
    const Settings& settings = given.aggregates.settings();
    auto valid_from = domain::instant_if(command.has_valid_from(), command.valid_from());
    if (valid_from && *valid_from < given.now - domain::occurred_ahead_max) {
        return domain::refused(Code::Problem_Code_INVALID_SETTING, "validFrom",
                               "A setting changes from now or from a later moment on.");
    }
    if (valid_from && *valid_from <= given.now) valid_from.reset();
    const Instant from = valid_from.value_or(given.now);
    if (const auto flaw = flaw_of(values.front(), Around{settings, from})) {
        const std::string field = flaw->field.empty() ? command.key() : command.key() + "." + flaw->field;
        return domain::refused(Code::Problem_Code_INVALID_SETTING, field, flaw->message);
    }
    domain::Decision decision{.id = command.key(), .stream = stream()};
    const Version& present = settings.valid_at(key, from);
    if (present.value.SerializeAsString() == values.front().SerializeAsString() && present.valid_from <= from) {
        return decision;
    }
    v1::SettingChanged event;
    event.set_key(command.key());
    *event.mutable_value() = std::move(values.front());
    if (valid_from) to_proto(*valid_from, *event.mutable_valid_from());
    domain::add(decision, stream(), std::move(event));
    return decision;
}

}  // namespace dealog::settings
