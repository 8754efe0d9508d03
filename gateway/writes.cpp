#include "gateway/writes.hpp"

#include <array>

#include "commands/batch.pb.h"
#include "domain/access/access.hpp"
#include "gateway/batch.hpp"
#include "gateway/contract.hpp"
#include "gateway/json/fill.hpp"
#include "gateway/limits.hpp"

namespace dealog::gateway {

namespace pb = google::protobuf;

namespace {

bool is_batch(const Route& route) { return route.message == batch::v1::RunBatch::descriptor(); }

/// A batch has no area of its own: each of its commands is authorised by itself.
bool never_allowed(const Exchange& exchange) {
    const Route& route = *exchange.match.route;
    return !is_batch(route) && access::authorise(exchange.caller, route.access->area(), access::Ability::write,
                                                 route.access->head_only()) == access::Verdict::forbidden;
}

Result<void, Rejection> fill_body(const Request& request, Media media, pb::Message& command) {
    if (media == Media::json) {
        return request.body.empty() && !request.header("content-type") ? Result<void, Rejection>()
                                                                       : json::fill(request.body, command);
    }
    if (!command.ParseFromString(request.body)) {
        return refuse(
            rejection(Code::Problem_Code_MALFORMED_BODY, "the body is not a " + command.GetDescriptor()->full_name()));
    }
    return check_wire(command);
}

}  // namespace

void Writes::run(const Shared& exchange) {
    if (never_allowed(*exchange)) return exchange->refuse(rejection(Code::Problem_Code_FORBIDDEN));
    auto request = prepare(*exchange);
    if (!request) return exchange->refuse(request.error());
    const bool dry_run = request->dry_run;
    dispatcher_.run(std::move(*request), [this, exchange, dry_run](commands::Answer answered) {
        if (!answered) return exchange->refuse(answered.error());
        if (dry_run) return send(*exchange, std::move(*answered), 200, {});  // nothing was made, there is no position
        answer(*exchange, std::move(*answered));
    });
}

Result<commands::Request, Rejection> Writes::prepare(const Exchange& exchange) const {
    const Request& request = exchange.request;
    auto key = idempotency_key(request);
    if (!key) return refuse(key.error());
    const auto expected = if_match(request);
    if (!expected) return refuse(expected.error());
    const auto media = body_media(request);
    if (!media) return refuse(media.error());
    if (!request.query.empty())
        return refuse(rejection(Code::Problem_Code_MALFORMED_QUERY, "a command takes no parameters"));
    auto parsed = parse(exchange, *media);
    if (!parsed) return refuse(parsed.error());
    const std::array<std::string_view, 4> parts{request.method, request.path, media_name(*media), request.body};
    return commands::Request{.actor = exchange.caller,
                             .commands = std::move(parsed->commands),
                             .batch = is_batch(*exchange.match.route),
                             .idempotency_key = std::move(*key),
                             .mac = vault_.request_mac(parts),
                             .if_match = *expected,
                             .source = "api",
                             .correlation_id = request.id,
                             .causation_id = {},
                             .traceparent = traceparent(request),
                             .dry_run = parsed->dry_run};
}

Result<ParsedWrite, Rejection> Writes::parse(const Exchange& exchange, Media media) const {
    const Route& route = *exchange.match.route;
    if (is_batch(route)) return parse_batch(routes_, exchange.request.body, media);
    std::shared_ptr<pb::Message> command = new_message(*route.message);
    if (auto filled = fill_body(exchange.request, media, *command); !filled) return refuse(filled.error());
    if (auto placed = fill_path(exchange.match, *command); !placed) return refuse(placed.error());
    if (auto sound = check_limits(*command); !sound) return refuse(sound.error());
    ParsedWrite one;
    one.commands.push_back(commands::Command{.message = std::move(command), .idempotency_key = {}});
    return one;
}

/// Nothing changed: the state that was looked at is that of the head.
void Writes::answer(const Exchange& exchange, commands::Outcome outcome) const {
    if (outcome.position == Position{}) outcome.position = log_.head().position;
    for (auto& result : outcome.results) result.set_position(outcome.position.value());
    Headers headers{{"Dealog-Position", std::to_string(outcome.position.value())}};
    const unsigned status = outcome.created ? 201 : 200;
    send(exchange, std::move(outcome), status, std::move(headers));
}

void Writes::send(const Exchange& exchange, commands::Outcome outcome, unsigned status, Headers headers) {
    if (is_batch(*exchange.match.route)) {
        v1::WrittenBatch written;
        written.set_position(outcome.position.value());
        for (auto& result : outcome.results) *written.add_results() = std::move(result);
        return exchange.answer(written, status, std::move(headers));
    }
    const v1::Written& written = outcome.results.front();
    headers.emplace_back("ETag", '"' + std::to_string(written.revision()) + '"');
    exchange.answer(written, status, std::move(headers));
}

}  // namespace dealog::gateway
