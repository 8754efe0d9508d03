#include "base/zone.hpp"

#include <date/tz.h>

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace dealog {

namespace {

const date::time_zone& zone_of(const void* zone) { return *static_cast<const date::time_zone*>(zone); }

date::sys_seconds second_of(Instant t) {
    return date::sys_seconds{std::chrono::floor<std::chrono::seconds>(t).time_since_epoch()};
}

date::local_seconds local_second(const void* zone, Instant t) {
    const date::sys_seconds second = second_of(t);
    return date::local_seconds{second.time_since_epoch() + zone_of(zone).get_info(second).offset};
}

/// Instants beyond what 64 bits of nanoseconds hold become the nearest one that they do.
Instant instant_of(date::sys_seconds second) {
    constexpr std::int64_t seconds_max = std::numeric_limits<std::int64_t>::max() / 1'000'000'000;
    const std::int64_t seconds = std::clamp<std::int64_t>(second.time_since_epoch().count(), -seconds_max, seconds_max);
    return Instant{std::chrono::seconds{seconds}};
}

/// The library reads a zone's file at first use; a file that is not one is no zone.
bool readable(const date::time_zone& zone) {
    try {
        static_cast<void>(zone.get_info(date::sys_seconds{}));
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

}  // namespace

std::optional<Zone> Zone::find(std::string_view iana_name) {
    // `localtime` is the machine's own choice, not a name that means the same elsewhere.
    if (iana_name == "localtime") return std::nullopt;
    // Not locate_zone: it throws for an unknown name, and unknown names come from clients.
    const auto& zones = date::get_tzdb().zones;
    const auto found =
        std::lower_bound(zones.begin(), zones.end(), iana_name,
                         [](const date::time_zone& zone, std::string_view name) { return zone.name() < name; });
    if (found == zones.end() || found->name() != iana_name || !readable(*found)) return std::nullopt;
    return Zone{&*found};
}

Zone Zone::utc() {
    static const date::time_zone* const zone = date::locate_zone("Etc/UTC");
    return Zone{zone};
}

std::chrono::year_month_day Zone::local_date(Instant t) const {
    const auto day = date::floor<date::days>(local_second(zone_, t));
    return std::chrono::year_month_day{std::chrono::sys_days{std::chrono::days{day.time_since_epoch().count()}}};
}

int Zone::local_minute(Instant t) const {
    const date::local_seconds local = local_second(zone_, t);
    const auto since_midnight = local - date::floor<date::days>(local);
    return static_cast<int>(std::chrono::floor<std::chrono::minutes>(since_midnight).count());
}

Instant Zone::at(std::chrono::year_month_day date, std::chrono::minutes since_midnight) const {
    const auto day = std::chrono::sys_days{date}.time_since_epoch();
    const date::local_seconds local{std::chrono::seconds{day} + since_midnight};
    return instant_of(zone_of(zone_).to_sys(local, date::choose::earliest));
}

Instant Zone::day_begin(std::chrono::year_month_day date) const { return at(date, std::chrono::minutes{0}); }

std::string_view Zone::name() const { return zone_of(zone_).name(); }

std::chrono::year_month_day next_day(std::chrono::year_month_day date) {
    return std::chrono::year_month_day{std::chrono::sys_days{date} + std::chrono::days{1}};
}

}  // namespace dealog
