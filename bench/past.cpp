#include <future>
#include <random>
#include <stdexcept>

#include <date/date.h>

#include "app/workspace.hpp"
#include "base/log.hpp"
#include "base/metrics.hpp"
#include "bench/measure.hpp"
#include "projections/board/board.pb.h"
#include "projections/day_list/day_list.pb.h"

namespace dealog::bench {

namespace {

using projections::QueryContext;
using projections::QueryHandler;

/// One query of one projection, as the gateway asks it for a caller who sees everything.
class Question {
public:
    Question(app::Workspace& workspace, std::string projection, const google::protobuf::Descriptor* request)
        : workspace_(workspace), projection_(std::move(projection)), name_(workspace.log().head().workspace) {
        visible_.everything = true;
        for (const auto* each : workspace.projections()) {
            for (auto& handler : each->queries()) {
                if (handler.request == request) handler_ = std::move(handler);
            }
        }
        if (!handler_.answer) throw std::runtime_error("nobody answers " + request->full_name());
    }

    /// Answers how long it took.
    double ask(const google::protobuf::Message& request, std::optional<Position> position, Instant at) const {
        const Stopwatch one;
        const auto view = workspace_.engine().view(projection_, position);
        const auto present = position ? workspace_.engine().view(projection_) : nullptr;
        if (!view) throw std::runtime_error("there is no view of " + projection_);
        const QueryContext context{.caller = caller_,
                                   .visible = visible_,
                                   .at = at,
                                   .vault = workspace_.vault(),
                                   .workspace = name_,
                                   .present = present.get()};
        if (!handler_.answer(request, *view, context)) throw std::runtime_error("a question was refused");
        return one.microseconds();
    }

private:
    app::Workspace& workspace_;
    std::string projection_;
    std::string name_;
    Principal caller_{.kind = Principal::Kind::service, .id = "bench"};
    projections::Visibility visible_;
    QueryHandler handler_;
};

dealog::log::v1::Record record_at(const eventstore::EventLog& log, std::uint64_t position) {
    dealog::log::v1::Record record;
    const auto bytes = log.record_at(Position{position});
    if (!bytes || !record.ParseFromString(*bytes)) throw std::runtime_error("there is no record at a position");
    return record;
}

struct Staff {
    std::vector<std::string> ids;
    std::uint64_t complete_at = 0;  // before that a seller's day is refused: there is no such seller
};

Staff sellers(const eventstore::EventLog& log) {
    Staff found;
    for (const auto& bytes : log.read({}, {.records = 4096, .bytes = 4u << 20}).records) {
        dealog::log::v1::Record record;
        if (record.ParseFromString(bytes) && record.revision() == 1 && record.stream().starts_with("seller-")) {
            found.ids.push_back(record.stream().substr(7));
            found.complete_at = record.position();
        }
    }
    return found;
}

void catch_up(app::Workspace& workspace, const char* projection) {
    std::promise<bool> reached;
    workspace.engine().when_reached(projection, workspace.log().head().position, std::chrono::hours(1),
                                    [&](bool there) { reached.set_value(there); });
    if (!reached.get_future().get()) throw std::runtime_error(fmt::format("{} is stopped", projection));
}

/// The same question now and as of a position, in changing order.
struct Pair {
    Samples now, past;
    void ask(const Question& question, const google::protobuf::Message& request, Position position, Instant then,
             bool past_first) {
        const Instant present = SystemClock{}.now();
        if (past_first) past.add(question.ask(request, position, then));
        now.add(question.ask(request, {}, present));
        if (!past_first) past.add(question.ask(request, position, then));
    }
};

}  // namespace

void ask_the_past(const std::filesystem::path& data, std::size_t questions, std::uint64_t seed) {
    log::set_level("error");
    app::Settings settings;
    settings.data = data;
    SystemClock clock;
    metrics::Registry metrics;
    app::Workspace workspace(settings, app::Workspace::Found::refused, clock, metrics);
    workspace.engine().start();
    for (const char* projection : {"board", "day_list"}) catch_up(workspace, projection);

    const Question board(workspace, "board", board::v1::ShowBoard::descriptor());
    const Question day_list(workspace, "day_list", day_list::v1::ListTasks::descriptor());
    board::v1::ShowBoard show;
    show.set_key("sales");
    day_list::v1::ListTasks list;
    const auto staff = sellers(workspace.log());
    const auto head = workspace.log().head().position.value();
    std::mt19937_64 chance(seed);
    Pair boards, days;
    for (std::size_t i = 0; i < questions; ++i) {
        const auto position = staff.complete_at + 1 + chance() % (head - staff.complete_at);
        const Instant then{Nanos{record_at(workspace.log(), position).recorded_at()}};
        list.set_seller(staff.ids[chance() % staff.ids.size()]);
        list.set_date(date::format("%F", date::floor<date::days>(then) + date::days(chance() % 4)));
        boards.ask(board, show, Position{position}, then, i % 2 == 0);
        days.ask(day_list, list, Position{position}, then, i % 2 == 0);
    }
    Report report;
    report.set("boardNow", boards.now);
    report.set("boardPast", boards.past);
    report.set("dayNow", days.now);
    report.set("dayPast", days.past);
    report.print();
}

}  // namespace dealog::bench
