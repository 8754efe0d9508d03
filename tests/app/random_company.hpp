#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/app/hall.hpp"

namespace dealog::app::testing {

inline const std::vector<std::string> stages{"new", "qualified", "meeting", "offer", "contract"};
inline const std::vector<std::string> sources{"site", "fair", "referral"};
/// What a command answers that had nothing to be about.
inline const Answer nothing_to_do{.status = 0, .body = {}};

/// Chance that a seed repeats.
class Dice {
public:
    explicit Dice(std::uint32_t seed) : chance_(seed) {}
    int roll(int sides) { return static_cast<int>(chance_() % static_cast<unsigned>(sides)); }
    template <class Item>
    const Item& pick(const std::vector<Item>& items) {
        return items[static_cast<std::size_t>(roll(static_cast<int>(items.size())))];
    }
    /// A UUID that a client made.
    std::string uuid();

private:
    std::mt19937 chance_;
};

/// A company at work by chance, through the commands that clients send. The same seed tells much the same history: the
/// ids that the server makes are its own.
class RandomCompany {
public:
    RandomCompany(Hall& hall, std::uint32_t seed);

    /// Lets some time pass and sends commands until one was written. Answers which kind that was.
    const std::string& step();

    /// How many kinds of commands there are.
    [[nodiscard]] static std::size_t kinds_count() { return kinds().size(); }
    /// Accepted commands by kind.
    std::map<std::string, int> written;

    std::vector<std::string> sellers, teams, companies, contacts, deals, keys;
    std::vector<std::string> phones, emails, external_ids;

private:
    struct Kind {
        std::string name;
        int weight;
        Answer (RandomCompany::*send)();
    };
    struct Task {
        std::string place;  // /v1/contacts/<id>
        std::string id;
    };

    Answer open_deal();
    Answer update_deal();
    Answer move();
    Answer win();
    Answer lose();
    Answer reopen();
    Answer change_owner();
    Answer plan();
    Answer complete();
    Answer reschedule();
    Answer cancel();
    Answer log_action();
    Answer correct();
    Answer add_seller();
    Answer update_seller();
    Answer form_team();
    Answer update_team();
    Answer register_company();
    Answer update_company();
    Answer register_contact();
    Answer update_contact();
    Answer define_pipeline();
    Answer change_setting();
    Answer issue_key();
    Answer revoke_key();
    Answer batch();

    [[nodiscard]] Json deal_body();
    [[nodiscard]] Json task_plan();
    [[nodiscard]] Json person();
    [[nodiscard]] Json money();
    [[nodiscard]] std::string before();  // a time up to some days ago
    [[nodiscard]] std::string after();
    /// A task that is open, of a deal or of a client.
    [[nodiscard]] std::optional<Task> open_task();
    [[nodiscard]] std::string place();  // a deal, a company or a contact
    Answer remember(Answer answer, std::vector<std::string>& ids);
    static const std::vector<Kind>& kinds();

    Hall& hall_;
    Dice dice_;
    std::vector<Task> client_tasks_;
    int names_ = 0;
};

}  // namespace dealog::app::testing
