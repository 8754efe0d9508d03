#include "commands/transact.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/assert.hpp"
#include "base/log.hpp"
#include "commands/answers.hpp"
#include "commands/secrets.hpp"
#include "eventstore/prepared.hpp"

namespace dealog::commands {

namespace {

Rejection unwritten(Code code) { return rejection(code, "nothing was written"); }

}  // namespace

Transactor::Transactor(Dispatcher::Lent lent)
    : lent_(std::move(lent)),
      workspace_(lent_.log.head().workspace),
      epoch_(lent_.log.head().epoch),
      secrets_(std::make_unique<RandomSecrets>()) {}

void Transactor::run(Request request, Done done) {
    auto flight = std::make_shared<Flight>();
    flight->request = std::move(request);
    flight->done = std::move(done);
    if (stopped_) return answer(flight, refuse(unwritten(Code::Problem_Code_SHUTTING_DOWN)));
    start(std::move(flight));
    next_turn();
}

void Transactor::start(FlightPtr flight) {
    if (alone_ == nullptr && turns_.empty()) return attempt(flight);
    if (waiting_count_ >= waiting_max) return answer(flight, refuse(unwritten(Code::Problem_Code_OVERLOADED)));
    ++waiting_count_;
    held_.push_back(std::move(flight));
}

void Transactor::attempt(const FlightPtr& flight) {
    try {
        attempt_or_throw(flight);
    } catch (const eventstore::StoreBroken& broken) {
        log::error("command_not_read", {{"reason", broken.what()}});
        answer(flight, refuse(unwritten(Code::Problem_Code_STORE_FENCED)));
    } catch (const std::exception& bug) {
        log::error("command_failed", {{"reason", bug.what()}});
        answer(flight, refuse(unwritten(Code::Problem_Code_INTERNAL)));
    }
}

void Transactor::attempt_or_throw(const FlightPtr& flight) {
    if (auto known = known_answer(flight->request)) {
        if (*known) known = destroyed(erased_by(flight->request), **std::move(known));
        return answer(flight, *std::move(known));
    }
    if (flight->attempts == attempts_max) return answer(flight, refuse(unwritten(Code::Problem_Code_CONTENDED)));
    ++flight->attempts;
    auto seen = reading();
    auto drafted = draft(flight->request, seen, {.lent = lent_, .workspace = workspace_, .secrets = *secrets_});
    if (!drafted) return refuse_or_retry(flight, seen, std::move(drafted.error()));
    if (flight->request.dry_run) return rehearse(flight, seen, *std::move(drafted));
    if (drafted->append.events.empty()) {
        if (!seen.still_true()) return again(flight);
        return answer(flight, destroyed(erased_by(flight->request),
                                        unchanged_answer(*drafted)));  // once more: it may have failed
    }
    if (const auto* busy = busy_stream(drafted->append.checks)) {
        --flight->attempts;
        return wait_for(*busy, flight);
    }
    send(flight, *std::move(drafted));
}

/// What this request was answered before; nothing when it is new.
std::optional<Answer> Transactor::known_answer(const Request& request) const {
    if (request.idempotency_key.empty() || request.dry_run) return std::nullopt;
    const auto known = lent_.log.find_command(request.actor.scope(), request.idempotency_key);
    if (!known) return std::nullopt;
    if (known->mac != request.mac) return refuse(rejection(Code::Problem_Code_IDEMPOTENCY_KEY_REUSED));
    return replayed_answer(lent_.log, known->first, known->last, known->receipt);
}

/// A refusal holds only if the log still shows what it was decided on, and no twin of the request was written
/// meanwhile.
void Transactor::refuse_or_retry(const FlightPtr& flight, Reading& seen, Rejection refusal) {
    if (!seen.still_true()) return again(flight);
    auto known = known_answer(flight->request);
    if (known && *known) return answer(flight, destroyed(erased_by(flight->request), **std::move(known)));
    answer(flight, refuse(std::move(refusal)));
}

/// Everything that the append would be checked for, without it.
void Transactor::rehearse(const FlightPtr& flight, Reading& seen, Draft draft) {
    if (!seen.still_true()) return again(flight);
    const auto& request = flight->request;
    if (const auto taken = draft.claims.refused_now()) {
        auto refusal = rejection(taken->code);
        if (request.batch) name_command(refusal, taken->command, *request.commands[taken->command].message);
        return answer(flight, refuse(std::move(refusal)));
    }
    if (!draft.append.events.empty()) {
        const auto prepared = eventstore::prepare(std::move(draft.append), lent_.vault, workspace_, epoch_);
        if (!prepared) {
            auto refusal = rejection(Code::Problem_Code_TOO_LARGE_TO_APPEND, prepared.error().reason);
            return answer(flight, refuse(std::move(refusal)));
        }
    }
    answer(flight, rehearsed_answer(draft));
}

const std::string* Transactor::busy_stream(const std::vector<eventstore::StreamCheck>& checks) const {
    if (written_.empty()) return nullptr;
    for (const auto& check : checks) {
        if (written_.contains(check.stream.value())) return &check.stream.value();
    }
    return nullptr;
}

void Transactor::wait_for(const std::string& stream, const FlightPtr& flight) {
    if (waiting_count_ >= waiting_max) return answer(flight, refuse(unwritten(Code::Problem_Code_OVERLOADED)));
    ++waiting_count_;
    waiting_[stream].push_back(flight);
}

void Transactor::send(const FlightPtr& flight, Draft draft) {
    for (const auto& event : draft.append.events) {
        if (written_.insert(event.stream.value()).second) flight->writes.push_back(event.stream.value());
    }
    in_flight_.insert(flight);
    auto append = std::move(draft.append);
    flight->draft.emplace(std::move(draft));
    auto completed = [self = weak_from_this(), post = lent_.post, flight](eventstore::AppendResult result) {
        post([self, flight, result = std::move(result)]() mutable {
            if (const auto alive = self.lock()) alive->finished(flight, std::move(result));
        });
    };
    try {
        lent_.log.append(std::move(append), std::move(completed));
    } catch (...) {
        in_flight_.erase(flight);
        for (const auto& stream : std::exchange(flight->writes, {})) written_.erase(stream);
        throw;
    }
}

void Transactor::finished(const FlightPtr& flight, eventstore::AppendResult result) {
    if (in_flight_.erase(flight) == 0) return;  // answered by stop()
    const auto streams = std::exchange(flight->writes, {});
    for (const auto& stream : streams) written_.erase(stream);
    const auto draft = *std::exchange(flight->draft, std::nullopt);
    if (result) {
        auto made = finish_written(flight->request, draft, *result);
        wake(streams);  // before the answer: who asks again at once comes after those who waited
        answer(flight, std::move(made));
    } else {
        try {
            finish_refused(flight, draft, result.error());
        } catch (const eventstore::StoreBroken& broken) {
            log::error("refusal_not_explained", {{"reason", broken.what()}});
            answer(flight, refuse(unwritten(Code::Problem_Code_STORE_FENCED)));
        }
        wake(streams);
    }
    next_turn();
}

Answer Transactor::finish_written(const Request& request, const Draft& draft, const eventstore::Appended& appended) {
    if (appended.replayed) {
        try {
            return destroyed(erased_by(request),
                             replayed_answer(lent_.log, appended.first, appended.last, appended.receipt));
        } catch (const eventstore::StoreBroken& broken) {
            log::error("answer_not_rebuilt", {{"reason", broken.what()}});
            return refuse(rejection(Code::Problem_Code_OUTCOME_UNKNOWN));
        }
    }
    DEALOG_ASSERT(appended.revisions.size() == draft.events.size(), "every event of an append has a revision");
    for (std::size_t i = 0; i < draft.events.size(); ++i) {
        const auto& event = draft.events[i];
        cache_.advance(event.stream, *event.event,
                       {.revision = appended.revisions[i],
                        .recorded_at = appended.recorded_at,
                        .occurred_at = event.occurred_at.value_or(appended.recorded_at),
                        .actor_id = draft.actor_id});
    }
    return destroyed(draft.erase_subjects, written_answer(draft, appended));
}

void Transactor::finish_refused(const FlightPtr& flight, const Draft& draft, const eventstore::AppendError& error) {
    std::visit(
        [&](const auto& why) {
            using Why = std::decay_t<decltype(why)>;
            if constexpr (std::is_same_v<Why, eventstore::Conflicts>) {
                finish_conflicts(flight, draft, why);
            } else if constexpr (std::is_same_v<Why, eventstore::NotAppendable>) {
                answer(flight, refuse(rejection(Code::Problem_Code_TOO_LARGE_TO_APPEND, why.reason)));
            } else if constexpr (std::is_same_v<Why, eventstore::Overloaded>) {
                answer(flight, refuse(unwritten(Code::Problem_Code_OVERLOADED)));
            } else if constexpr (std::is_same_v<Why, eventstore::Fenced>) {
                answer(flight, refuse(unwritten(Code::Problem_Code_STORE_FENCED)));
            } else {
                static_assert(std::is_same_v<Why, eventstore::OutcomeUnknown>);
                answer(flight,
                       refuse(rejection(Code::Problem_Code_OUTCOME_UNKNOWN, "retry with the same Idempotency-Key")));
            }
        },
        error);
}

/// What moved is decided again; only a claim that is truly another's refuses.
void Transactor::finish_conflicts(const FlightPtr& flight, const Draft& draft, const eventstore::Conflicts& conflicts) {
    bool moved = false;
    std::optional<Rejection> refusal;
    for (const auto& conflict : conflicts.all) {
        if (const auto* wrong = std::get_if<eventstore::WrongRevision>(&conflict)) {
            cache_.moved(wrong->stream, wrong->actual);
            moved = true;
        } else if (std::holds_alternative<eventstore::ConditionFailed>(conflict)) {
            moved = true;
        } else if (std::holds_alternative<eventstore::CommandReused>(conflict)) {
            refusal = rejection(Code::Problem_Code_IDEMPOTENCY_KEY_REUSED);
        } else if (const auto* taken = std::get_if<eventstore::ClaimTaken>(&conflict)) {
            const auto origin = draft.claims.origin(*taken);
            DEALOG_ASSERT(origin.has_value(), "a refused claim was asked for");
            refusal = rejection(origin->code);
            if (flight->request.batch)
                name_command(*refusal, origin->command, *flight->request.commands[origin->command].message);
        } else {
            DEALOG_ASSERT(false, "an event id is new");
        }
    }
    if (!moved && refusal) return answer(flight, refuse(*std::move(refusal)));
    again(flight);
}

void Transactor::again(const FlightPtr& flight) {
    ++flight->conflicts;
    const bool batch = flight->request.batch || flight->request.commands.size() > 1;
    if (flight == alone_ || !batch || flight->conflicts < conflicts_before_exclusive) return attempt(flight);
    turns_.push_back(flight);
}

/// The answer once the subjects' keys are destroyed.
Answer Transactor::destroyed(const std::vector<std::string>& subjects, Outcome outcome) {
    try {
        for (const auto& subject : subjects) lent_.vault.erase(subject);
    } catch (const std::exception& broken) {
        log::error("subject_key_not_destroyed", {{"reason", broken.what()}});
        return refuse(rejection(Code::Problem_Code_OUTCOME_UNKNOWN, "retry with the same Idempotency-Key"));
    }
    return outcome;
}

void Transactor::answer(const FlightPtr& flight, Answer answer) {
    if (flight == alone_) alone_ = nullptr;
    const auto done = std::exchange(flight->done, nullptr);
    if (done == nullptr) return;
    try {
        done(std::move(answer));
    } catch (const std::exception& theirs) {  // the write stands whatever its reader does
        log::error("answer_not_taken", {{"reason", theirs.what()}});
    }
}

/// Those who waited for these streams, in order, until one of them writes the stream again.
void Transactor::wake(const std::vector<std::string>& streams) {
    for (const auto& stream : streams) {
        while (!written_.contains(stream)) {
            const auto queue = waiting_.find(stream);
            if (queue == waiting_.end()) break;
            const auto flight = queue->second.front();
            queue->second.pop_front();
            if (queue->second.empty()) waiting_.erase(queue);
            --waiting_count_;
            start(flight);
        }
    }
}

/// Gives the turn to a batch that wants to run alone, once nothing is in flight; else lets those go on who let it.
void Transactor::next_turn() {
    if (std::exchange(turning_, true)) return;
    for (;;) {
        if (alone_ == nullptr && in_flight_.empty() && !turns_.empty()) {
            alone_ = turns_.front();
            turns_.pop_front();
            attempt(FlightPtr{alone_});
        } else if (alone_ == nullptr && turns_.empty() && !held_.empty()) {
            const auto flight = held_.front();
            held_.pop_front();
            --waiting_count_;
            attempt(flight);
        } else {
            break;
        }
    }
    turning_ = false;
}

void Transactor::stop() {
    stopped_ = true;
    std::vector<FlightPtr> unwritten_ones{turns_.begin(), turns_.end()};
    unwritten_ones.insert(unwritten_ones.end(), held_.begin(), held_.end());
    for (const auto& [stream, queue] : waiting_)
        unwritten_ones.insert(unwritten_ones.end(), queue.begin(), queue.end());
    const auto unknown = std::exchange(in_flight_, {});
    turns_.clear();
    held_.clear();
    waiting_.clear();
    for (const auto& flight : unwritten_ones) answer(flight, refuse(unwritten(Code::Problem_Code_SHUTTING_DOWN)));
    for (const auto& flight : unknown) answer(flight, refuse(rejection(Code::Problem_Code_OUTCOME_UNKNOWN)));
}

}  // namespace dealog::commands
