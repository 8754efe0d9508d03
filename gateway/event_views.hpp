#pragma once

#include <optional>
#include <string>
#include <unordered_set>

#include "base/problem.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "base/zone.hpp"
#include "eventstore/record.pb.h"
#include "gateway/history.pb.h"

namespace dealog::eventstore {
class Vault;
}

namespace dealog::gateway {

/// A stored record as the history shows it: the event's own fields, personal values opened where the key exists.
void show_event(const log::v1::Record& record, const eventstore::Vault& vault, history::v1::EventView& out);

/// What a ListEvents asks for beside its place in the log.
struct EventFilter {
    std::unordered_set<std::string> types;
    std::string stream;
    std::string category;
    std::optional<log::v1::Tag> tag;
    std::string actor;
    std::optional<Instant> from;
    std::optional<Instant> to;

    [[nodiscard]] bool takes(const log::v1::Record& record) const;
};

/// MALFORMED_QUERY for a tag without a colon. A date in `from` and `to` means the whole day in the zone.
[[nodiscard]] Result<EventFilter, Rejection> event_filter(const history::v1::ListEvents& query, Zone zone);

}  // namespace dealog::gateway
