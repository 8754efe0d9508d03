#include "domain/task/next_task.hpp"

#include <algorithm>
#include <array>

#include "domain/text.hpp"

namespace dealog::task {

namespace {

using std::chrono::minutes;

struct Span {
    int from = 0;
    int to = 0;  // from == to: no working day
};

/// Working hours by ISO weekday, index 0 unused. A workspace without any works as the defaults say.
class Week {
public:
    explicit Week(const settings::v1::WorkingHours& hours) {
        read(hours);
        const bool idle = std::ranges::all_of(spans_, [](const Span& span) { return span.from >= span.to; });
        if (idle) spans_ = {Span{}, {540, 1080}, {540, 1080}, {540, 1080}, {540, 1080}, {540, 1080}, Span{}, Span{}};
    }
    [[nodiscard]] const Span& on(std::chrono::sys_days day) const {
        return spans_[std::chrono::weekday{day}.iso_encoding()];
    }
    [[nodiscard]] bool works(std::chrono::sys_days day) const { return on(day).from < on(day).to; }

private:
    void read(const settings::v1::WorkingHours& hours) {
        for (const auto& day : hours.days()) {
            if (day.weekday() < 1 || day.weekday() > 7) continue;
            spans_[day.weekday()] = Span{.from = domain::parse_minute(day.from()).value_or(0),
                                         .to = domain::parse_minute(day.to()).value_or(0)};
        }
    }
    std::array<Span, 8> spans_{};
};

std::chrono::sys_days next_working_day(const Week& week, std::chrono::sys_days day) {
    do day += std::chrono::days{1};
    while (!week.works(day));
    return day;
}

Instant at(const Zone& zone, std::chrono::sys_days day, int minute) {
    return zone.at(std::chrono::year_month_day{day}, minutes{minute});
}

template <class Repeated, class Value>
bool names(const Repeated& listed, const Value& value) {
    return listed.empty() || std::ranges::find(listed, value) != listed.end();
}

bool matches(const settings::v1::NextTaskRules::Rule& rule, const Situation& situation) {
    return names(rule.stages(), situation.stage) && names(rule.outcomes(), static_cast<int>(situation.outcome)) &&
           names(rule.channels(), situation.channel) && situation.silence_days >= rule.silence_days_min();
}

Instant due_of(const settings::v1::NextTaskRules::Rule& rule, const settings::v1::WorkingHours& hours, const Zone& zone,
               Instant now) {
    const auto minute = domain::parse_minute(rule.at());
    if (rule.delay_days() > 0) return after_working_days(hours, zone, now, rule.delay_days(), minute);
    if (rule.delay_minutes() > 0 || !minute) {
        return after_working_minutes(hours, zone, now, std::max(rule.delay_minutes(), 1u));
    }
    const Instant today = after_working_days(hours, zone, now, 0, minute);
    return today > now ? today : after_working_days(hours, zone, now, 1, minute);
}

}  // namespace

Instant after_working_days(const settings::v1::WorkingHours& hours, const Zone& zone, Instant now, std::uint32_t days,
                           std::optional<int> minute) {
    const Week week{hours};
    std::chrono::sys_days day{zone.local_date(now)};
    for (std::uint32_t i = 0; i < days; ++i) day = next_working_day(week, day);
    if (!week.works(day)) day = next_working_day(week, day);
    const Span& span = week.on(day);
    return at(zone, day, std::clamp(minute.value_or(span.from), span.from, span.to));
}

Instant after_working_minutes(const settings::v1::WorkingHours& hours, const Zone& zone, Instant now,
                              std::uint32_t wanted) {
    const Week week{hours};
    auto left = std::chrono::duration_cast<Nanos>(minutes{wanted});
    std::chrono::sys_days day{zone.local_date(now)};
    Instant from = now;
    for (;;) {
        if (week.works(day)) {
            const Instant begin = std::max(from, at(zone, day, week.on(day).from));
            const Instant end = at(zone, day, week.on(day).to);
            if (begin < end && end - begin >= left) return begin + left;
            if (begin < end) left -= end - begin;
        }
        day = next_working_day(week, day);
        from = at(zone, day, week.on(day).from);
    }
}

std::optional<Proposal> next_task(const settings::Settings& settings, Instant now, const Situation& situation,
                                  const Zone& zone) {
    const auto& version = settings.valid_at(settings::v1::Value::kNextTaskRules, now);
    for (const auto& rule : version.value.next_task_rules().rules()) {
        if (!matches(rule, situation)) continue;
        Proposal proposal{.type = rule.type(),
                          .title = rule.title(),
                          .due_at = due_of(rule, settings.working_hours(now), zone, now),
                          .trace = {}};
        proposal.trace.set_rule_id(rule.id());
        proposal.trace.set_rule_version(version.revision);
        proposal.trace.set_stage(situation.stage);
        proposal.trace.set_outcome(situation.outcome);
        proposal.trace.set_channel(situation.channel);
        proposal.trace.set_silence_days(situation.silence_days);
        return proposal;
    }
    return {};
}

std::uint32_t silence_days(const TaskBook& book, Instant since, Instant now) {
    for (const Action& action : book.actions) {
        if (action.done.outcome() != v1::Outcome::NOT_REACHED) since = std::max(since, action.occurred_at);
    }
    if (since >= now) return 0;
    return static_cast<std::uint32_t>((now - since) / std::chrono::days{1});
}

}  // namespace dealog::task
