#include "gateway/history.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "eventstore/event_log.hpp"
#include "gateway/as_of.hpp"
#include "gateway/event_streams.hpp"
#include "gateway/json/text.hpp"
#include "projections/directory/directory.hpp"

namespace dealog::gateway {

namespace pb = google::protobuf;
using history::v1::EventList;
using history::v1::GetHead;
using history::v1::ListEvents;
using history::v1::ListStreamEvents;

namespace {

log::v1::Record decode(const std::string& bytes) {
    log::v1::Record record;
    if (!record.ParseFromString(bytes)) throw eventstore::StoreBroken("a record does not parse");
    return record;
}

/// The next records in the cheapest order that the filter allows: a stream, a tag or the whole log.
class Scan {
public:
    Scan(const eventstore::EventLog& log, const EventFilter& filter, Position after)
        : log_(log), filter_(filter), after_(after) {}

    /// Empty at the end.
    std::vector<log::v1::Record> next() {
        std::vector<log::v1::Record> records;
        const auto page = read();
        for (const auto& bytes : page.records) {
            auto record = decode(bytes);
            revision_ = Revision{record.revision()};
            if (Position{record.position()} > after_) records.push_back(std::move(record));
        }
        if (!records.empty()) after_ = Position{records.back().position()};
        return records.empty() && !page.records.empty() ? next() : records;
    }

private:
    eventstore::Page read() const {
        if (!filter_.stream.empty()) return log_.read_stream(StreamName{filter_.stream}, revision_, {});
        if (filter_.tag) return log_.read_tag(*filter_.tag, after_, {});
        return log_.read(after_, {});
    }

    const eventstore::EventLog& log_;
    const EventFilter& filter_;
    Position after_;
    Revision revision_;
};

struct Cursor {
    std::uint32_t epoch;
    Position position;
};

std::optional<Cursor> parse_cursor(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const auto epoch = json::parse_uint64(text.substr(0, colon));
    const auto position = json::parse_uint64(text.substr(colon + 1));
    if (!epoch || !position || *epoch > UINT32_MAX) return std::nullopt;
    return Cursor{.epoch = static_cast<std::uint32_t>(*epoch), .position = Position{*position}};
}

/// Where a stream begins: after Last-Event-ID, else after `after`.
Result<Position, Rejection> stream_start(const Request& request, const ListEvents& query,
                                         const eventstore::LogHead& head) {
    const auto id = request.header("last-event-id");
    if (!id || id->empty()) return std::min(Position{query.after()}, head.position);
    const auto cursor = parse_cursor(*id);
    if (!cursor) return refuse(rejection(Code::Problem_Code_BAD_CURSOR, "Last-Event-ID is not <epoch>:<position>"));
    if (cursor->epoch != head.epoch) return refuse(rejection(Code::Problem_Code_EPOCH_MISMATCH));
    if (cursor->position > head.position)
        return refuse(rejection(Code::Problem_Code_BAD_CURSOR, "Last-Event-ID lies beyond the head"));
    return cursor->position;
}

}  // namespace

bool History::knows(const pb::Descriptor& query) {
    return &query == ListEvents::descriptor() || &query == ListStreamEvents::descriptor() ||
           &query == GetHead::descriptor();
}

void History::run(const Shared& exchange) const {
    auto asked = ask(exchange->match, exchange->request.query, lent_.dispatcher);
    if (!asked) return exchange->refuse(asked.error());
    const bool taken = lent_.pool.submit([this, exchange, question = std::move(*asked)] {
        try {
            answer(*exchange, question);
        } catch (const std::exception& failure) {
            log::error("query_failed", {{"requestId", exchange->request.id}, {"error", failure.what()}});
            exchange->refuse(rejection(Code::Problem_Code_INTERNAL));
        }
    });
    if (!taken) exchange->refuse(rejection(Code::Problem_Code_OVERLOADED));
}

void History::answer(const Exchange& exchange, const Question& question) const {
    const pb::Message& query = *question.message;
    const auto limits = bounds(question.common);
    if (!limits) return exchange.refuse(limits.error());
    if (query.GetDescriptor() == GetHead::descriptor()) return head(exchange);
    if (query.GetDescriptor() == ListStreamEvents::descriptor()) {
        return list_stream(exchange, static_cast<const ListStreamEvents&>(query), *limits);
    }
    const auto& events = static_cast<const ListEvents&>(query);
    return exchange.answer_in == Media::event_stream ? subscribe(exchange, events, *limits)
                                                     : list(exchange, events, *limits);
}

Result<History::Bounds, Rejection> History::bounds(const CommonParameters& common) const {
    const Instant now = present_moment(lent_.clock, lent_.log);
    const auto directory = lent_.engine.view("directory");
    Bounds bounds{.until = lent_.log.head().position,
                  .at = now,
                  .zone = directory ? directory::workspace_zone(*directory, now) : Zone::utc()};
    if (!common.min_position.empty()) {
        const auto least = parse_min_position(common.min_position);
        if (!least) return refuse(least.error());
        if (*least > bounds.until) return refuse(rejection(Code::Problem_Code_NOT_CAUGHT_UP));
    }
    if (!common.as_of.empty()) {
        const auto as_of = parse_as_of(common.as_of, lent_.log, bounds.zone, now);
        if (!as_of) return refuse(as_of.error());
        bounds.until = as_of->position;
        bounds.at = as_of->at;
    }
    return bounds;
}

HistoryRights History::rights(const Exchange& exchange) const {
    const auto directory = lent_.engine.view("directory");
    return HistoryRights(exchange.caller, directory.get(), lent_.owners);
}

void History::list(const Exchange& exchange, const ListEvents& query, const Bounds& bounds) const {
    const auto filter = event_filter(query, bounds.zone);
    if (!filter) return exchange.refuse(filter.error());
    auto allowed = rights(exchange);
    const auto limit = static_cast<int>(query.limit() != 0 ? query.limit() : limit_default);
    EventList answer;
    answer.set_position(bounds.until.value());
    to_proto(bounds.at, *answer.mutable_at());
    Scan scan(lent_.log, *filter, Position{query.after()});
    std::size_t scanned = 0;
    for (auto records = scan.next(); !records.empty() && answer.next_after() == 0; records = scan.next()) {
        for (const auto& record : records) {
            if (Position{record.position()} > bounds.until) return exchange.answer(answer);
            if (filter->takes(record) && allowed.sees(record.stream()))
                show_event(record, lent_.vault, *answer.add_events());
            const bool full = answer.events_size() == limit || ++scanned == scanned_max;
            if (full) {
                if (Position{record.position()} < bounds.until) answer.set_next_after(record.position());
                return exchange.answer(answer);
            }
        }
    }
    exchange.answer(answer);
}

void History::list_stream(const Exchange& exchange, const ListStreamEvents& query, const Bounds& bounds) const {
    auto allowed = rights(exchange);
    const StreamName stream{query.stream()};
    const bool there = lent_.log.revision(stream) != Revision{} && allowed.sees(query.stream());
    if (!there) return exchange.refuse(rejection(Code::Problem_Code_NOT_FOUND));
    const std::size_t limit = query.limit() != 0 ? query.limit() : limit_default;
    const auto page = lent_.log.read_stream(stream, Revision{query.after()}, {.records = limit});
    EventList answer;
    answer.set_position(bounds.until.value());
    to_proto(bounds.at, *answer.mutable_at());
    for (const auto& bytes : page.records) {
        const auto record = decode(bytes);
        if (Position{record.position()} > bounds.until) return exchange.answer(answer);
        show_event(record, lent_.vault, *answer.add_events());
    }
    const auto last = answer.events_size() > 0 ? answer.events(answer.events_size() - 1).revision() : 0;
    if (last != 0 && Revision{last} < lent_.log.revision(stream)) answer.set_next_after(last);
    exchange.answer(answer);
}

void History::subscribe(const Exchange& exchange, const ListEvents& query, const Bounds& bounds) const {
    auto filter = event_filter(query, bounds.zone);
    if (!filter) return exchange.refuse(filter.error());
    const auto start = stream_start(exchange.request, query, lent_.log.head());
    if (!start) return exchange.refuse(start.error());
    auto stream = lent_.streams.open(exchange.secret, std::move(*filter), *start);
    if (!stream)
        return exchange.refuse(
            rejection(Code::Problem_Code_OVERLOADED, "there are as many subscribers as this server takes"));
    exchange.answer(
        Response{.status = 200,
                 .headers = {{"Content-Type", "text/event-stream; charset=utf-8"}, {"X-Accel-Buffering", "no"}},
                 .body = {},
                 .stream = std::move(stream)});
}

void History::head(const Exchange& exchange) const {
    const auto head = lent_.log.head();
    history::v1::Head answer;
    answer.set_position(head.position.value());
    to_proto(present_moment(lent_.clock, lent_.log), *answer.mutable_at());
    answer.set_epoch(head.epoch);
    if (head.position != Position{}) to_proto(head.recorded_at, *answer.mutable_recorded_at());
    answer.set_workspace(head.workspace);
    for (const auto& status : lent_.engine.status()) {
        auto& follower = *answer.add_followers();
        follower.set_name("projection:" + status.name);
        follower.set_position(status.position.value());
        follower.set_state(status.state);
        follower.set_error(status.error);
    }
    if (lent_.followers) {
        for (auto& other : lent_.followers()) *answer.add_followers() = std::move(other);
    }
    for (auto& follower : *answer.mutable_followers()) {
        follower.set_lag(head.position.value() - std::min(head.position.value(), follower.position()));
    }
    exchange.answer(answer);
}

}  // namespace dealog::gateway
