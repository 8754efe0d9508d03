#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "commands/aggregates.hpp"
#include "commands/dispatcher.hpp"
#include "commands/draft.hpp"

namespace dealog::commands {

/// After so many conflicts a batch runs alone in this dispatcher.
inline constexpr int conflicts_before_exclusive = 3;
/// Requests that wait for another one's append. More are refused.
inline constexpr std::size_t waiting_max = 10'000;

/// Load, decide, append, and again on a conflict. Within one dispatcher there are no conflicts: a request that looks at
/// a stream which an append in flight writes waits for that append, in order of arrival.
class Transactor : public std::enable_shared_from_this<Transactor> {
public:
    explicit Transactor(Dispatcher::Lent lent);

    void run(Request request, Done done);
    /// Answers everything that has not been answered yet. Nothing may be run afterwards.
    void stop();

    [[nodiscard]] Reading reading() { return Reading{cache_, lent_.log, lent_.vault}; }
    [[nodiscard]] const Dispatcher::Lent& lent() const { return lent_; }

private:
    /// One request on its way.
    struct Flight {
        Request request;
        Done done;
        int attempts = 0;
        int conflicts = 0;
        std::optional<Draft> draft;  // while its append is in flight
        std::vector<std::string> writes;
    };
    using FlightPtr = std::shared_ptr<Flight>;

    void start(FlightPtr flight);
    void attempt(const FlightPtr& flight);
    void attempt_or_throw(const FlightPtr& flight);
    [[nodiscard]] std::optional<Answer> known_answer(const Request& request) const;
    void refuse_or_retry(const FlightPtr& flight, Reading& reading, Rejection refusal);
    void rehearse(const FlightPtr& flight, Reading& seen, Draft draft);
    [[nodiscard]] const std::string* busy_stream(const std::vector<eventstore::StreamCheck>& checks) const;
    void wait_for(const std::string& stream, const FlightPtr& flight);
    void send(const FlightPtr& flight, Draft draft);
    void finished(const FlightPtr& flight, eventstore::AppendResult result);
    [[nodiscard]] Answer finish_written(const Request& request, const Draft& draft,
                                        const eventstore::Appended& appended);
    void finish_refused(const FlightPtr& flight, const Draft& draft, const eventstore::AppendError& error);
    void finish_conflicts(const FlightPtr& flight, const Draft& draft, const eventstore::Conflicts& conflicts);
    void again(const FlightPtr& flight);
    void answer(const FlightPtr& flight, Answer answer);
    [[nodiscard]] Answer destroyed(const std::vector<std::string>& subjects, Outcome outcome);
    void wake(const std::vector<std::string>& streams);
    void next_turn();

    Dispatcher::Lent lent_;
    std::string workspace_;
    std::uint32_t epoch_;
    std::unique_ptr<domain::Secrets> secrets_;
    Cache cache_;

    std::unordered_set<FlightPtr> in_flight_;
    std::unordered_set<std::string> written_;                         // streams of the appends in flight
    std::unordered_map<std::string, std::deque<FlightPtr>> waiting_;  // by the stream they wait for
    std::size_t waiting_count_ = 0;
    std::deque<FlightPtr> turns_;  // batches that want to run alone
    FlightPtr alone_;              // the one that does
    std::deque<FlightPtr> held_;   // those who let it
    bool turning_ = false;
    bool stopped_ = false;
};

}  // namespace dealog::commands
