// What is read from the log itself: the streams of deals, and all of it.
#include <algorithm>
#include <random>
#include <stdexcept>

#include "base/metrics.hpp"
#include "bench/measure.hpp"
#include "commands/cache.hpp"
#include "domain/deal/deal.hpp"
#include "eventstore/open.hpp"
#include "eventstore/open_vault.hpp"

namespace dealog::bench {

namespace {

constexpr std::size_t streams_max = 2000;

struct OpenLog {
    explicit OpenLog(const std::filesystem::path& data)
        : vault(eventstore::open_vault({.directory = data, .founding = eventstore::VaultSettings::Founding::refused})),
          log(eventstore::open_log({.directory = data}, *vault, clock, metrics)) {}

    SystemClock clock;
    metrics::Registry metrics;
    std::unique_ptr<eventstore::Vault> vault;
    std::unique_ptr<eventstore::rocks::RocksLog> log;
};

std::vector<StreamName> deals_of(const eventstore::EventLog& log, std::size_t events) {
    std::vector<StreamName> found;
    Position after;
    for (;;) {
        const auto page = log.read(after, {.records = 4096, .bytes = 4u << 20});
        if (page.records.empty()) break;
        for (const auto& bytes : page.records) {
            dealog::log::v1::Record record;
            if (!record.ParseFromString(bytes)) throw std::runtime_error("a record does not parse");
            after = Position{record.position()};
            if (record.type() != "dealog.deal.v1.DealOpened") continue;
            if (log.revision(StreamName{record.stream()}) == Revision{events}) found.emplace_back(record.stream());
        }
    }
    std::shuffle(found.begin(), found.end(), std::mt19937_64(1));
    if (found.size() > streams_max) found.resize(streams_max);
    return found;
}

}  // namespace

void load_deals(const std::filesystem::path& data, std::size_t events, std::size_t rounds) {
    const OpenLog open(data);
    const auto deals = deals_of(*open.log, events);
    if (deals.empty()) throw std::runtime_error("no deal has that many events");
    commands::Shelf<deal::Deal, deal::Fold> forgetful(0);
    Samples folded, read;
    for (std::size_t round = 0; round < rounds; ++round) {
        for (const auto& stream : deals) {
            const Stopwatch one;
            if (!forgetful.find(*open.log, stream)) throw std::runtime_error("a deal is missing");
            folded.add(one.microseconds());
        }
        for (const auto& stream : deals) {
            const Stopwatch one;
            if (open.log->read_stream(stream, {}, {}).records.size() != events)
                throw std::runtime_error("a deal is short");
            read.add(one.microseconds());
        }
    }
    Report report;
    report.set("deals", static_cast<std::uint64_t>(deals.size()));
    report.set("us", folded);
    report.set("readUs", read);
    report.print();
}

void scan_log(const std::filesystem::path& data) {
    const OpenLog open(data);
    const Stopwatch watch;
    std::uint64_t events = 0, bytes = 0;
    for (Position after;;) {
        const auto page = open.log->read(after, {.records = 4096, .bytes = 4u << 20});
        if (page.records.empty()) break;
        events += page.records.size();
        for (const auto& record : page.records) bytes += record.size();
        after = Position{events};  // positions are dense
    }
    const double took = watch.seconds();
    Report report;
    report.set("events", events);
    report.set("bytes", bytes);
    report.set("perSecond", static_cast<double>(events) / took);
    report.print();
}

}  // namespace dealog::bench
