#include "eventstore/rocks/rocks_log_state.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/log.hpp"

namespace dealog::eventstore::rocks {

void StorageAlarm::ring(const std::string& reason) {
    const std::lock_guard lock{mutex_};
    if (rung_.empty()) rung_ = reason;
    if (heard_) heard_(reason);
}

void StorageAlarm::listen(std::function<void(const std::string&)> heard) {
    const std::lock_guard lock{mutex_};
    heard_ = std::move(heard);
    if (heard_ && !rung_.empty()) heard_(rung_);
}

LogMeters::LogMeters(metrics::Registry& r)
    : head(r.gauge("dealog_log_head_position", "Last position that is durable")),
      appends(r.counter("dealog_log_appends_total", "Appends by outcome", {{"outcome", "written"}})),
      refused(r.counter("dealog_log_appends_total", "Appends by outcome", {{"outcome", "refused"}})),
      overloaded(r.counter("dealog_log_appends_total", "Appends by outcome", {{"outcome", "overloaded"}})),
      events(r.counter("dealog_log_events_total", "Events written")),
      write_seconds(r.histogram("dealog_log_write_seconds", "Time to write and sync one group of appends")),
      group_appends(r.histogram("dealog_log_group_appends", "Appends written in one group")),
      fenced(r.gauge("dealog_log_fenced", "1 while the log refuses appends after a storage error")),
      clock_step(r.gauge("dealog_log_clock_step_seconds",
                         "How far the machine's clock jumped from the log's time; 0 when it did not")) {}

RocksLog::State::State(Parts parts)
    : lock(std::move(parts.lock)),
      identity(std::move(parts.identity)),
      vault(parts.vault),
      meters(parts.metrics),
      time([&clock = parts.clock] { return clock.now(); }, std::move(parts.monotonic), parts.tip.recorded_at),
      alarm(std::move(parts.alarm)),
      database(std::move(parts.database)),
      watermark(parts.paths.watermark(), identity.workspace, identity.epoch),
      ledger(*database, watermark, parts.marking, std::move(parts.tip)) {
    meters.head.set(static_cast<double>(ledger.tip().position.value()));
    meters.fenced.set(0);
    ledger.on_tick = [this] { watch_clock(); };
    committer = std::make_unique<Committer>(Committer::Needs{.ledger = ledger,
                                                             .vault = vault,
                                                             .workspace = identity.workspace,
                                                             .epoch = identity.epoch,
                                                             .now = [this] { return time.now(); },
                                                             .limits = {},
                                                             .watch = watch()});
    alarm->listen([this](const std::string& reason) { committer->fence(reason); });
}

RocksLog::State::~State() {
    alarm->listen(nullptr);
    committer.reset();
    try {
        ledger.close();
    } catch (const StoreBroken& broken) {
        log::error("the log's watermark was not written at close", {{"reason", broken.what()}});
    }
}

void RocksLog::State::watch_clock() {
    (void)time.now();
    const Nanos step = time.step();
    if ((step == Nanos{0}) == (step_told == Nanos{0})) return;
    step_told = step;
    const double seconds = std::chrono::duration<double>(step).count();
    meters.clock_step.set(seconds);
    if (step != Nanos{0}) {
        log::error("the machine's clock jumped; recorded times do not follow",
                   {{"seconds", fmt::format("{:.3f}", seconds)}});
    } else {
        log::info("recorded times follow the machine's clock again");
    }
}

CommitterWatch RocksLog::State::watch() {
    return {.written =
                [this](const CommitterWatch::Written& written) {
                    meters.head.set(static_cast<double>(written.head.value()));
                    meters.appends.add(static_cast<double>(written.appends));
                    meters.events.add(static_cast<double>(written.events));
                    meters.write_seconds.observe(std::chrono::duration<double>(written.took).count());
                    meters.group_appends.observe(static_cast<double>(written.appends));
                },
            .refused = [this](std::size_t n) { meters.refused.add(static_cast<double>(n)); },
            .overloaded = [this] { meters.overloaded.add(); },
            .fenced =
                [this](const std::string& reason) {
                    meters.fenced.set(1);
                    log::error("the log refuses appends after a storage error", {{"reason", reason}});
                }};
}

}  // namespace dealog::eventstore::rocks
