#include "gateway/batch.hpp"

#include <google/protobuf/any.pb.h>

#include "commands/batch.pb.h"
#include "gateway/contract.hpp"
#include "gateway/json/fill.hpp"
#include "gateway/limits.hpp"

namespace dealog::gateway {

namespace pb = google::protobuf;

namespace {

Rejection at_path(Code code, const std::string& place, std::string rule, std::string message) {
    const std::string field = place + ".path";
    return rejection(code, field + ": " + message, {{std::move(rule), field, std::move(message)}});
}

/// A refusal of one item names where the item stands.
Rejection moved(Rejection refused, const std::string& place) {
    refused.detail = place + ": " + refused.detail;
    for (Violation& violation : refused.violations) violation.field = place + ".path";
    return refused;
}

Result<Match, Rejection> find_command(const Routes& routes, const std::string& path, const std::string& place) {
    const Found found = routes.find("POST", path);
    const Match* match = std::get_if<Match>(&found);
    if (match == nullptr)
        return refuse(
            at_path(Code::Problem_Code_NOT_IN_BATCH, place, "no_command", "there is no command at this path"));
    if (match->route->http->no_batch()) {
        return refuse(at_path(Code::Problem_Code_NOT_IN_BATCH, place, "not_in_batch", "this command stands by itself"));
    }
    return *match;
}

/// The items with their bodies as they stand in the JSON text; an item without body has an empty one.
struct Items {
    batch::v1::RunBatch batch;
    std::vector<std::string_view> json;
};

Result<Items, Rejection> read_items(std::string_view body, Media media) {
    Items items;
    if (media == Media::protobuf) {
        if (!items.batch.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
            return refuse(rejection(Code::Problem_Code_MALFORMED_BODY, "the body is not a dealog.batch.v1.RunBatch"));
        }
        if (auto sound = check_wire(items.batch); !sound) return refuse(sound.error());
        return items;
    }
    std::vector<json::Raw> raw;
    if (auto filled = json::fill(body, items.batch, {.raw = &raw}); !filled) return refuse(filled.error());
    items.json.resize(static_cast<std::size_t>(items.batch.commands_size()));
    auto next = raw.begin();
    for (int i = 0; i < items.batch.commands_size() && next != raw.end(); ++i) {
        if (next->parent == items.batch.mutable_commands(i)) items.json[static_cast<std::size_t>(i)] = (next++)->json;
    }
    return items;
}

Result<void, Rejection> unpack(const pb::Any& body, pb::Message& command, const std::string& place) {
    const auto name = body.type_url().substr(body.type_url().rfind('/') + 1);
    const bool empty = body.type_url().empty() && body.value().empty();
    if ((!empty && name != command.GetDescriptor()->full_name()) || !command.ParseFromString(body.value())) {
        const std::string field = place + ".body";
        return refuse(rejection(Code::Problem_Code_MALFORMED_BODY,
                                field + ": not a " + command.GetDescriptor()->full_name(),
                                {{"wrong_type", field, "not a " + command.GetDescriptor()->full_name()}}));
    }
    return check_wire(command, place + ".body");
}

class Reader {
public:
    Reader(const Routes& routes, const Items& items, Media media) : routes_(routes), items_(items), media_(media) {}

    Result<std::vector<commands::Command>, Rejection> read() {
        std::vector<commands::Command> all;
        for (int i = 0; i < items_.batch.commands_size(); ++i) {
            auto command = read_one(i);
            if (!command) return refuse(command.error());
            all.push_back(std::move(*command));
        }
        if (violations_.empty()) return all;
        std::string detail = violations_.front().field + ": " + violations_.front().message;
        return refuse(rejection(Code::Problem_Code_INVALID_FIELD, std::move(detail), std::move(violations_)));
    }

private:
    Result<commands::Command, Rejection> read_one(int i) {
        const auto& item = items_.batch.commands(i);
        const std::string place = "commands[" + std::to_string(i) + ']';
        const auto match = find_command(routes_, item.path(), place);
        if (!match) return refuse(match.error());
        std::shared_ptr<pb::Message> command = new_message(*match->route->message);
        if (auto filled = fill_body(i, *command, place); !filled) return refuse(filled.error());
        if (auto placed = fill_path(*match, *command); !placed) return refuse(moved(placed.error(), place));
        check_limits(*command, place + ".body", violations_);
        return commands::Command{.message = std::move(command), .idempotency_key = item.idempotency_key()};
    }

    Result<void, Rejection> fill_body(int i, pb::Message& command, const std::string& place) const {
        if (media_ == Media::protobuf) return unpack(items_.batch.commands(i).body(), command, place);
        const std::string_view text = items_.json[static_cast<std::size_t>(i)];
        const std::string prefix = place + ".body";
        return text.empty() ? Result<void, Rejection>() : json::fill(text, command, {.prefix = prefix});
    }

    const Routes& routes_;
    const Items& items_;
    Media media_;
    std::vector<Violation> violations_;
};

}  // namespace

Result<ParsedWrite, Rejection> parse_batch(const Routes& routes, std::string_view body, Media media) {
    auto items = read_items(body, media);
    if (!items) return refuse(items.error());
    if (auto sound = check_limits(items->batch); !sound) return refuse(sound.error());
    auto commands = Reader(routes, *items, media).read();
    if (!commands) return refuse(commands.error());
    return ParsedWrite{.commands = std::move(*commands), .dry_run = items->batch.dry_run()};
}

}  // namespace dealog::gateway
