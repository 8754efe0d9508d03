#include "projections/business_time.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/problem.hpp"

namespace dealog::projections {
namespace {

using Setting = settings::v1::Value;

constexpr std::array kept_settings{Setting::kLocale, Setting::kWorkingHours, Setting::kNorms, Setting::kTaskTypes,
                                   Setting::kThresholds};

constexpr std::string_view inner_work = "TASK";  // the first setting's one type that is not communication

Rejection malformed(std::string_view field, std::string_view text) {
    return rejection(Code::Problem_Code_MALFORMED_QUERY, "neither a date nor an RFC 3339 time",
                     {Violation{.rule = "format", .field = std::string(field), .message = std::string(text)}});
}

}  // namespace

void SettingsTable::apply(const Event& event, Rows& rows) const {
    const auto* changed = event.as<settings::v1::SettingChanged>();
    if (changed == nullptr || std::ranges::find(kept_settings, changed->value().of_case()) == kept_settings.end())
        return;
    const Instant valid_from = changed->has_valid_from() ? from_proto(changed->valid_from()) : event.recorded_at();
    const auto key = Key{}
                         .u8(static_cast<std::uint8_t>(changed->value().of_case()))
                         .i64(valid_from.time_since_epoch().count())
                         .u64(event.record.position());
    rows.put(spec_, key, changed->SerializeAsString());
}

WorkspaceCalendar::WorkspaceCalendar(const SettingsTable& table, const View& view) {
    const Typed<settings::v1::SettingChanged> rows{table.spec()};
    rows.scan(view, {}, {}, [&](std::string_view key, settings::v1::SettingChanged&& changed, Position) {
        KeyReader reader{key};
        const std::size_t setting = reader.u8();
        settings_.versions.at(setting).push_back(
            {.revision = 0, .valid_from = Instant{Nanos{reader.i64()}}, .value = std::move(*changed.mutable_value())});
        return true;
    });
}

bool WorkspaceCalendar::communication(std::string_view task_type, Instant t) const {
    for (const auto& type : settings_.task_types(t).types()) {
        if (type.key() == task_type) return type.communication();
    }
    return task_type != inner_work;
}

Zone WorkspaceCalendar::zone(std::chrono::year_month_day date) const {
    const auto& known = settings_.versions.at(Setting::kLocale);
    if (known.empty()) return Zone::utc();
    const auto first_day = Zone::utc().local_date(known.front().valid_from);
    return settings_.zone(Zone::utc().day_begin(next_day(std::max(date, first_day))) - Nanos{1});
}

Instant WorkspaceCalendar::day_begin(std::chrono::year_month_day date) const { return zone(date).day_begin(date); }

Instant WorkspaceCalendar::day_end(std::chrono::year_month_day date) const { return day_begin(next_day(date)); }

std::optional<Instant> WorkspaceCalendar::resolve(std::string_view text, bool end_of_day) const {
    if (const auto date = parse_date(text)) return end_of_day ? day_end(*date) : day_begin(*date);
    return parse_rfc3339(text);
}

Result<Period, Rejection> WorkspaceCalendar::period(std::string_view from, std::string_view to) const {
    Period period;
    if (!from.empty()) {
        const auto begin = resolve(from, false);
        if (!begin) return refuse(malformed("from", from));
        period.begin = *begin;
    }
    if (!to.empty()) {
        const auto end = resolve(to, true);
        if (!end) return refuse(malformed("to", to));
        period.end = *end;
    }
    return period;
}

Result<std::optional<Instant>, Rejection> WorkspaceCalendar::moment(std::string_view at) const {
    if (at.empty()) return std::optional<Instant>{};
    if (const auto date = parse_date(at)) return std::optional{day_end(*date) - Nanos{1}};
    const auto instant = parse_rfc3339(at);
    if (!instant) return refuse(malformed("at", at));
    return instant;
}

}  // namespace dealog::projections
