#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/message.h>

#include "base/ids.hpp"
#include "domain/api_key/api_key.hpp"
#include "domain/company/company.hpp"
#include "domain/contact/contact.hpp"
#include "domain/deal/deal.hpp"
#include "domain/decision.hpp"
#include "domain/given.hpp"
#include "domain/pipeline/pipeline.hpp"
#include "domain/privacy/privacy.hpp"
#include "domain/seller/seller.hpp"
#include "domain/settings/settings.hpp"
#include "domain/task/task.hpp"
#include "domain/team/team.hpp"
#include "domain/workspace.hpp"

namespace dealog::test {

using api_key::decide;
using company::decide;
using contact::decide;
using deal::decide;
using pipeline::decide;
using privacy::decide;
using seller::decide;
using settings::decide;
using task::decide;
using team::decide;

[[nodiscard]] Instant at(std::string_view rfc3339);
void read_json(std::string_view json, google::protobuf::Message& out);

/// A command as a client writes it.
template <class Command>
[[nodiscard]] Command from_json(std::string_view json) {
    Command command;
    read_json(json, command);
    return command;
}

/// 1, 2, 3 … as UUIDs.
class CountedIds final : public IdSource {
public:
    [[nodiscard]] Uuid next(Instant now) override;

private:
    std::uint64_t count_ = 0;
};

class KnownSecrets final : public domain::Secrets {
public:
    [[nodiscard]] std::string next() override { return std::string(32, static_cast<char>(++count_)); }
    [[nodiscard]] std::string sha256(std::string_view bytes) const override;

private:
    int count_ = 0;
};

/// An event as the log would keep it: without its personal values.
struct Stored {
    std::string stream;
    std::string type;
    std::shared_ptr<google::protobuf::Message> event;
    std::string payload;
    domain::Envelope envelope;
    bool backdated = false;
};

/// A workspace in memory: folds what was decided, holds claims, and fails the test as soon as a decision leaves an open
/// deal without an open task.
class World final : public domain::Aggregates {
public:
    World();

    Instant now = at("2026-03-02T09:00:00Z");  // a Monday
    Principal actor;
    std::string_view source = "api";

    /// The refusal or the decision; claims of others refuse as well. Nothing is written.
    template <class Command>
    [[nodiscard]] domain::Decided when(const Command& command) {
        const domain::Given given = this->given();
        return judged(decide(command, given));
    }
    template <class Command>
    [[nodiscard]] domain::Decided when(std::string_view json) {
        return when(from_json<Command>(json));
    }
    /// Decides, requires that it is not refused, and appends.
    template <class Command>
    domain::Decision done(const Command& command) {
        return append(when(command));
    }
    template <class Command>
    domain::Decision done(std::string_view json) {
        return append(when(from_json<Command>(json)));
    }
    /// Requires a refusal.
    template <class Command>
    [[nodiscard]] Rejection refused(std::string_view json) {
        return refusal(when(from_json<Command>(json)));
    }

    [[nodiscard]] domain::Given given();
    domain::Decision append(domain::Decided decided);
    [[nodiscard]] static Rejection refusal(domain::Decided decided);

    /// The actor is this seller with his present roles.
    void act_as(const std::string& seller_id);
    std::string add_seller(std::string_view name, std::string_view roles = R"(["CLOSER"])", std::string_view more = "");
    void dismiss(const std::string& seller_id);
    std::string open_deal(std::string_view more = "");
    [[nodiscard]] const deal::Deal& deal_of(const std::string& id);
    /// The only open task of a deal.
    [[nodiscard]] std::string task_of(const std::string& deal_id);

    [[nodiscard]] std::vector<std::string> types(const domain::Decision& decision) const;
    [[nodiscard]] const std::vector<Stored>& log() const { return log_; }
    template <class Event>
    [[nodiscard]] const Event& last() const {
        return static_cast<const Event&>(last(Event::descriptor()->full_name()));
    }

    [[nodiscard]] const settings::Settings& settings() override { return settings_; }
    [[nodiscard]] const pipeline::Pipeline* pipeline(std::string_view key) override { return find(pipelines_, key); }
    [[nodiscard]] const team::Team* team(std::string_view id) override { return find(teams_, id); }
    [[nodiscard]] const seller::Seller* seller(std::string_view id) override { return find(sellers_, id); }
    [[nodiscard]] const api_key::ApiKey* api_key(std::string_view id) override { return find(keys_, id); }
    [[nodiscard]] const company::Company* company(std::string_view id) override { return find(companies_, id); }
    [[nodiscard]] const contact::Contact* contact(std::string_view id) override { return find(contacts_, id); }
    [[nodiscard]] const deal::Deal* deal(std::string_view id) override { return find(deals_, id); }
    [[nodiscard]] bool erased(std::string_view subject) override { return erased_.contains(subject); }

private:
    template <class State>
    using Known = std::map<std::string, State, std::less<>>;

    template <class State>
    static const State* find(const Known<State>& known, std::string_view id) {
        const auto found = known.find(id);
        return found == known.end() || !found->second.exists ? nullptr : &found->second;
    }
    [[nodiscard]] domain::Decided judged(domain::Decided decided) const;
    void hold(const domain::Claim& claim);
    void store(const domain::NewEvent& event);
    void fold(const Stored& stored);
    [[nodiscard]] const google::protobuf::Message& last(const std::string& type) const;

    CountedIds ids_;
    KnownSecrets secrets_;
    settings::Settings settings_;
    Known<pipeline::Pipeline> pipelines_;
    Known<team::Team> teams_;
    Known<seller::Seller> sellers_;
    Known<api_key::ApiKey> keys_;
    Known<company::Company> companies_;
    Known<contact::Contact> contacts_;
    Known<deal::Deal> deals_;
    Known<privacy::Subject> subjects_;
    std::set<std::string, std::less<>> erased_;
    std::map<std::pair<std::string, std::string>, std::string> claims_;  // kind, value → owner
    std::map<std::string, std::uint64_t> revisions_;
    std::vector<Stored> log_;
};

}  // namespace dealog::test
