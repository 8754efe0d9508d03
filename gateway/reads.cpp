#include "gateway/reads.hpp"

#include <algorithm>

#include <google/protobuf/timestamp.pb.h>

#include "base/log.hpp"
#include "domain/access/access.hpp"
#include "gateway/answers.hpp"
#include "gateway/as_of.hpp"
#include "gateway/contract.hpp"
#include "gateway/json/shape.hpp"
#include "gateway/limits.hpp"
#include "gateway/visibility.hpp"
#include "projections/directory/directory.hpp"
#include "projections/kpis/kpis.pb.h"

namespace dealog::gateway {

namespace pb = google::protobuf;

namespace {

constexpr const char* nobody = "00000000-0000-0000-0000-000000000000";
constexpr std::string_view directory_name = "directory";

Rejection bad_figure(std::string message) {
    return rejection(Code::Problem_Code_MALFORMED_QUERY, "query: " + message,
                     {{"malformed_parameter", "query", std::move(message)}});
}

/// What is wrong with the inner query is wrong with the parameter `query`.
Rejection inside_query(Rejection refused) {
    for (Violation& violation : refused.violations) violation.field = "query." + violation.field;
    return refused;
}

}  // namespace

/// A query on its way.
struct Reads::Inquiry {
    Shared exchange;
    Question question;
    const Served* served = nullptr;
    std::shared_ptr<pb::Message> figure = {};  // of an evidence query: the figure's own message
    access::AreaName area = v1::Area::AREA_UNSPECIFIED;
    std::optional<Position> pinned = {};  // by asOf or a page token
    Instant at = {};
};

void resolve_references(pb::Message& query, const commands::Dispatcher& dispatcher) {
    const auto* reflection = query.GetReflection();
    for (const json::Field& field : json::shape_of(*query.GetDescriptor()).fields) {
        if (field.rule->ref().empty() || field.repeated || field.kind != json::Kind::text) continue;
        const std::string text = reflection->GetString(query, field.descriptor);
        if (!text.starts_with("ext:")) continue;
        reflection->SetString(&query, field.descriptor, dispatcher.resolve(field.rule->ref(), text).value_or(nobody));
    }
}

Result<Question, Rejection> ask(const Match& match, std::string_view query, const commands::Dispatcher& dispatcher) {
    Question question{.message = new_message(*match.route->message), .common = {}};
    if (auto placed = fill_path(match, *question.message); !placed) return refuse(placed.error());
    auto common = fill_query(query, *question.message);
    if (!common) return refuse(common.error());
    if (auto sound = check_limits(*question.message); !sound) return refuse(sound.error());
    resolve_references(*question.message, dispatcher);
    question.common = std::move(*common);
    return question;
}

Reads::Reads(Lent lent, const std::vector<const projections::Projection*>& projections) : lent_(lent) {
    door_->reads = this;
    for (const auto* projection : projections) {
        for (auto& handler : projection->queries()) {
            const auto* request = handler.request;
            handlers_.emplace(request,
                              Served{.projection = std::string(projection->name()), .handler = std::move(handler)});
        }
    }
}

void Reads::detach() {
    const std::lock_guard lock(door_->mutex);
    door_->reads = nullptr;
}

void Reads::run(const Shared& exchange) {
    auto inquiry = prepare(exchange);
    if (!inquiry) return exchange->refuse(inquiry.error());
    submit(*inquiry, &Reads::locate);
}

Result<Reads::Asked, Rejection> Reads::prepare(const Shared& exchange) const {
    const Route& route = *exchange->match.route;
    auto question = ask(exchange->match, exchange->request.query, lent_.dispatcher);
    if (!question) return refuse(question.error());
    auto inquiry = std::make_shared<Inquiry>(
        Inquiry{.exchange = exchange, .question = std::move(*question), .area = route.access->area()});
    if (route.message == kpis::v1::ShowEvidence::descriptor()) {
        if (auto found = find_figure(*inquiry); !found) return refuse(found.error());
    } else {
        inquiry->served = &handlers_.at(route.message);
    }
    return inquiry;
}

/// An evidence query names another GET in its `query`: that one's handler knows the events.
Result<void, Rejection> Reads::find_figure(Inquiry& inquiry) const {
    const std::string target = static_cast<const kpis::v1::ShowEvidence&>(*inquiry.question.message).query();
    const auto mark = std::min(target.find('?'), target.size());
    const std::string path = target.substr(0, mark);
    const Found found = lent_.routes.find("GET", path);
    const Match* match = std::get_if<Match>(&found);
    if (match == nullptr) return refuse(bad_figure("there is no such path"));
    const auto served = handlers_.find(match->route->message);
    if (served == handlers_.end() || !served->second.handler.evidence)
        return refuse(bad_figure("there are no figures at this path"));
    const auto verdict =
        access::authorise(inquiry.exchange->caller, match->route->access->area(), access::Ability::read, false);
    if (verdict == access::Verdict::forbidden) return refuse(rejection(Code::Problem_Code_FORBIDDEN));
    auto figure = ask(*match, std::string_view(target).substr(std::min(mark + 1, target.size())), lent_.dispatcher);
    if (!figure) return refuse(inside_query(figure.error()));
    auto& common = inquiry.question.common;
    if (common.as_of.empty()) common.as_of = figure->common.as_of;
    if (common.min_position.empty()) common.min_position = figure->common.min_position;
    inquiry.figure = std::move(figure->message);
    inquiry.served = &served->second;
    inquiry.area = match->route->access->area();
    return {};
}

/// Runs a step on the pool; what breaks there is a 500 of this request alone.
void Reads::submit(const Asked& inquiry, void (Reads::*step)(const Asked&) const) const {
    const bool taken = lent_.pool.submit([this, inquiry, step] {
        try {
            (this->*step)(inquiry);
        } catch (const std::exception& failure) {
            log::error("query_failed", {{"requestId", inquiry->exchange->request.id}, {"error", failure.what()}});
            inquiry->exchange->refuse(rejection(Code::Problem_Code_INTERNAL));
        }
    });
    if (!taken) inquiry->exchange->refuse(rejection(Code::Problem_Code_OVERLOADED));
}

void Reads::locate(const Asked& inquiry) const {
    const auto awaited = choose_moment(*inquiry);
    if (!awaited) return inquiry->exchange->refuse(awaited.error());
    if (*awaited == Position{}) return answer(inquiry);
    lent_.engine.when_reached(inquiry->served->projection, *awaited, lent_.patience,
                              [door = door_, inquiry](bool reached) {
                                  const std::lock_guard lock(door->mutex);
                                  if (door->reads == nullptr) return;
                                  if (!reached) return door->reads->refuse_late(*inquiry);
                                  door->reads->submit(inquiry, &Reads::answer);
                              });
}

/// Sets what the view shall be pinned to and the moment of the answer; answers what has to be waited for, 0 = nothing.
Result<Position, Rejection> Reads::choose_moment(Inquiry& inquiry) const {
    const Instant now = present_moment(lent_.clock, lent_.log);
    const CommonParameters& common = inquiry.question.common;
    Position awaited;
    inquiry.at = now;
    if (!common.min_position.empty()) {
        const auto least = parse_min_position(common.min_position);
        if (!least) return refuse(least.error());
        awaited = *least;
    }
    if (!common.as_of.empty()) {
        const auto directory = lent_.engine.view(directory_name);
        const Zone zone = directory ? directory::workspace_zone(*directory, now) : Zone::utc();
        const auto as_of = parse_as_of(common.as_of, lent_.log, zone, now);
        if (!as_of) return refuse(as_of.error());
        inquiry.pinned = as_of->position;
        inquiry.at = as_of->at;
    }
    if (inquiry.question.message->GetDescriptor()->FindFieldByName("page_token") != nullptr) {
        if (const auto page = projections::page_position(*inquiry.question.message)) inquiry.pinned = page;
    }
    return std::max(awaited, inquiry.pinned.value_or(Position{}));
}

void Reads::refuse_late(const Inquiry& inquiry) const {
    const auto all = lent_.engine.status();
    const auto stopped = std::any_of(all.begin(), all.end(), [&](const projections::Status& status) {
        return status.name == inquiry.served->projection && status.state == "stopped";
    });
    inquiry.exchange->refuse(
        rejection(stopped ? Code::Problem_Code_PROJECTION_STOPPED : Code::Problem_Code_NOT_CAUGHT_UP));
}

projections::QueryResult Reads::evaluate(const Inquiry& inquiry, const projections::View& view) const {
    const auto directory = lent_.engine.view(directory_name);
    const auto visible = visible_in(inquiry.area, inquiry.exchange->caller, directory.get());
    const auto workspace = lent_.log.head().workspace;
    const bool bounded_in_the_past = inquiry.pinned && !visible.everything;
    const auto present = bounded_in_the_past ? lent_.engine.view(inquiry.served->projection) : nullptr;
    const bool travels_back = present && present->position() != view.position();
    const projections::QueryContext context{.caller = inquiry.exchange->caller,
                                            .visible = visible,
                                            .at = inquiry.at,
                                            .vault = lent_.vault,
                                            .workspace = workspace,
                                            .present = travels_back ? present.get() : nullptr};
    const auto& handler = inquiry.served->handler;
    return inquiry.figure ? handler.evidence(*inquiry.figure, *inquiry.question.message, view, context)
                          : handler.answer(*inquiry.question.message, view, context);
}

void Reads::answer(const Asked& inquiry) const {
    const auto view = lent_.engine.view(inquiry->served->projection, inquiry->pinned);
    if (!view) return refuse_late(*inquiry);
    auto result = evaluate(*inquiry, *view);
    if (!result) return inquiry->exchange->refuse(result.error());
    stamp(**result, view->position(), inquiry->at);
    Headers headers{{"Dealog-Position", std::to_string(view->position().value())}};
    const auto revision = inquiry->question.common.as_of.empty() ? revision_of(**result) : std::nullopt;
    if (revision) headers.emplace_back("ETag", '"' + std::to_string(*revision) + '"');
    inquiry->exchange->answer(**result, 200, std::move(headers));
}

}  // namespace dealog::gateway
