#include <algorithm>
#include <array>
#include <unordered_map>

#include "projections/board/answers.hpp"
#include "projections/board/board.pb.h"
#include "projections/board/definitions.hpp"
#include "projections/board/tables.hpp"

namespace dealog::board {
namespace {

/// A stay as the period sees it.
struct Passage {
    const rows::v1::Stay& stay;
    bool entered = false;    // began in the period, for an owner the caller sees
    bool left = false;       // ended in the period, likewise
    bool converted = false;  // went on or won before the period's end
};

struct Movement {
    Instant end;  // the last moment that counts
    projections::Period period;
};

bool shown(std::string_view owner_id, const v1::ShowFunnel& asked, const QueryContext& context) {
    return (asked.owner().empty() || asked.owner() == owner_id) && context.visible.sees(owner_id);
}

/// Without `to` everything that occurred up to the moment of the answer counts.
Result<Movement, Rejection> period_of(const v1::ShowFunnel& asked, const View& view, const QueryContext& context) {
    const projections::WorkspaceCalendar calendar(settings, view);
    auto period = calendar.period(asked.from(), asked.to());
    if (!period) return refuse(period.error());
    if (asked.to().empty()) period->end = context.at + Nanos{1};
    return Movement{.end = period->end - Nanos{1}, .period = *period};
}

template <class Each>  // void(const Passage&)
void each_passage(const v1::ShowFunnel& asked, const View& view, const QueryContext& context,
                  const Definitions& definitions, const projections::Period& period, const Each& each) {
    stays.scan(view, pipeline_prefix(asked.pipeline()), {}, [&](std::string_view, rows::v1::Stay&& stay, Position) {
        const Instant from = instant_of(stay.from());
        if (from >= period.end) return false;
        const Instant to = instant_of(stay.to());
        const bool ended = stay.ending() != rows::v1::Ending::ENDING_UNSPECIFIED && to < period.end;
        const bool moved_on =
            stay.ending() == rows::v1::Ending::MOVED && definitions.forward(stay.stage(), stay.to_stage(), to);
        each(Passage{.stay = stay,
                     .entered = period.contains(from) && shown(stay.entered_by(), asked, context),
                     .left = ended && period.contains(to) && shown(stay.left_by(), asked, context),
                     .converted = ended && (stay.ending() == rows::v1::Ending::WON || moved_on)});
        return true;
    });
}

struct Tally {
    std::uint64_t entered = 0;
    std::uint64_t left = 0;
    std::uint64_t won = 0;
    std::uint64_t lost = 0;
    std::uint64_t entered_converted = 0;
    std::uint64_t left_converted = 0;
    __int128 time_in_stage = 0;

    void add(const Passage& passage) {
        if (passage.entered) {
            ++entered;
            if (passage.converted) ++entered_converted;
        }
        if (!passage.left) return;
        ++left;
        if (passage.stay.ending() == rows::v1::Ending::WON) ++won;
        if (passage.stay.ending() == rows::v1::Ending::LOST) ++lost;
        if (passage.converted) ++left_converted;
        time_in_stage += passage.stay.to() - passage.stay.from();
    }

    void write(v1::FunnelStage& out) const {
        out.set_entered(entered);
        out.set_left(left);
        out.set_won(won);
        out.set_lost(lost);
        if (entered > 0)
            out.set_conversion_cohort(static_cast<double>(entered_converted) / static_cast<double>(entered));
        if (left == 0) return;
        out.set_conversion_period(static_cast<double>(left_converted) / static_cast<double>(left));
        out.set_average_days(kpis::in_days(time_in_stage, left));
    }
};

/// What a passage adds to a number of the funnel; the position is that of its entering or leaving.
std::optional<kpis::Contribution> contribution(const Passage& passage, std::string_view metric) {
    const auto& stay = passage.stay;
    const bool by_entering = metric == "entered" || metric == "conversionCohort";
    const bool counts = by_entering        ? passage.entered
                        : metric == "won"  ? passage.left && stay.ending() == rows::v1::Ending::WON
                        : metric == "lost" ? passage.left && stay.ending() == rows::v1::Ending::LOST
                                           : passage.left;
    if (!counts) return std::nullopt;
    const auto at = by_entering ? stay.from() : stay.to();
    const auto position = by_entering ? stay.from_position() : stay.to_position();
    kpis::Contribution one{
        .order = Key{}.i64(at).u64(position).bytes(), .position = position, .occurred_at = instant_of(at)};
    if (metric == "averageDays") one.duration = Nanos{stay.to() - stay.from()};
    return one;
}

}  // namespace

QueryResult show_funnel(const Message& request, const View& view, const QueryContext& context) {
    const auto& asked = static_cast<const v1::ShowFunnel&>(request);
    const Definitions definitions(view, asked.pipeline());
    if (!definitions.known()) return refuse(rejection(Code::Problem_Code_NOT_FOUND, "there is no such pipeline"));
    const auto movement = period_of(asked, view, context);
    if (!movement) return refuse(movement.error());
    std::unordered_map<std::string, Tally> tallies;
    each_passage(asked, view, context, definitions, movement->period,
                 [&](const Passage& passage) { tallies[passage.stay.stage()].add(passage); });
    auto funnel = std::make_unique<v1::Funnel>();
    funnel->set_position(view.position().value());
    to_proto(context.at, *funnel->mutable_at());
    funnel->set_pipeline(asked.pipeline());
    std::size_t in_force = 0;
    std::size_t place = 0;
    for (const auto& stage : definitions.stages_at(std::min(movement->end, context.at), in_force)) {
        const Tally tally = tallies[stage.key()];
        if (place++ >= in_force && tally.entered + tally.left == 0) continue;
        auto& out = *funnel->add_stages();
        out.set_stage(stage.key());
        tally.write(out);
    }
    return funnel;
}

QueryResult funnel_evidence(const Message& figure, const Message& evidence, const View& view,
                            const QueryContext& context) {
    static constexpr std::array<std::string_view, 7> metrics{
        "entered", "left", "won", "lost", "conversionCohort", "conversionPeriod", "averageDays"};
    const auto& asked = static_cast<const kpis::v1::ShowEvidence&>(evidence);
    const auto& funnel = static_cast<const v1::ShowFunnel&>(figure);
    if (std::ranges::find(metrics, asked.metric()) == metrics.end())
        return refuse(kpis::unknown_metric(asked.metric(), metrics));
    const Definitions definitions(view, funnel.pipeline());
    if (!definitions.known()) return refuse(rejection(Code::Problem_Code_NOT_FOUND, "there is no such pipeline"));
    const auto movement = period_of(funnel, view, context);
    if (!movement) return refuse(movement.error());
    std::vector<kpis::Contribution> contributions;
    each_passage(funnel, view, context, definitions, movement->period, [&](const Passage& passage) {
        if (!asked.row().empty() && asked.row() != passage.stay.stage()) return;
        if (auto one = contribution(passage, asked.metric())) contributions.push_back(std::move(*one));
    });
    return kpis::evidence_page(asked, std::move(contributions), sources, view, context.at);
}

}  // namespace dealog::board
