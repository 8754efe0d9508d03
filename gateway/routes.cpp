#include "gateway/routes.hpp"

#include <stdexcept>

#include <google/protobuf/descriptor.h>

#include "gateway/contract.hpp"

namespace dealog::gateway {

namespace pb = google::protobuf;

namespace {

/// The segments of "/v1/deals/{deal}"; absent when the path does not begin with '/' or has an empty segment.
std::optional<std::vector<std::string_view>> segments(std::string_view path) {
    std::vector<std::string_view> parts;
    if (path.empty() || path.front() != '/') return std::nullopt;
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto end = std::min(path.find('/'), path.size());
        if (end == 0) return std::nullopt;
        parts.push_back(path.substr(0, end));
        path.remove_prefix(end);
    }
    return parts;
}

bool is_placeholder(std::string_view segment) { return segment.starts_with('{'); }

[[noreturn]] void wrong(const Route& route, const std::string& why) {
    throw std::logic_error("route " + route.path + " of " + route.message->full_name() + ": " + why);
}

const pb::FieldDescriptor* placeholder_field(const Route& route, std::string_view segment) {
    if (!segment.ends_with('}')) wrong(route, "a placeholder is a whole segment");
    const auto name = segment.substr(1, segment.size() - 2);
    const auto* field = route.message->FindFieldByName(std::string(name));
    const bool fits = field != nullptr && !field->is_repeated() && field->type() == pb::FieldDescriptor::TYPE_STRING &&
                      field->options().GetExtension(v1::rule).path();
    if (!fits) wrong(route, "no singular string field marked path is named " + std::string(name));
    return field;
}

}  // namespace

Routes::Routes() : Routes(contract_messages()) {}

Routes::Routes(std::span<const pb::Descriptor* const> messages) : nodes_(1) {
    for (const pb::Descriptor* message : messages) {
        if (!message->options().HasExtension(v1::http)) continue;
        const v1::Http& http = message->options().GetExtension(v1::http);
        add(*message, http, http.binding());
        for (const auto& binding : http.additional()) add(*message, http, binding);
    }
}

void Routes::add(const pb::Descriptor& message, const v1::Http& http, const v1::Http::Binding& binding) {
    auto route = std::make_unique<Route>(Route{.verb = binding.get().empty() ? Verb::post : Verb::get,
                                               .path = binding.get().empty() ? binding.post() : binding.get(),
                                               .message = &message,
                                               .http = &http,
                                               .access = &message.options().GetExtension(v1::access),
                                               .number = routes_.size()});
    if (!message.options().HasExtension(v1::access)) wrong(*route, "it has no access option");
    if (route->verb == Verb::get && find_message(http.answer()) == nullptr) wrong(*route, "its answer is no message");
    plant(*route);
    routes_.push_back(std::move(route));
}

void Routes::plant(Route& route) {
    const auto parts = segments(route.path);
    if (!parts) wrong(route, "not a path");
    std::size_t node = 0;
    for (const std::string_view part : *parts) node = step(node, part, route);
    const Route*& leaf = route.verb == Verb::get ? nodes_[node].get : nodes_[node].post;
    if (leaf != nullptr) wrong(route, "ambiguous beside " + leaf->path + " of " + leaf->message->full_name());
    leaf = &route;
}

std::size_t Routes::step(std::size_t node, std::string_view segment, Route& route) {
    const bool placeholder = is_placeholder(segment);
    if (placeholder ? !nodes_[node].literals.empty() : nodes_[node].any.has_value()) {
        wrong(route, "ambiguous: a name and a placeholder at " + std::string(segment));
    }
    if (placeholder) {
        route.placeholders.push_back(placeholder_field(route, segment));
        if (!nodes_[node].any) {
            nodes_[node].any = nodes_.size();
            nodes_.emplace_back();
        }
        return *nodes_[node].any;
    }
    const auto [entry, fresh] = nodes_[node].literals.try_emplace(std::string(segment), nodes_.size());
    const std::size_t next = entry->second;
    if (fresh) nodes_.emplace_back();
    return next;
}

Found Routes::find(std::string_view method, std::string_view path) const {
    Match match;
    std::size_t node = 0;
    if (path.empty() || path.front() != '/') return NoSuchPath{};
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto end = std::min(path.find('/'), path.size());
        const auto segment = path.substr(0, end);
        path.remove_prefix(end);
        if (segment.empty()) return NoSuchPath{};
        if (nodes_[node].any) {
            match.values.push_back(segment);
            node = *nodes_[node].any;
        } else {
            const auto next = nodes_[node].literals.find(segment);
            if (next == nodes_[node].literals.end()) return NoSuchPath{};
            node = next->second;
        }
    }
    const Node& leaf = nodes_[node];
    if (leaf.get == nullptr && leaf.post == nullptr) return NoSuchPath{};
    match.route = method == "GET" ? leaf.get : method == "POST" ? leaf.post : nullptr;
    if (match.route != nullptr) return match;
    return OtherMethods{leaf.get != nullptr && leaf.post != nullptr ? "GET, POST"
                        : leaf.get != nullptr                       ? "GET"
                                                                    : "POST"};
}

}  // namespace dealog::gateway
