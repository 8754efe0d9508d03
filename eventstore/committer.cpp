#include "eventstore/committer.hpp"

#include <algorithm>
#include <exception>
#include <optional>

#include "eventstore/vault.hpp"

namespace dealog::eventstore {

struct Committer::Listener {
    std::mutex mutex;
    std::function<void(Position)> wake;  // empty once the handle is gone
};

Committer::Committer(Needs needs) : needs_(std::move(needs)), thread_([this] { run(); }) {}

Committer::~Committer() {
    {
        const std::lock_guard lock{mutex_};
        stopping_ = true;
    }
    arrived_.notify_one();
    thread_.join();
}

void Committer::append(Append append, Completion done) {
    auto prepared = prepare(std::move(append), needs_.vault, needs_.workspace, needs_.epoch);
    if (!prepared) return done(refuse(AppendError{std::move(prepared.error())}));
    std::optional<AppendError> refusal;
    {
        const std::lock_guard lock{mutex_};
        if (!fenced_.empty()) {
            refusal = Fenced{fenced_};
        } else if (queue_.size() >= needs_.limits.requests || queued_bytes_ + prepared->bytes > needs_.limits.bytes) {
            refusal = Overloaded{};
        } else {
            queued_bytes_ += prepared->bytes;
            queue_.push_back({std::move(*prepared), std::move(done)});
            if (queue_.size() == 1) arrived_.notify_one();
        }
    }
    if (!refusal) return;
    if (std::holds_alternative<Overloaded>(*refusal)) needs_.watch.overloaded();
    done(refuse(*std::move(refusal)));
}

std::shared_ptr<void> Committer::on_head(std::function<void(Position)> wake) {
    auto listener = std::make_shared<Listener>();
    listener->wake = std::move(wake);
    const std::lock_guard lock{listeners_mutex_};
    std::erase_if(listeners_, [](const auto& weak) { return weak.expired(); });
    listeners_.push_back(listener);
    // The handle waits for a call that is under way, so that nothing is called once it is gone.
    return {listener.get(), [listener](void*) {
                const std::lock_guard silence{listener->mutex};
                listener->wake = nullptr;
            }};
}

void Committer::fence(const std::string& reason) {
    {
        const std::lock_guard lock{mutex_};
        if (!fenced_.empty()) return;
        fenced_ = reason.empty() ? "storage error" : reason;
    }
    needs_.watch.fenced(reason);
}

std::string Committer::fenced_reason() const {
    const std::lock_guard lock{mutex_};
    return fenced_;
}

void Committer::run() {
    for (;;) {
        std::vector<Queued> queued = take();
        if (!queued.empty()) {
            commit(std::move(queued));
        } else {
            const std::lock_guard lock{mutex_};
            if (stopping_ && queue_.empty()) return;
        }
        tick();
    }
}

std::vector<Committer::Queued> Committer::take() {
    std::vector<Queued> taken;
    std::unique_lock lock{mutex_};
    arrived_.wait_for(lock, tick_interval, [&] { return stopping_ || !queue_.empty(); });
    std::size_t bytes = 0;
    while (!queue_.empty() && taken.size() < needs_.limits.group_requests) {
        const std::size_t more = queue_.front().prepared.bytes;
        if (!taken.empty() && bytes + more > needs_.limits.group_bytes) break;
        bytes += more;
        taken.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    queued_bytes_ -= bytes;
    return taken;
}

void Committer::commit(std::vector<Queued> queued) {
    if (const std::string reason = fenced_reason(); !reason.empty()) {
        for (Queued& q : queued) q.done(refuse(AppendError{Fenced{reason}}));
        return;
    }
    std::optional<Group> group;
    std::vector<Decided> decided;
    try {
        group.emplace(needs_.ledger);
        decided = decide(queued, *group);
        persist_subjects(*group);
    } catch (const std::exception& error) {
        // Nothing was handed to the storage yet.
        fence(error.what());
        for (Queued& q : queued)
            if (q.done) q.done(refuse(AppendError{Fenced{error.what()}}));
        for (Decided& d : decided) d.done(refuse(AppendError{Fenced{error.what()}}));
        return;
    }
    if (!group->empty()) {
        try {
            write(*group);
        } catch (const std::exception& error) {
            fence(error.what());
            return answer_unknown(decided, error.what());
        }
    }
    answer(decided, *group);
    if (!group->empty()) wake_listeners(group->tip().position);
}

// On an exception the completions that were not moved yet stay in `queued`, so nobody is left without an answer.
std::vector<Committer::Decided> Committer::decide(std::vector<Queued>& queued, Group& group) {
    std::vector<Group::Verdict> verdicts;
    std::vector<bool> leaning;
    for (Queued& q : queued) {
        leaning.push_back(!group.empty());
        verdicts.push_back(group.admit(std::move(q.prepared), needs_.now()));
    }
    std::vector<Decided> decided;
    decided.reserve(queued.size());
    for (std::size_t i = 0; i < queued.size(); ++i) {
        decided.push_back({std::move(queued[i].done), std::move(verdicts[i]), leaning[i]});
        queued[i].done = nullptr;
    }
    return decided;
}

void Committer::persist_subjects(const Group& group) {
    std::vector<std::string> subjects;
    for (const StagedAppend& append : group.appends()) {
        subjects.insert(subjects.end(), append.prepared.new_subjects.begin(), append.prepared.new_subjects.end());
    }
    if (subjects.empty()) return;
    std::ranges::sort(subjects);
    subjects.erase(std::unique(subjects.begin(), subjects.end()), subjects.end());
    needs_.vault.persist(subjects);
}

void Committer::write(Group& group) {
    const auto begin = std::chrono::steady_clock::now();
    needs_.ledger.write(group);
    CommitterWatch::Written written{.appends = group.appends().size(),
                                    .events = 0,
                                    .took = std::chrono::steady_clock::now() - begin,
                                    .head = group.tip().position};
    for (const StagedAppend& append : group.appends()) written.events += append.encoded.size();
    needs_.watch.written(written);
}

void Committer::answer(std::vector<Decided>& decided, const Group& group) {
    std::size_t refused = 0;
    for (Decided& d : decided) {
        if (const auto* staged = std::get_if<std::size_t>(&d.verdict)) {
            const StagedAppend& append = group.appends()[*staged];
            Appended appended{.first = append.first,
                              .last = append.last,
                              .recorded_at = append.recorded_at,
                              .revisions = {},
                              .replayed = false,
                              .receipt = append.prepared.receipt};
            for (const log::v1::Record& record : append.prepared.records) {
                appended.revisions.emplace_back(record.revision());
            }
            d.done(std::move(appended));
        } else if (const auto* known = std::get_if<KnownCommand>(&d.verdict)) {
            d.done(replay(*known));
        } else {
            ++refused;
            d.done(refuse(std::get<AppendError>(std::move(d.verdict))));
        }
    }
    if (refused > 0) needs_.watch.refused(refused);
}

void Committer::answer_unknown(std::vector<Decided>& decided, const std::string& reason) {
    for (Decided& d : decided) {
        if (!d.leans_on_group && std::holds_alternative<KnownCommand>(d.verdict)) {
            d.done(replay(std::get<KnownCommand>(d.verdict)));
        } else if (!d.leans_on_group && std::holds_alternative<AppendError>(d.verdict)) {
            d.done(refuse(std::get<AppendError>(std::move(d.verdict))));
        } else {
            d.done(refuse(AppendError{OutcomeUnknown{reason}}));
        }
    }
}

AppendResult Committer::replay(const KnownCommand& known) {
    Appended appended{.first = known.first,
                      .last = known.last,
                      .recorded_at = {},
                      .revisions = {},
                      .replayed = true,
                      .receipt = known.receipt};
    try {
        for (Position p = known.first; p <= known.last; p = next(p)) {
            log::v1::Record record;
            if (!record.ParseFromString(needs_.ledger.written_record(p))) throw StoreBroken{"a record does not parse"};
            appended.revisions.emplace_back(record.revision());
            appended.recorded_at = Instant{Nanos{record.recorded_at()}};
        }
    } catch (const std::exception& error) {
        return refuse(AppendError{OutcomeUnknown{error.what()}});
    }
    return appended;
}

void Committer::wake_listeners(Position head) {
    std::vector<std::shared_ptr<Listener>> listeners;
    {
        const std::lock_guard lock{listeners_mutex_};
        for (const auto& weak : listeners_) {
            if (auto listener = weak.lock()) listeners.push_back(std::move(listener));
        }
    }
    for (const auto& listener : listeners) {
        const std::lock_guard lock{listener->mutex};
        if (listener->wake) listener->wake(head);
    }
}

void Committer::tick() {
    try {
        needs_.ledger.tick();
    } catch (const std::exception& error) {
        fence(error.what());
    }
}

}  // namespace dealog::eventstore
