#include "gateway/traffic.hpp"

#include <algorithm>

namespace dealog::gateway {

Traffic::Traffic(metrics::Registry& registry, const Routes& routes) {
    const auto handles = [&](const std::string& route) {
        Handles made;
        for (std::size_t i = 0; i < made.by_class.size(); ++i) {
            made.by_class[i] = &registry.counter("dealog_http_requests_total", "Requests by route and class of status.",
                                                 {{"route", route}, {"class", std::to_string(i + 2) + "xx"}});
        }
        made.seconds = &registry.histogram("dealog_http_request_seconds",
                                           "Time from a request to its answer, by route.", {{"route", route}});
        return made;
    };
    for (const auto& route : routes.all())
        routes_.push_back(handles((route->verb == Verb::get ? "GET " : "POST ") + route->path));
    routes_.push_back(handles("other"));
}

void Traffic::count(const Route* route, unsigned status, std::chrono::nanoseconds took) {
    const Handles& handles = route != nullptr ? routes_[route->number] : routes_.back();
    handles.by_class[std::clamp(status / 100, 2u, 5u) - 2]->add();
    handles.seconds->observe(std::chrono::duration<double>(took).count());
}

}  // namespace dealog::gateway
