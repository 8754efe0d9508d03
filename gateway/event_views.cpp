#include "gateway/event_views.hpp"

#include <algorithm>

#include <google/protobuf/any.pb.h>

#include "base/ids.hpp"
#include "eventstore/event_log.hpp"
#include "eventstore/vault.hpp"
#include "gateway/as_of.hpp"
#include "gateway/contract.hpp"

namespace dealog::gateway {

namespace {

void show_data(const log::v1::Record& record, const eventstore::Vault& vault, history::v1::EventView& out) {
    const auto* type = find_message(record.type());
    if (type == nullptr) return;  // of a later version: everything but its fields is shown
    const auto event = new_message(*type);
    if (!event->ParseFromString(record.payload()))
        throw eventstore::StoreBroken("a payload does not parse: " + record.type());
    if (record.sealed_size() > 0) {
        const eventstore::SealContext context{.workspace = record.workspace(),
                                              .event_id = record.event_id(),
                                              .stream = record.stream(),
                                              .type = record.type()};
        const std::vector<const v1::SealedPart*> parts(record.sealed().pointer_begin(), record.sealed().pointer_end());
        out.set_personal_state(eventstore::open_personal(vault, context, *event, parts));
    }
    out.mutable_data()->PackFrom(*event);
}

}  // namespace

void show_event(const log::v1::Record& record, const eventstore::Vault& vault, history::v1::EventView& out) {
    out.set_position(record.position());
    out.set_stream(record.stream());
    out.set_revision(record.revision());
    out.set_id(to_text(uuid_from_bytes(record.event_id())));
    out.set_type(record.type());
    to_proto(Instant{Nanos{record.recorded_at()}}, *out.mutable_recorded_at());
    to_proto(Instant{Nanos{record.occurred_at()}}, *out.mutable_occurred_at());
    out.set_backdated(record.backdated());
    out.set_actor(record.actor().id());
    out.set_actor_kind(record.actor().kind());
    out.set_source(record.source());
    out.set_command_id(record.command_id());
    out.set_correlation_id(record.correlation_id());
    out.set_causation_id(record.causation_id());
    out.set_append_first(record.append_first());
    out.set_append_count(record.append_count());
    show_data(record, vault, out);
}

bool EventFilter::takes(const log::v1::Record& record) const {
    const Instant occurred{Nanos{record.occurred_at()}};
    const auto in_category = [&] {
        const auto& name = record.stream();
        return std::string_view(name).substr(0, name.find('-')) == category;
    };
    const auto tagged = [&] {
        return std::any_of(record.tags().begin(), record.tags().end(),
                           [&](const auto& t) { return t.key() == tag->key() && t.value() == tag->value(); });
    };
    return (types.empty() || types.contains(record.type())) && (stream.empty() || record.stream() == stream) &&
           (category.empty() || in_category()) && (!tag || tagged()) &&
           (actor.empty() || record.actor().id() == actor) && (!from || occurred >= *from) && (!to || occurred < *to);
}

Result<EventFilter, Rejection> event_filter(const history::v1::ListEvents& query, Zone zone) {
    EventFilter filter{.types = {query.type().begin(), query.type().end()},
                       .stream = query.stream(),
                       .category = query.category(),
                       .tag = std::nullopt,
                       .actor = query.actor(),
                       .from = std::nullopt,
                       .to = std::nullopt};
    if (!query.tag().empty()) {
        const auto colon = query.tag().find(':');
        if (colon == std::string::npos) {
            return refuse(rejection(Code::Problem_Code_MALFORMED_QUERY, "tag: expected key:value",
                                    {{"malformed_parameter", "tag", "expected key:value"}}));
        }
        filter.tag.emplace();
        filter.tag->set_key(query.tag().substr(0, colon));
        filter.tag->set_value(query.tag().substr(colon + 1));
    }
    if (!query.from().empty()) filter.from = business_time(query.from(), zone, Edge::begin);
    if (!query.to().empty()) filter.to = business_time(query.to(), zone, Edge::end);
    return filter;
}

}  // namespace dealog::gateway
