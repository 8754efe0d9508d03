#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "projections/engine/memory_rows.hpp"
#include "projections/engine/projection.hpp"
#include "tests/projections/test_vault.hpp"

namespace dealog::projections::testing {

inline constexpr std::string_view workspace = "acme";

/// An id that a test can call by a name.
[[nodiscard]] inline std::string id_of(std::string_view name) { return to_text(named_uuid(name)); }

/// "2024-03-04T09:00:00Z".
[[nodiscard]] inline Instant instant(std::string_view rfc3339) {
    const auto parsed = parse_rfc3339(rfc3339);
    if (!parsed) throw std::invalid_argument("not an RFC 3339 time: " + std::string(rfc3339));
    return *parsed;
}

/// An event as a test tells it, before it is recorded.
struct Told {
    std::string stream;
    std::string type;
    std::shared_ptr<google::protobuf::Message> event;  // null: of a type that this binary does not know
    std::optional<Instant> occurred_at;                // absent: as recorded
    bool backdated = false;
    std::string actor = "system";

    [[nodiscard]] Told at(Instant t) && { return occurred_at = t, std::move(*this); }
    [[nodiscard]] Told late(Instant t) && { return occurred_at = t, backdated = true, std::move(*this); }
    [[nodiscard]] Told by(std::string seller_id) && { return actor = std::move(seller_id), std::move(*this); }
};

template <class E>
[[nodiscard]] Told told(std::string stream, E event) {
    return {.stream = std::move(stream),
            .type = E::descriptor()->full_name(),
            .event = std::make_shared<E>(std::move(event))};
}
[[nodiscard]] inline Told told_unknown(std::string stream, std::string type) {
    return {.stream = std::move(stream), .type = std::move(type), .event = nullptr};
}

/// A log by hand: dense positions, revisions per stream, personal parts sealed as the committer would.
class History {
public:
    explicit History(Instant start = instant("2024-03-04T08:00:00Z")) : now_(start) {}

    /// The recording time of what is appended from now on. It never goes back.
    void set_clock(Instant t) { now_ = std::max(now_, t); }
    [[nodiscard]] Instant now() const { return now_; }
    [[nodiscard]] Position head() const { return Position{head_}; }

    /// One append of several events, a millisecond after the one before.
    Position append(std::vector<Told> events) {
        now_ += std::chrono::milliseconds{1};
        auto& made = appends_.emplace_back();
        for (auto& one : events) record(made, std::move(one), events.size());
        for (std::size_t i = 0; i < made.records.size(); ++i) {
            made.events.push_back(Event{.record = made.records[i], .payload = made.payloads[i].get()});
        }
        return head();
    }
    template <class E>
    Position append(std::string stream, E event) {
        std::vector<Told> one;
        one.push_back(told(std::move(stream), std::move(event)));
        return append(std::move(one));
    }
    Position append(Told one) {
        std::vector<Told> events;
        events.push_back(std::move(one));
        return append(std::move(events));
    }

    [[nodiscard]] std::size_t appends() const { return appends_.size(); }
    [[nodiscard]] AppendView view(std::size_t index) const {
        const auto& made = appends_.at(index);
        return {.events = made.events, .last = Position{made.records.back().position()}};
    }
    [[nodiscard]] Instant recorded_at(std::size_t index) const { return view(index).events.back().recorded_at(); }

    TestVault vault;

private:
    struct Made {
        std::deque<log::v1::Record> records;
        std::vector<std::shared_ptr<google::protobuf::Message>> payloads;
        std::vector<Event> events;
    };

    void record(Made& made, Told one, std::size_t count) {
        auto& record = made.records.emplace_back();
        record.set_workspace(std::string(workspace));
        record.set_epoch(1);
        record.set_position(++head_);
        record.set_stream(one.stream);
        record.set_revision(++revisions_[one.stream]);
        record.set_event_id(to_bytes(named_uuid("event " + std::to_string(head_))));
        record.set_type(one.type);
        record.set_recorded_at(now_.time_since_epoch().count());
        record.set_occurred_at(one.occurred_at.value_or(now_).time_since_epoch().count());
        record.set_backdated(one.backdated);
        record.mutable_actor()->set_kind(one.actor == "system" ? "system" : "seller");
        record.mutable_actor()->set_id(one.actor);
        record.set_source("api");
        record.set_append_first(made.records.front().position());
        record.set_append_count(static_cast<std::uint32_t>(count));
        if (one.event) seal(record, *one.event);
        made.payloads.push_back(std::move(one.event));
    }

    void seal(log::v1::Record& record, google::protobuf::Message& event) {
        std::vector<v1::SealedPart> parts;
        std::vector<std::string> new_subjects;
        eventstore::seal_personal(
            vault,
            {.workspace = workspace, .event_id = record.event_id(), .stream = record.stream(), .type = record.type()},
            event, parts, new_subjects);
        for (auto& part : parts) *record.add_sealed() = std::move(part);
        record.set_payload(event.SerializeAsString());
    }

    Instant now_;
    std::uint64_t head_ = 0;
    std::map<std::string, std::uint64_t> revisions_;
    std::deque<Made> appends_;
};

/// Who asks, and as of when.
struct Asking {
    std::string seller;                 // empty: a service
    std::optional<Visibility> visible;  // absent: everything
    std::optional<Instant> at;          // absent: the history's last recording
    std::optional<Position> as_of;
};

/// A projection over a history, in memory. Takes in what is new before each question.
class ReadModel {
public:
    ReadModel(const Projection& projection, const History& history) : projection_(projection), history_(history) {}

    void catch_up() {
        for (; applied_ < history_.appends(); ++applied_) rows_.apply(projection_, history_.view(applied_));
    }
    [[nodiscard]] const MemoryRows& rows() {
        catch_up();
        return rows_;
    }

    /// The answer, or the refusal.
    template <class Answer, class Request>
    [[nodiscard]] Result<Answer, Rejection> try_ask(const Request& request, const Asking& asking = {}) {
        catch_up();
        Principal caller;
        caller.kind = asking.seller.empty() ? Principal::Kind::service : Principal::Kind::seller;
        caller.id = asking.seller;
        const Visibility visible = asking.visible.value_or(Visibility{.everything = true, .sellers = {}});
        const auto view = rows_.view(asking.as_of);
        const auto present = rows_.view();
        const QueryContext context{.caller = caller,
                                   .visible = visible,
                                   .at = asking.at.value_or(history_.now()),
                                   .vault = history_.vault,
                                   .workspace = workspace,
                                   .present = asking.as_of ? present.get() : nullptr};
        for (const auto& handler : projection_.queries()) {
            if (handler.request != Request::descriptor()) continue;
            auto answer = handler.answer(request, *view, context);
            if (!answer) return refuse(std::move(answer.error()));
            return static_cast<const Answer&>(**answer);
        }
        throw std::logic_error("the projection does not answer " + Request::descriptor()->full_name());
    }
    /// The answer; a refusal fails the test.
    template <class Answer, class Request>
    [[nodiscard]] Answer ask(const Request& request, const Asking& asking = {}) {
        auto answer = try_ask<Answer>(request, asking);
        if (!answer) throw std::runtime_error("refused: " + std::string(code_name(answer.error().code)));
        return std::move(*answer);
    }

private:
    const Projection& projection_;
    const History& history_;
    MemoryRows rows_;
    std::size_t applied_ = 0;
};

}  // namespace dealog::projections::testing
