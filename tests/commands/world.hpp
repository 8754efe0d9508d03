#pragma once

#include <google/protobuf/text_format.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "commands/dispatcher.hpp"
#include "domain/api_key/api_key.pb.h"
#include "domain/company/company.pb.h"
#include "domain/contact/contact.pb.h"
#include "domain/deal/deal.pb.h"
#include "domain/pipeline/pipeline.pb.h"
#include "domain/privacy/privacy.pb.h"
#include "domain/seller/seller.pb.h"
#include "domain/settings/settings.pb.h"
#include "domain/task/task.pb.h"
#include "domain/team/team.pb.h"
#include "eventstore/memory_log.hpp"
#include "tests/support/test_vault.hpp"

namespace dealog::test {

inline constexpr std::chrono::seconds deadline{20};

/// A clock that stands still until it is told.
class StillClock final : public Clock {
public:
    [[nodiscard]] Instant now() const override { return Instant{Nanos{nanos_.load()}}; }
    void advance(Nanos by) { nanos_ += by.count(); }

private:
    std::atomic<std::int64_t> nanos_{Nanos{*parse_rfc3339("2017-05-17T09:00:00Z") - Instant{}}.count()};
};

/// One thread's work, as an io_context has it.
class Loop {
public:
    void post(std::function<void()> work) {
        const std::lock_guard lock{mutex_};
        work_.push_back(std::move(work));
        arrived_.notify_one();
    }
    void run_until(const std::function<bool()>& finished) {
        const auto end = std::chrono::steady_clock::now() + deadline;
        while (!finished()) {
            std::unique_lock lock{mutex_};
            if (!arrived_.wait_until(lock, end, [this] { return !work_.empty(); }))
                throw std::runtime_error{"nothing happens"};
            const auto work = std::move(work_.front());
            work_.pop_front();
            lock.unlock();
            work();
        }
    }

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<std::function<void()>> work_;
};

/// A message from its text: `command<deal::v1::OpenDeal>("title: 'Roof'")`.
template <class C>
std::shared_ptr<C> command(const std::string& text = {}) {
    auto message = std::make_shared<C>();
    if (!google::protobuf::TextFormat::ParseFromString(text, message.get()))
        throw std::runtime_error{"not a " + C::descriptor()->full_name()};
    return message;
}

/// `field: 'value' `
inline std::string set(const std::string& field, const std::string& value) { return field + ": '" + value + "' "; }
/// `field { seconds: … }`, that many hours after `clock`'s now.
inline std::string hours_from(const Clock& clock, int hours, const std::string& field = "due_at") {
    const auto at = std::chrono::floor<std::chrono::seconds>(clock.now()) + std::chrono::hours{hours};
    return field + " { seconds: " + std::to_string(at.time_since_epoch().count()) + " } ";
}

/// One dispatcher with its thread's loop, on a log that others may share.
struct Desk {
    Desk(eventstore::EventLog& log, eventstore::Vault& vault, const Clock& clock, IdSource& ids)
        : dispatcher(
              {.log = log, .vault = vault, .clock = clock, .ids = ids, .post = [this](std::function<void()> work) {
                   loop.post(std::move(work));
               }}) {}

    /// Runs one request to its answer.
    commands::Answer run(commands::Request request) {
        std::optional<commands::Answer> answer;
        dispatcher.run(std::move(request), [&](commands::Answer got) { answer = std::move(got); });
        loop.run_until([&] { return answer.has_value(); });
        return *std::move(answer);
    }
    /// Runs all of them at the same time; answers in their order.
    std::vector<commands::Answer> run_all(std::vector<commands::Request> requests) {
        std::vector<std::optional<commands::Answer>> answers(requests.size());
        std::size_t open = requests.size();
        for (std::size_t i = 0; i < requests.size(); ++i) {
            dispatcher.run(std::move(requests[i]), [&, i](commands::Answer got) {
                answers[i] = std::move(got);
                --open;
            });
        }
        loop.run_until([&] { return open == 0; });
        std::vector<commands::Answer> all;
        for (auto& answer : answers) all.push_back(*std::move(answer));
        return all;
    }

    Loop loop;
    commands::Dispatcher dispatcher;
};

/// A founded workspace and its administrator.
class World {
public:
    World()
        : secret(*commands::found_workspace({.log = log, .vault = vault, .clock = clock, .ids = ids, .post = {}})),
          desk(log, vault, clock, ids) {
        admin = *desk.dispatcher.authenticate(secret);
    }

    /// A request with a key of its own.
    commands::Request request(std::shared_ptr<google::protobuf::Message> message, const Principal& actor) {
        const auto key = "key-" + std::to_string(++keys_);
        commands::Request made{.actor = actor, .idempotency_key = key, .mac = "mac of " + key};
        made.commands.push_back({.message = std::move(message), .idempotency_key = {}});
        return made;
    }
    commands::Request batch(std::vector<std::shared_ptr<google::protobuf::Message>> messages, const Principal& actor) {
        auto made = request(nullptr, actor);
        made.commands.clear();
        made.batch = true;
        for (auto& message : messages) made.commands.push_back({.message = std::move(message), .idempotency_key = {}});
        return made;
    }

    template <class C>
    commands::Answer run(const std::string& text, const Principal& actor) {
        return desk.run(request(command<C>(text), actor));
    }
    /// As the administrator; what comes back is the one result. Throws when it is refused.
    template <class C>
    v1::Written done(const std::string& text) {
        return done<C>(text, admin);
    }
    template <class C>
    v1::Written done(const std::string& text, const Principal& actor) {
        auto answer = run<C>(text, actor);
        if (!answer)
            throw std::runtime_error{std::string{code_name(answer.error().code)} + " " + answer.error().detail};
        return answer->results.at(0);
    }

    /// A seller with a key of his own.
    Principal hire(const std::string& name, const std::string& more = "roles: CLOSER ") {
        const auto seller = done<seller::v1::AddSeller>(set("name", name) + more).id();
        const auto key = done<apikey::v1::IssueApiKey>(set("seller_id", seller));
        return *desk.dispatcher.authenticate(key.secret());
    }
    std::string open_deal(const Principal& owner, const std::string& more = {}) {
        return done<deal::v1::OpenDeal>(set("title", "Roof for the new hall") + set("owner_id", owner.id) + more, owner)
            .id();
    }
    /// The task that the rule engine planned for a new deal.
    std::string first_task(const std::string& deal) {
        for (const auto& record : records("deal-" + deal)) {
            task::v1::TaskPlanned planned;
            if (record.type() == planned.GetDescriptor()->full_name() && planned.ParseFromString(record.payload()))
                return planned.task_id();
        }
        throw std::runtime_error{"no task"};
    }

    std::vector<log::v1::Record> records(const std::string& stream) const {
        std::vector<log::v1::Record> all;
        for (const auto& encoded :
             log.read_stream(StreamName{stream}, Revision{}, {.records = 10'000, .bytes = 64u << 20}).records) {
            all.emplace_back().ParseFromString(encoded);
        }
        return all;
    }

    TestVault vault;
    StillClock clock;
    RandomIds ids;
    eventstore::MemoryLog log{"0190aaaa-0000-7000-8000-000000000001", vault, clock};
    std::string secret;
    Desk desk;
    Principal admin;

private:
    int keys_ = 0;
};

}  // namespace dealog::test
