#include <algorithm>

#include "domain/deal/rules.hpp"
#include "domain/settings/settings.hpp"
#include "domain/task/about.hpp"
#include "domain/task/planning.hpp"
#include "domain/task/report.hpp"
#include "domain/task/task.hpp"
#include "domain/task/title.hpp"

namespace dealog::task {

namespace {

enum class Step { none, next, win, lose };

Result<Step, Rejection> step_of(const v1::CompleteTask& command) {
    const int taken = (command.has_next() ? 1 : 0) + (command.has_win() ? 1 : 0) + (command.has_lose() ? 1 : 0);
    if (taken > 1) {
        return domain::refused(Code::Problem_Code_STEP_ALREADY_TAKEN, "",
                               "Only one of next, win and lose can be given.");
    }
    if (command.has_next()) return Step::next;
    if (command.has_win()) return Step::win;
    return command.has_lose() ? Step::lose : Step::none;
}

std::string_view name(Step step) {
    switch (step) {
        case Step::none:
            return "";
        case Step::next:
            return "next";
        case Step::win:
            return "win";
        case Step::lose:
            return "lose";
    }
    return "";
}

Rejection contradicts(Step step) {
    return domain::broken(Code::Problem_Code_OUTCOME_CONTRADICTS_STEP, std::string{name(step)},
                          "REFUSED goes with lose, WON with win, the other outcomes with next.");
}

/// The grammar of a deal's outcomes (R22): a sale, a refusal, or a next task.
std::optional<Rejection> against_grammar(v1::Outcome::Name outcome, Step step) {
    if (outcome == v1::Outcome::REFUSED || outcome == v1::Outcome::WON) {
        const Step required = outcome == v1::Outcome::WON ? Step::win : Step::lose;
        if (step == required) return {};
        if (step != Step::none) return contradicts(step);
        return domain::broken(Code::Problem_Code_NEXT_STEP_REQUIRED, std::string{name(required)},
                              outcome == v1::Outcome::WON ? "WON requires win." : "REFUSED requires lose.");
    }
    if (step == Step::win || step == Step::lose) return contradicts(step);
    return {};
}

/// About a company or a contact there is nothing to win or to lose, and a next task is free.
std::optional<Rejection> against_grammar_without_deal(v1::Outcome::Name outcome, Step step) {
    if (step == Step::win || step == Step::lose) return contradicts(step);
    if (outcome == v1::Outcome::WON) {
        return domain::broken(Code::Problem_Code_OUTCOME_CONTRADICTS_STEP, "action.outcome", "Only a deal is won.");
    }
    if (outcome == v1::Outcome::REFUSED && step == Step::next) return contradicts(step);
    return {};
}

struct Completion {
    const About& about;
    const OpenTask& task;
    const v1::CompleteTask& command;
    const Reported& report;
    v1::TaskCompleted event;
};

Result<v1::TaskPlanned, Rejection> next_by_rule(const Completion& done, const domain::Given& given) {
    const deal::Deal& deal = *done.about.deal;
    const v1::ActionDone& action = done.report.action;
    const bool answered = action.outcome() != v1::Outcome::NOT_REACHED;
    const Instant since = answered ? std::max(deal.opened_at, done.report.occurrence.at) : deal.opened_at;
    const Situation situation{.stage = deal.stage,
                              .outcome = action.outcome(),
                              .channel = action.type(),
                              .silence_days = silence_days(deal.tasks, since, given.now)};
    if (auto planned = planned_by_rule(situation, deal.owner_id, given)) return *std::move(planned);
    return domain::refused(Code::Problem_Code_NEXT_STEP_REQUIRED, "next", "No rule plans the next task: send next.");
}

/// Closing happens at the end of the action, never before the deal's last move.
Result<domain::Occurrence, Rejection> closing_time(const Completion& done, const domain::Given& given) {
    const v1::ActionDone& action = done.report.action;
    auto end = domain::instant_if(action.has_ended_at(), action.ended_at());
    if (!end) end = done.report.occurrence.claimed;
    if (end) end = std::max(*end, done.about.deal->moved_at);
    return deal::occurrence_of_move(*done.about.deal, given, end);
}

void add_completed(domain::Decision& decision, Completion& done) {
    domain::add(decision, done.about.stream, std::move(done.event), done.report.occurrence.claimed,
                done.report.occurrence.backdated);
}

template <class Closing>
domain::Decided close_deal(Completion& done, Result<Closing, Rejection> closing, const domain::Given& given,
                           domain::Decision decision) {
    if (!closing) return refuse(std::move(closing).error());
    const auto when = closing_time(done, given);
    if (!when) return refuse(when.error());
    domain::add(decision, done.about.stream, *std::move(closing), when->claimed, when->backdated);
    add_completed(decision, done);
    deal::cancel_open_tasks(decision, *done.about.deal, done.task.id);
    return decision;
}

domain::Decided go_on(Completion& done, Step step, const domain::Given& given, domain::Decision decision) {
    if (step == Step::next) {
        auto planned = planned_by_person(done.command.next(), done.about.place(), given, "next", decision);
        if (!planned) return refuse(std::move(planned).error());
        domain::add(decision, done.about.stream, *std::move(planned));
    } else if (done.about.deal != nullptr) {
        auto planned = next_by_rule(done, given);
        if (!planned) return refuse(std::move(planned).error());
        domain::add(decision, done.about.stream, *std::move(planned));
    }
    add_completed(decision, done);
    return decision;
}

domain::Decided take_step(Completion& done, Step step, const domain::Given& given, domain::Decision decision) {
    if (step == Step::win) {
        const auto& win = done.command.win();
        auto won = deal::won(*done.about.deal, win.has_value() ? &win.value() : nullptr, "win.value");
        return close_deal(done, std::move(won), given, std::move(decision));
    }
    if (step == Step::lose) {
        const auto& lose = done.command.lose();
        auto lost = deal::lost(*done.about.deal, lose.reason(), lose.comment(), given, "lose");
        return close_deal(done, std::move(lost), given, std::move(decision));
    }
    return go_on(done, step, given, std::move(decision));
}

v1::TaskCompleted completed(const OpenTask& task, const v1::ActionDone& action) {
    v1::TaskCompleted event;
    event.set_task_id(task.id);
    *event.mutable_action() = action;
    to_proto(task.due_at, *event.mutable_due_at());
    to_proto(task.original_due_at, *event.mutable_original_due_at());
    return event;
}

}  // namespace

domain::Decided decide(const v1::CompleteTask& command, const domain::Given& given) {
    const auto subject = about(command, given);
    if (!subject) return refuse(subject.error());
    const auto task = open_task(*subject, command.task());
    if (!task) return refuse(task.error());
    if (subject->deal != nullptr) DEALOG_REFUSE_IF(deal::closed(*subject->deal));

    v1::ActionReport told = command.action();
    if (told.type().empty()) told.set_type((*task)->type);
    auto report = reported(told, {}, given, "action");
    if (!report) return refuse(std::move(report).error());
    const auto step = step_of(command);
    if (!step) return refuse(step.error());
    const auto outcome = report->action.outcome();
    DEALOG_REFUSE_IF(subject->deal != nullptr ? against_grammar(outcome, *step)
                                              : against_grammar_without_deal(outcome, *step));
    DEALOG_REFUSE_IF(result_missing(report->action, told.text(), TextKnown::no, "action"));
    if (!is_descriptive((*task)->title, given.aggregates.settings().title_stop_list(given.now))) {
        return domain::refused(Code::Problem_Code_TITLE_NOT_DESCRIPTIVE, "task.title",
                               "The title does not say what the task was about.");
    }
    report->action.set_action_id(given.new_id());
    report->action.set_seller_id(doer(given, (*task)->assignee_id));
    Completion done{.about = *subject,
                    .task = **task,
                    .command = command,
                    .report = *report,
                    .event = completed(**task, report->action)};
    DEALOG_REFUSE_IF(set_text(done.event, told.text(), *subject, given, "action.text"));
    return take_step(done, *step, given, domain::Decision{.id = (*task)->id, .stream = subject->stream});
}

}  // namespace dealog::task
