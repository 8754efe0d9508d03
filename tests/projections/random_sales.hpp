#pragma once

#include <random>

#include "tests/projections/sales.hpp"

namespace dealog::projections::testing::sales {

/// A department at work by chance: valid histories with backdating, handovers, reopenings, corrections and teams that
/// change. The same seed tells the same history.
class RandomSales {
public:
    explicit RandomSales(std::uint32_t seed) : chance_(seed) {
        history.append({defines("sales", {{"new", 0.1}, {"offer", 0.4}, {"contract", 0.85}})});
        for (const char* seller : {"ann", "bob", "cyd", "dan"}) {
            history.append(joins(seller, pick(teams_)));
            sellers_.emplace_back(seller);
        }
    }

    /// One append of one to three events.
    void step() {
        history.set_clock(history.now() + std::chrono::minutes{roll(3000)});
        std::vector<Told> events;
        for (int n = roll(10) == 0 ? 3 : 1; n > 0; --n) events.push_back(event());
        history.append(std::move(events));
    }

    History history;

private:
    struct Deal {
        std::string name;
        std::string owner;
        std::string stage;
        std::string credited_to;
        Instant moved_at;
        bool open = true;
    };
    struct Action {
        std::string deal;
        task::v1::ActionDone done;
    };

    int roll(int sides) { return static_cast<int>(chance_() % static_cast<unsigned>(sides)); }
    template <class Item>
    Item& pick(std::vector<Item>& items) {
        return items[static_cast<std::size_t>(roll(static_cast<int>(items.size())))];
    }
    v1::Money money() { return usd(roll(5000), roll(100) * 10'000'000); }
    /// Some moment between the deal's last one and now.
    Instant since(Instant moved_at) {
        const auto span = history.now() - moved_at;
        return roll(3) == 0 || span.count() <= 0
                   ? std::max(history.now(), moved_at)
                   : moved_at + Nanos{static_cast<std::int64_t>(chance_() % static_cast<std::uint64_t>(span.count()))};
    }
    Talk talk() {
        return {.type = pick(types_),
                .outcome = roll(3) == 0 ? task::v1::Outcome::NOT_REACHED : task::v1::Outcome::CONTINUE,
                .seconds = roll(2) * roll(900)};
    }

    Told event() {
        if (deals_.empty() || roll(5) == 0) return open();
        auto& deal = pick(deals_);
        switch (roll(12)) {
            case 0:
                return changes_team(pick(sellers_), roll(4) == 0 ? std::string{} : pick(teams_));
            case 1:
                return defines("sales", {{"new", roll(100) / 100.0}, {"offer", roll(100) / 100.0}, {"contract", 0.85}});
            case 2:
                return revalues(deal.name, money());
            case 3:
                return task(deal);
            case 4:
                return reschedules(deal.name, "task of nobody", history.now()).by(id_of(pick(sellers_)));
            case 5:
                return correct();
            case 6:
                return act(deal);
            case 7:
                return hand_over(deal);
            default:
                return advance(deal);
        }
    }
    Told open() {
        const std::string name = "deal " + std::to_string(deals_.size());
        const Instant at = roll(2) == 0 ? history.now() : history.now() - std::chrono::hours{roll(3000)};
        deals_.push_back(
            {.name = name, .owner = pick(sellers_), .stage = pick(stages_), .credited_to = {}, .moved_at = at});
        const auto& deal = deals_.back();
        return opens(name, {.owner = deal.owner,
                            .stage = deal.stage,
                            .value = roll(4) == 0 ? v1::Money{} : money(),
                            .source = pick(sources_)})
            .late(at);
    }
    Told hand_over(Deal& deal) {
        const auto from = std::exchange(deal.owner, pick(sellers_));
        return passes(deal.name, from, deal.owner);
    }
    Told advance(Deal& deal) {
        const Instant at = since(deal.moved_at);
        if (!deal.open) {
            deal.open = true;
            deal.moved_at = std::max(deal.moved_at, history.now());
            return reopens(deal.name, deal.owner, deal.stage).at(deal.moved_at);
        }
        deal.moved_at = at;
        switch (roll(4)) {
            case 0:
                return deal.open = false, wins(deal.name, deal.owner, money(), deal.stage).late(at);
            case 1:
                return deal.open = false, loses(deal.name, deal.owner, deal.stage).late(at);
            default:
                break;
        }
        const auto from = std::exchange(deal.stage, pick(stages_));
        return moves(deal.name, from, deal.stage, deal.owner).late(at);
    }
    Told act(const Deal& deal) {
        actions_.push_back(
            {.deal = deal.name, .done = talk().by(pick(sellers_), "action " + std::to_string(actions_.size()))});
        return logs(deal.name, actions_.back().done).late(history.now() - std::chrono::hours{roll(300)});
    }
    Told task(const Deal& deal) {
        const std::string name = "task " + std::to_string(actions_.size());
        actions_.push_back(
            {.deal = deal.name, .done = talk().by(pick(sellers_), "action " + std::to_string(actions_.size()))});
        return completes(deal.name, name, actions_.back().done, history.now() + std::chrono::hours{roll(3) - 1},
                         history.now());
    }
    Told correct() {
        if (actions_.empty()) return revalues(pick(deals_).name, money());
        auto& action = pick(actions_);
        const auto before = action.done;
        action.done.set_type(pick(types_));
        action.done.set_outcome(task::v1::Outcome::REACHED);
        action.done.mutable_talk_time()->set_seconds(roll(600));
        if (roll(2) == 0) action.done.set_seller_id(id_of(pick(sellers_)));
        if (roll(2) == 0) to_proto(history.now() - std::chrono::hours{roll(500)}, *action.done.mutable_started_at());
        return corrects(action.deal, before, action.done);
    }

    std::mt19937 chance_;
    std::vector<std::string> teams_{"north", "south"};
    std::vector<std::string> stages_{"new", "offer", "contract"};
    std::vector<std::string> sources_{"site", "fair", ""};
    std::vector<std::string> types_{"CALL", "CALL", "EMAIL", "TASK"};
    std::vector<std::string> sellers_;
    std::vector<Deal> deals_;
    std::vector<Action> actions_;
};

}  // namespace dealog::projections::testing::sales
