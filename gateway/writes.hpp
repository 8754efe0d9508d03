#pragma once

#include "commands/dispatcher.hpp"
#include "gateway/batch.hpp"
#include "gateway/exchange.hpp"

namespace dealog::gateway {

/// Commands and batches: from the body to the dispatcher and its answer.
class Writes {
public:
    Writes(const Routes& routes, eventstore::EventLog& log, eventstore::Vault& vault, commands::Dispatcher& dispatcher)
        : routes_(routes), log_(log), vault_(vault), dispatcher_(dispatcher) {}

    /// On the dispatcher's thread.
    void run(const Shared& exchange);

private:
    [[nodiscard]] Result<commands::Request, Rejection> prepare(const Exchange& exchange) const;
    [[nodiscard]] Result<ParsedWrite, Rejection> parse(const Exchange& exchange, Media media) const;
    void answer(const Exchange& exchange, commands::Outcome outcome) const;
    static void send(const Exchange& exchange, commands::Outcome outcome, unsigned status, Headers headers);

    const Routes& routes_;
    eventstore::EventLog& log_;
    eventstore::Vault& vault_;
    commands::Dispatcher& dispatcher_;
};

}  // namespace dealog::gateway
