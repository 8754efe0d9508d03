#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/time.hpp"

namespace dealog {

/// Local calendar of one IANA time zone. Cheap to copy; thread-safe. Rules come from the system's tzdata, which lists
/// summer time up to 2037; later instants read as standard time.
class Zone {
public:
    /// Absent when the name is not an IANA zone of this machine.
    [[nodiscard]] static std::optional<Zone> find(std::string_view iana_name);
    [[nodiscard]] static Zone utc();

    [[nodiscard]] std::chrono::year_month_day local_date(Instant t) const;
    /// Minutes since local midnight, 0…1439.
    [[nodiscard]] int local_minute(Instant t) const;
    /// The instant of a local wall-clock time; in a gap the first instant after it, when ambiguous the earlier one.
    [[nodiscard]] Instant at(std::chrono::year_month_day date, std::chrono::minutes since_midnight) const;
    /// First instant of a local day.
    [[nodiscard]] Instant day_begin(std::chrono::year_month_day date) const;
    [[nodiscard]] std::string_view name() const;

private:
    explicit Zone(const void* zone) : zone_(zone) {}
    const void* zone_;
};

[[nodiscard]] std::chrono::year_month_day next_day(std::chrono::year_month_day date);

}  // namespace dealog
