#include <cstdio>
#include <string>
#include <unordered_set>
#include <vector>

#include "app/projections.hpp"
#include "commands/targets.hpp"
#include "gateway/history.hpp"
#include "gateway/surface.hpp"
#include "projections/kpis/kpis.pb.h"

namespace {

using namespace dealog;
using Descriptor = google::protobuf::Descriptor;

/// What the contract promises and this build does not serve.
std::vector<std::string> missing() {
    std::vector<std::string> all;
    for (const auto& name : commands::unlisted_commands()) all.push_back(name + " has no row in commands/targets.cpp");

    const auto projections = app::all_projections();
    std::unordered_set<const Descriptor*> answered{kpis::v1::ShowEvidence::descriptor()};
    for (const auto& projection : projections) {
        for (const auto& query : projection->queries()) answered.insert(query.request);
    }
    const gateway::Routes routes;
    for (const auto& sentence : gateway::unlisted(routes, [&](const Descriptor& query) {
             return answered.contains(&query) || gateway::History::knows(query);
         })) {
        all.push_back(sentence);
    }
    return all;
}

}  // namespace

/// Run by the build when the server is linked: exit 1 names every command without a row and every query without a
/// handler.
int main() {
    try {
        const auto found = missing();
        for (const auto& one : found) std::fprintf(stderr, "contract: %s\n", one.c_str());
        return found.empty() ? 0 : 1;
    } catch (const std::exception& broken) {
        std::fprintf(stderr, "contract: %s\n", broken.what());
        return 1;
    }
}
