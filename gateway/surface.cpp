#include "gateway/surface.hpp"

#include <google/protobuf/descriptor.h>

#include "commands/batch.pb.h"
#include "commands/dispatcher.hpp"
#include "domain/access/access.hpp"

namespace dealog::gateway {

namespace pb = google::protobuf;

namespace {

/// A principal with every scope: does any role reach this at all?
bool granted(const Route& route) {
    const auto ability = route.verb == Verb::post ? access::Ability::write : access::Ability::read;
    const auto* roles = v1::Role::Name_descriptor();
    for (int i = 0; i < roles->value_count(); ++i) {
        Principal one;
        one.kind = Principal::Kind::service;
        one.roles = {static_cast<RoleName>(roles->value(i)->number())};
        one.scopes = {"commands", "queries", "events"};
        if (access::authorise(one, route.access->area(), ability, route.access->head_only()) ==
            access::Verdict::allowed)
            return true;
    }
    return false;
}

bool is_code(const std::string& name) {
    const auto* codes = v1::Problem::Code_descriptor();
    for (int i = 0; i < codes->value_count(); ++i) {
        if (code_name(static_cast<Code>(codes->value(i)->number())) == name) return true;
    }
    return false;
}

void check(const Route& route, const std::function<bool(const pb::Descriptor&)>& answers,
           std::vector<std::string>& found) {
    const std::string name = route.message->full_name() + " (" + route.path + ')';
    const bool batch = route.message == batch::v1::RunBatch::descriptor();
    if (route.access->area() == v1::Area::AREA_UNSPECIFIED)
        found.push_back(name + " has no area");
    else if (!batch && !granted(route))
        found.push_back(name + " may be used by no role");
    if (route.verb == Verb::get && !answers(*route.message)) found.push_back(name + " is answered by nothing");
    if (route.verb == Verb::post && !batch && !commands::Dispatcher::knows(*route.message)) {
        found.push_back(name + " is a command that the dispatcher does not know");
    }
    if (route.http->summary().empty() || route.http->tag().empty()) found.push_back(name + " has no summary or tag");
    for (const auto& problem : route.http->problems()) {
        if (!is_code(problem)) found.push_back(name + " names the unknown code " + problem);
    }
}

}  // namespace

std::vector<std::string> unlisted(const Routes& routes, const std::function<bool(const pb::Descriptor&)>& answers) {
    std::vector<std::string> found;
    for (const auto& route : routes.all()) check(*route, answers, found);
    return found;
}

}  // namespace dealog::gateway
