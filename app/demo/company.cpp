#include "app/demo/company.hpp"

#include <algorithm>
#include <array>
#include <random>

#include <fmt/format.h>

#include "base/ids.hpp"
#include "domain/company/company.pb.h"
#include "domain/contact/contact.pb.h"
#include "domain/deal/deal.pb.h"
#include "domain/seller/seller.pb.h"
#include "domain/task/task.pb.h"
#include "domain/team/team.pb.h"

namespace dealog::app::demo {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using task::v1::Outcome;

constexpr std::array first_names{"Anna",   "Boris", "Clara",  "Dmitri", "Elena", "Fedor", "Galina",
                                 "Igor",   "Julia", "Kirill", "Lena",   "Maxim", "Nina",  "Oleg",
                                 "Polina", "Roman", "Sofia",  "Timur",  "Vera",  "Yuri"};
constexpr std::array last_names{"Arlov", "Belin", "Chern", "Dorn",  "Egorin", "Fokin", "Gromov",
                                "Ilin",  "Kern",  "Lapin", "Morin", "Nekras", "Orlin", "Petrin",
                                "Rodin", "Savin", "Tolin", "Urman", "Volin",  "Zorin"};
constexpr std::array trades{"Logistics", "Bakery",   "Clinic", "Motors", "Press",
                            "Textiles",  "Software", "Foods",  "Optics", "Timber"};
constexpr std::array towns{"North", "River", "Hill", "Lake", "Old Town", "Harbour", "Valley", "Field"};
constexpr std::array subjects{"annual supply", "pilot delivery",       "service contract",
                              "spare parts",   "new branch equipment", "framework agreement"};
constexpr std::array stages{"new", "qualified", "meeting", "offer", "contract"};
constexpr std::array reasons{"price", "competitor", "no_need", "no_budget", "no_contact"};
constexpr std::array spoken{
    "Agreed to look at the offer until next week.", "Asked for references from the same trade.",
    "Wants a lower price for a two-year term.",     "Decision maker is back on Monday.",
    "Sent the specification and the price list.",   "Technical questions are answered, waits for budget."};

class Script {
public:
    Script(const Size& size, Instant end) : size_(size), end_(end), chance_(size.seed) {}

    std::vector<Step> all() {
        begin_ = end_ - days(size_.days);
        people();
        clients();
        for (std::uint32_t i = 0; i < size_.deals; ++i) deal(i);
        std::stable_sort(steps_.begin(), steps_.end(), [](const Step& a, const Step& b) { return a.at < b.at; });
        return std::move(steps_);
    }

private:
    std::uint64_t below(std::uint64_t bound) { return chance_() % bound; }
    bool happens(double probability) { return static_cast<double>(below(1'000'000)) < probability * 1e6; }
    template <class Array>
    const char* any(const Array& values) {
        return values[below(values.size())];
    }
    std::string id(const std::string& what) const {
        return to_text(named_uuid(fmt::format("demo {} {}", size_.seed, what)));
    }

    template <class Command>
    void say(Instant at, const std::string& actor, Command command) {
        steps_.push_back({.at = at, .actor = actor, .command = std::make_shared<Command>(std::move(command))});
    }

    void people() {
        const std::uint32_t team_count = size_.sellers < 8 ? 2 : size_.sellers / 6 + 1;
        for (std::uint32_t t = 0; t < team_count; ++t) {
            team::v1::FormTeam form;
            form.set_id(id(fmt::format("team {}", t)));
            form.set_external_id(fmt::format("team-{}", t + 1));
            form.set_name(fmt::format("Team {}", towns[t % towns.size()]));
            teams_.push_back(form.id());
            say(begin_, "", form);
        }
        for (std::uint32_t s = 0; s < size_.sellers; ++s) {
            seller::v1::AddSeller add;
            add.set_id(id(fmt::format("seller {}", s)));
            add.set_external_id(fmt::format("seller-{}", s + 1));
            add.set_name(
                fmt::format("{} {}", first_names[s % first_names.size()], last_names[(s * 7 + 3) % last_names.size()]));
            add.set_team_id(teams_[s % team_count]);
            add.add_roles(s < team_count ? v1::Role::HEAD : v1::Role::CLOSER);
            if (s < team_count) add.add_roles(v1::Role::CLOSER);
            sellers_.push_back(add.id());
            say(begin_ + minutes(40), "", add);
        }
    }

    void clients() {
        const auto companies = std::max<std::uint32_t>(10, size_.deals / 3);
        for (std::uint32_t c = 0; c < companies; ++c) {
            company::v1::RegisterCompany registered;
            registered.set_id(id(fmt::format("company {}", c)));
            registered.set_external_id(fmt::format("company-{}", c + 1));
            const auto* trade = any(trades);
            registered.set_name(fmt::format("{} {} {}", any(towns), trade, c + 1));
            registered.set_industry(trade);
            registered.set_owner_id(sellers_[c % sellers_.size()]);
            registered.set_source(happens(0.6) ? "cold" : "inbound");
            companies_.push_back(registered.id());
            say(begin_ + minutes(80), registered.owner_id(), registered);

            contact::v1::RegisterContact contact;
            contact.set_id(id(fmt::format("contact {}", c)));
            contact.set_external_id(fmt::format("contact-{}", c + 1));
            contact.set_company_id(registered.id());
            contact.set_owner_id(registered.owner_id());
            auto& person = *contact.mutable_personal();
            person.set_full_name(fmt::format("{} {}", any(first_names), any(last_names)));
            person.add_phones(fmt::format("+7900{:07d}", c + 1));
            person.add_emails(fmt::format("contact{}@example.com", c + 1));
            contacts_.push_back(contact.id());
            say(begin_ + minutes(120), contact.owner_id(), contact);
        }
    }

    /// The next moment of a working day at least `from` and at most `days_ahead` days later, 9 to 18 o'clock UTC.
    Instant working(Instant from, std::uint64_t days_ahead) {
        auto day = std::chrono::floor<days>(from) + days(days_ahead);
        while (std::chrono::weekday(day).c_encoding() % 6 == 0) day += days(1);
        const auto at = Instant(day) + hours(9) + minutes(below(9 * 60));
        return std::max(at, from + minutes(5 + below(60)));
    }

    void plan(task::v1::TaskPlan& task, const std::string& task_id, Instant due) {
        static constexpr std::array types{"CALL", "CALL", "CALL", "EMAIL", "MESSENGER", "MEETING"};
        task.set_id(task_id);
        task.set_type(any(types));
        task.set_title("Talk about the next step of the offer");
        to_proto(due, *task.mutable_due_at());
    }

    void deal(std::uint32_t n) {
        const auto client = below(companies_.size());
        const auto owner = sellers_[client % sellers_.size()];
        deal::v1::OpenDeal open;
        open.set_id(id(fmt::format("deal {}", n)));
        open.set_external_id(fmt::format("deal-{}", n + 1));
        open.set_title(fmt::format("{} no. {}", any(subjects), n + 1));
        open.set_owner_id(owner);
        open.set_company_id(companies_[client]);
        open.set_contact_id(contacts_[client]);
        open.set_source(happens(0.6) ? "cold" : "inbound");
        open.mutable_value()->set_currency_code("RUB");
        open.mutable_value()->set_units(static_cast<std::int64_t>(20'000 + below(200) * 5'000));
        auto now = working(begin_ + hours(12), below(std::max<std::uint32_t>(1, size_.days - 2)));
        if (now > end_) now = end_ - hours(1);
        auto due = working(now + hours(2), 1 + below(4));
        plan(*open.mutable_first_task(), id(fmt::format("task {} 0", n)), due);
        say(now, owner, open);
        live(n, open, due);
    }

    /// Calls and moves until the deal is closed or the present is reached.
    void live(std::uint32_t n, const deal::v1::OpenDeal& open, Instant due) {
        std::size_t stage = 0;
        for (std::uint32_t step = 0;; ++step) {
            const auto now = happens(0.85) ? due - minutes(below(60)) : due + hours(1 + below(40));
            if (now >= end_ - hours(1)) return;
            task::v1::CompleteTask done;
            done.set_deal(open.id());
            done.set_task(id(fmt::format("task {} {}", n, step)));
            auto& action = *done.mutable_action();
            to_proto(now - minutes(15), *action.mutable_started_at());
            action.set_direction(task::v1::Direction::OUTBOUND);
            if (happens(0.25)) {
                action.set_outcome(Outcome::NOT_REACHED);
            } else {
                action.set_outcome(happens(0.5) ? Outcome::REACHED : Outcome::CONTINUE);
                action.set_text(any(spoken));
                to_proto(minutes(1 + below(12)), *action.mutable_talk_time());
            }
            const bool reached = action.outcome() != Outcome::NOT_REACHED;
            if (reached && stage + 1 == stages.size() && happens(0.5)) {
                action.set_outcome(Outcome::WON);
                *done.mutable_win()->mutable_value() = open.value();
            } else if (reached && happens(0.1)) {
                action.set_outcome(Outcome::REFUSED);
                done.mutable_lose()->set_reason(any(reasons));
            } else {
                due = working(now + hours(2), 1 + below(6));
                plan(*done.mutable_next(), id(fmt::format("task {} {}", n, step + 1)), due);
            }
            const bool closed = done.has_win() || done.has_lose();
            say(now, open.owner_id(), std::move(done));
            if (closed) return;
            if (reached && stage + 1 < stages.size() && happens(0.45)) {
                deal::v1::MoveStage move;
                move.set_deal(open.id());
                move.set_stage(stages[++stage]);
                say(now + minutes(1), open.owner_id(), move);
            }
        }
    }

    Size size_;
    Instant end_;
    Instant begin_;
    std::mt19937_64 chance_;
    std::vector<Step> steps_;
    std::vector<std::string> teams_, sellers_, companies_, contacts_;
};

}  // namespace

std::vector<Step> company(const Size& size, Instant end) { return Script(size, end).all(); }

}  // namespace dealog::app::demo
