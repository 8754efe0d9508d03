#include <atomic>
#include <semaphore>
#include <stdexcept>
#include <thread>

#include "base/ids.hpp"
#include "base/metrics.hpp"
#include "bench/measure.hpp"
#include "domain/task/task.pb.h"
#include "eventstore/open.hpp"
#include "eventstore/open_vault.hpp"

namespace dealog::bench {

namespace {

constexpr std::size_t streams_of_a_writer = 64;
constexpr std::size_t said_bytes = 250;

/// One client that waits for each of its appends, as a thread.
class Writer {
public:
    Writer(eventstore::EventLog& log, RandomIds& ids, std::size_t number) : log_(log), ids_(ids), number_(number) {
        for (auto& stream : streams_) stream = StreamName{"deal-" + to_text(ids_.next(SystemClock{}.now()))};
        action_.mutable_action()->set_type("CALL");
        action_.mutable_action()->set_outcome(task::v1::Outcome::REACHED);
        action_.mutable_action()->set_action_id(streams_[0].value().substr(5));
        action_.mutable_action()->set_seller_id(streams_[1].value().substr(5));
        action_.mutable_action()->mutable_started_at()->set_seconds(1'700'000'000);
        action_.mutable_action()->mutable_talk_time()->set_seconds(187);
        action_.set_subject(streams_[0].value());
    }

    void run(const std::atomic<bool>& stopping) {
        while (!stopping) {
            const Stopwatch one;
            log_.append(next(), [this](eventstore::AppendResult result) {
                failed_ = !result.has_value();
                answered_.release();
            });
            answered_.acquire();
            if (failed_) throw std::runtime_error("an append was refused");
            each_.add(one.microseconds());
        }
    }
    [[nodiscard]] Samples& each() { return each_; }

private:
    /// What logging an action on a deal appends.
    eventstore::Append next() {
        const auto slot = written_ % streams_of_a_writer;
        const Revision revision{written_ / streams_of_a_writer};
        eventstore::Append append;
        eventstore::NewEvent event{.stream = streams_[slot], .type = "dealog.task.v1.ActionLogged"};
        event.payload = action_.SerializeAsString();
        auto& part = event.sealed.emplace_back();
        part.set_field("text");
        part.set_subject(action_.subject());
        part.set_key_version(1);
        part.set_nonce(std::string(24, 'n'));
        part.set_commitment(std::string(32, 'c'));
        part.set_ciphertext(std::string(said_bytes + 16, 't'));
        event.event_id = ids_.next(SystemClock{}.now());
        append.events.push_back(std::move(event));
        if (revision == Revision{})
            append.checks.push_back({.stream = streams_[slot], .expected = eventstore::NoStream{}});
        else
            append.checks.push_back({.stream = streams_[slot], .expected = eventstore::ExactRevision{revision}});
        append.command = {
            .scope = "service:bench", .key = fmt::format("{}-{}", number_, written_), .mac = std::string(32, 'm')};
        append.receipt = std::string(60, 'r');
        append.actor.set_kind("service");
        append.actor.set_id("bench");
        append.source = "api";
        append.correlation_id = to_text(append.events.front().event_id);
        ++written_;
        return append;
    }

    eventstore::EventLog& log_;
    RandomIds& ids_;
    std::size_t number_;
    std::array<StreamName, streams_of_a_writer> streams_;
    task::v1::ActionLogged action_;
    std::uint64_t written_ = 0;
    bool failed_ = false;
    std::binary_semaphore answered_{0};
    Samples each_;
};

}  // namespace

void append_alone(const std::filesystem::path& directory, std::size_t writers, double seconds) {
    std::filesystem::remove_all(directory);
    SystemClock clock;
    metrics::Registry metrics;
    RandomIds ids;
    eventstore::create_log(directory, to_text(ids.next(clock.now())));
    const auto vault = eventstore::open_vault({.directory = directory});
    const auto log = eventstore::open_log({.directory = directory}, *vault, clock, metrics);
    std::vector<std::unique_ptr<Writer>> all;
    for (std::size_t i = 0; i < writers; ++i) all.push_back(std::make_unique<Writer>(*log, ids, i));

    std::atomic<bool> stopping = false;
    const Stopwatch watch;
    std::vector<std::jthread> threads;
    for (auto& writer : all) threads.emplace_back([&stopping, &writer] { writer->run(stopping); });
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    stopping = true;
    threads.clear();
    const double took = watch.seconds();

    Samples each;
    for (auto& writer : all) each.add_all(writer->each());
    Report report;
    report.set("perSecond", static_cast<double>(each.count()) / took);
    report.set("us", each);
    report.print();
}

}  // namespace dealog::bench
