#include <google/protobuf/message.h>
#include <google/protobuf/util/message_differencer.h>
#include <catch2/catch.hpp>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "domain/deal/deal.pb.h"
#include "domain/pipeline/pipeline.pb.h"
#include "domain/settings/settings.pb.h"
#include "domain/task/task.pb.h"
#include "gateway/json/fill.hpp"
#include "gateway/json/write.hpp"
#include "gateway/limits.hpp"

using namespace dealog;

namespace {

struct Seed {
    const google::protobuf::Message& prototype;
    std::string text;
};

std::vector<Seed> seeds() {
    return {
        {task::v1::CompleteTask::default_instance(),
         R"({"action":{"type":"CALL","startedAt":"2017-05-31T10:00:00.5Z","talkTime":"187.25s","outcome":"REFUSED","text":"é\u00e9\ud83d\ude00"},"lose":{"reason":"price"}})"},
        {deal::v1::OpenDeal::default_instance(),
         R"({"title":"Pumps","ownerId":"0190a000-0000-7000-8000-000000000001","value":{"currencyCode":"RUB","units":"150000","nanos":5},"fields":[{"name":"a","value":"b"}],"occurredAt":"2017-05-31T10:00:00+03:00"})"},
        {pipeline::v1::DefinePipeline::default_instance(),
         R"({"key":"sales","stages":[{"key":"new","probability":0.1,"requiredFields":["x"],"rotAfterDays":7},{"key":"won","probability":1e-3}],"lossReasons":["price"]})"},
        {settings::v1::ChangeSetting::default_instance(),
         R"({"nextTaskRules":{"rules":[{"id":"all","outcomes":["REACHED","CONTINUE"],"type":"CALL","title":"t","delayDays":1,"at":"10:00"}]},"validFrom":"2020-01-01T00:00:00Z"})"},
    };
}

/// Bytes that mean something to a JSON parser, so that mutations get past the first token.
const std::string interesting = "{}[]\",:\\0123456789.-+eEtfnu/ \n\t\x00\x7F\x80\xC3\xED\xFF_aZ";

std::string mutated(const std::vector<Seed>& all, const Seed& seed, std::mt19937_64& random) {
    std::string text = seed.text;
    const auto below = [&](std::size_t n) { return n == 0 ? 0 : static_cast<std::size_t>(random() % n); };
    for (std::size_t times = 1 + below(4); times > 0; --times) {
        const std::size_t at = below(text.size() + 1);
        switch (below(6)) {
            case 0:
                if (at < text.size()) text[at] = interesting[below(interesting.size())];
                break;
            case 1:
                text.insert(at, 1, interesting[below(interesting.size())]);
                break;
            case 2:
                text.erase(at, 1 + below(6));
                break;
            case 3:
                text.insert(at, text.substr(below(text.size()), below(30)));
                break;
            case 4: {
                const auto& other = all[below(all.size())].text;
                text.insert(at, other.substr(below(other.size()), below(30)));
                break;
            }
            default:
                if (at < text.size()) text[at] = static_cast<char>(text[at] ^ static_cast<char>(1 << below(8)));
                break;
        }
    }
    return text;
}

}  // namespace

TEST_CASE("fill: of 60,000 mutated bodies each is refused with its reason or written back to the equal message",
          "[gateway]") {
    const auto all = seeds();
    std::mt19937_64 random(20170531);
    std::size_t accepted = 0;
    for (int i = 0; i < 60'000; ++i) {
        const Seed& seed = all[static_cast<std::size_t>(i) % all.size()];
        const std::string text = mutated(all, seed, random);
        const std::unique_ptr<google::protobuf::Message> message(seed.prototype.New());
        const auto filled = gateway::json::fill(text, *message);
        if (!filled) {
            if (filled.error().violations.empty() || filled.error().detail.empty()) FAIL("no reason for " << text);
            continue;
        }
        ++accepted;
        const std::string written = gateway::json::write(*message);
        const std::unique_ptr<google::protobuf::Message> again(seed.prototype.New());
        const auto refilled = gateway::json::fill(written, *again);
        if (!refilled) FAIL(text << " was written as " << written << ": " << refilled.error().detail);
        if (!google::protobuf::util::MessageDifferencer::Equals(*message, *again))
            FAIL(text << " was written as " << written);
        const auto checked = gateway::check_limits(*message);
        if (!checked && checked.error().violations.empty()) FAIL("no reason for " << text);
    }
    CHECK(accepted > 500);
    CHECK(accepted < 55'000);
}
