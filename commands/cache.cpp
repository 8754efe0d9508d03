#include "commands/cache.hpp"

namespace dealog::commands {

namespace {

Instant instant(std::int64_t nanos) { return Instant{Nanos{nanos}}; }

}  // namespace

Revision fold_stream(const eventstore::EventLog& log, const StreamName& stream, Revision from, void* state,
                     Apply apply) {
    const eventstore::ReadLimits limits;
    log::v1::Record record;  // one for all: what it has allocated is used again
    for (;;) {
        const auto page = log.read_stream(stream, from, limits);
        std::size_t bytes = 0;
        for (const auto& encoded : page.records) {
            if (!record.ParseFromString(encoded))
                throw eventstore::StoreBroken{"a record of " + stream.value() + " does not parse"};
            const domain::Envelope envelope{.revision = Revision{record.revision()},
                                            .recorded_at = instant(record.recorded_at()),
                                            .occurred_at = instant(record.occurred_at()),
                                            .actor_id = record.actor().id()};
            if (!apply(state, record.type(), record.payload(), envelope)) {
                throw eventstore::StoreBroken{"an event of " + stream.value() + " does not parse: " + record.type()};
            }
            from = envelope.revision;
            bytes += encoded.size();
        }
        if (page.records.size() < limits.records && bytes < limits.bytes) return from;
    }
}

}  // namespace dealog::commands
