#include "commands/dispatcher.hpp"

#include <google/protobuf/descriptor.h>

#include "commands/principals.hpp"
#include "commands/references.hpp"
#include "commands/targets.hpp"
#include "commands/transact.hpp"

namespace dealog::commands {

struct Dispatcher::State {
    std::shared_ptr<Transactor> transactor;
};

Dispatcher::Dispatcher(Lent lent)
    : state_(std::make_unique<State>(State{.transactor = std::make_shared<Transactor>(std::move(lent))})) {}

Dispatcher::~Dispatcher() { stop(); }

void Dispatcher::stop() { state_->transactor->stop(); }

void Dispatcher::run(Request request, Done done) { state_->transactor->run(std::move(request), std::move(done)); }

std::optional<Principal> Dispatcher::authenticate(std::string_view secret) {
    const auto& lent = state_->transactor->lent();
    for (int attempt = 0; attempt < attempts_max; ++attempt) {
        auto seen = state_->transactor->reading();
        auto principal = principal_of_secret(secret, seen, lent.clock.now());
        if (seen.still_true()) return principal;
    }
    return std::nullopt;  // it kept changing while we looked: nobody yet
}

std::optional<std::string> Dispatcher::resolve(std::string_view kind, const std::string& reference) const {
    if (!reference.starts_with(external_prefix)) return reference;
    return state_->transactor->lent().log.claim_owner("external:" + std::string{kind},
                                                      reference.substr(external_prefix.size()));
}

bool Dispatcher::knows(const google::protobuf::Descriptor& command) { return row_of(command) != nullptr; }

}  // namespace dealog::commands
