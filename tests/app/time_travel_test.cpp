#include <catch2/catch.hpp>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <set>

#include <fmt/format.h>

#include "tests/app/hall.hpp"
#include "tests/app/questions.hpp"
#include "tests/app/random_company.hpp"

namespace dealog::app::testing {
namespace {

constexpr int appends_told = 500;
constexpr int all_variants_every = 10;  // appends
constexpr std::size_t queries_of_a_route_min = 200;

/// What was answered at a position while it was the newest.
struct Said {
    std::string route;
    std::string target;
    Position position;
    Instant at;
    std::size_t append = 0;
    Answer answer;
};

std::string around(const std::string& text, std::size_t place) {
    constexpr std::size_t before = 120, shown = 320;
    return text.substr(place - std::min(place, before), shown);
}

/// A company's history, and what every route said along it.
class Recording {
public:
    explicit Recording(std::uint32_t seed) : company(hall, seed), dice_(seed + 1), questions_(all_questions()) {
        for (int n = 0; n < appends_told; ++n) {
            company.step();
            positions.push_back(hall.head());
            listen(n % all_variants_every == 0);
        }
    }

    /// Asks the same as of `position`.
    [[nodiscard]] Answer ask_again(const Said& one, Position position) {
        return hall.get(with_parameter(one.target, "asOf", std::to_string(position.value())));
    }
    /// Empty when the answer of now as of then is the one given then.
    [[nodiscard]] std::string difference(const Said& one) {
        const Answer now = ask_again(one, one.position);
        ++comparisons;
        if (now.status == one.answer.status && now.body == one.answer.body) return {};
        const auto place =
            std::mismatch(now.body.begin(), now.body.end(), one.answer.body.begin(), one.answer.body.end());
        const auto at = static_cast<std::size_t>(place.first - now.body.begin());
        return fmt::format("{}: GET {} as of {} differs at byte {}\n  then: {} …{}\n  now:  {} …{}", one.route,
                           one.target, one.position.value(), at, one.answer.status, around(one.answer.body, at),
                           now.status, around(now.body, at));
    }
    /// Every answer; at most a few differences are told.
    void check_all(const char* when) {
        std::size_t wrong = 0;
        for (const auto& one : said) {
            const auto found = difference(one);
            if (found.empty()) continue;
            if (++wrong <= 5) UNSCOPED_INFO(when << ": " << found);
        }
        CHECK(wrong == 0);
    }
    [[nodiscard]] std::map<std::string, std::size_t> queries_by_route() const {
        std::map<std::string, std::size_t> counts;
        for (const auto& one : said) ++counts[one.route];
        return counts;
    }

    Hall hall;
    RandomCompany company;
    std::vector<Position> positions;  // of appends
    std::vector<Said> said;
    std::size_t comparisons = 0;

private:
    void listen(bool to_all) {
        for (const auto& [route, variants] : questions_) {
            if (to_all) {
                for (const auto& variant : variants) listen(route, variant(company, dice_));
            } else {
                listen(route, dice_.pick(variants)(company, dice_));
            }
        }
    }
    void listen(const std::string& route, const std::string& target) {
        Said one{.route = route,
                 .target = target,
                 .position = hall.head(),
                 .at = hall.clock.now(),
                 .append = positions.size() - 1,
                 .answer = {}};
        one.answer = hall.get(with_parameter(target, "minPosition", std::to_string(one.position.value())));
        if (one.answer.status >= 500) throw std::runtime_error(target + ": " + one.answer.body);
        const Json json = one.answer.json();
        said.push_back(one);
        const auto token = json.find("nextPageToken");
        if (token == json.end() || token->get<std::string>().empty() || target.find("pageToken=") != std::string::npos)
            return;
        listen(route, with_parameter(target, "pageToken", token->get<std::string>()));
    }

    Dice dice_;
    Questions questions_;
};

Json without_moment(const Answer& answer) {
    Json json = answer.json();
    for (const char* stamp : {"position", "at", "nextPageToken"}) json.erase(stamp);
    return json;
}

bool is_rebuilding(projections::Engine& engine) {
    const auto all = engine.status();
    return std::any_of(all.begin(), all.end(), [](const auto& one) { return one.state == "rebuilding"; });
}

/// Every answer again while all read models are built anew, over and over: until new rows were put in the place of the
/// old ones meanwhile. Answers how many were asked for while a rebuild was under way.
std::size_t check_while_rebuilding(Recording& recording) {
    auto& engine = recording.hall.engine();
    const auto all = engine.status();
    std::size_t rounds = 0, during = 0, wrong = 0;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{120};
    for (std::size_t i = 0; i < recording.said.size() || rounds < 2; ++i) {
        if (std::chrono::steady_clock::now() > end) break;
        const auto& one = recording.said[i % recording.said.size()];
        if (!is_rebuilding(engine)) {
            for (const auto& projection : all) engine.rebuild(projection.name);
            ++rounds;
        }
        const auto found = recording.difference(one);
        if (is_rebuilding(engine)) ++during;
        if (!found.empty() && ++wrong <= 5) UNSCOPED_INFO("while rebuilding: " << found);
    }
    CHECK(wrong == 0);
    CHECK(rounds >= 2);
    return during;
}

/// A moment says the same as the position that was the newest then.
void check_moments(Recording& recording) {
    constexpr std::size_t every = 5;
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < recording.said.size(); i += every) {
        const auto& one = recording.said[i];
        const Answer now = recording.hall.get(with_parameter(one.target, "asOf", format_rfc3339(one.at)));
        ++recording.comparisons;
        if (now.body != one.answer.body && ++wrong <= 5)
            UNSCOPED_INFO("as of a moment: " << one.target << " at " << one.position.value());
    }
    CHECK(wrong == 0);
}

/// Asked as of another append, each route's answer is another one somewhere, even without its position and moment.
void check_that_a_wrong_position_shows(Recording& recording) {
    constexpr std::size_t appends_back = 60, asked_max = 3000;
    std::set<std::string> noticed, routes;
    std::size_t asked = 0, equal = 0;
    for (auto one = recording.said.rbegin(); one != recording.said.rend() && asked < asked_max; ++one) {
        routes.insert(one->route);
        if (one->append < appends_back || one->answer.status != 200) continue;
        if (noticed.contains(one->route) && asked % 7 != 0) continue;
        const Answer wrong = recording.ask_again(*one, recording.positions[one->append - appends_back]);
        ++asked;
        if (wrong.body == one->answer.body) ++equal;
        if (without_moment(wrong) != without_moment(one->answer)) noticed.insert(one->route);
    }
    CHECK(asked > routes.size());
    CHECK(equal == 0);
    routes.erase("dealog.directory.v1.WhoAmI");  // the administrator's key stays what it is
    CHECK(noticed == routes);
}

}  // namespace

TEST_CASE("R5: the questions of the time travel are those of every route that a read model answers") {
    std::vector<std::string> asked;
    for (const auto& [route, variants] : all_questions()) asked.push_back(route);
    CHECK(asked == routes_of_read_models());
}

TEST_CASE(
    "R5, R7: as of any past append every route says byte for byte what it said then, live, while rebuilding and "
    "rebuilt") {
    const auto began = std::chrono::steady_clock::now();
    Recording recording(20170517);
    for (const auto& [route, count] : recording.queries_by_route()) {
        INFO(route);
        CHECK(count >= queries_of_a_route_min);
    }
    CHECK(recording.company.written.size() == RandomCompany::kinds_count());

    CHECK(10 * std::ranges::count(recording.said, 200U, [](const Said& one) { return one.answer.status; }) >
          9 * static_cast<std::ptrdiff_t>(recording.said.size()));

    recording.check_all("live");
    check_moments(recording);
    const std::size_t during = check_while_rebuilding(recording);
    CHECK(during > 500);
    recording.hall.engine().rebuild_all({});
    recording.check_all("rebuilt");
    check_that_a_wrong_position_shows(recording);

    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    std::cout << fmt::format(
        "time travel: {} appends, {} positions, {} answers recorded, {} comparisons ({} while rebuilding), {:.1f} s\n",
        recording.positions.size(), recording.hall.head().value(), recording.said.size(), recording.comparisons, during,
        took.count());
}

}  // namespace dealog::app::testing
