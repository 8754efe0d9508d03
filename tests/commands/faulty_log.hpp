#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <utility>

#include "eventstore/event_log.hpp"

namespace dealog::test {

/// A log whose appends answer what a test wants; reads are the real ones.
class FaultyLog final : public eventstore::EventLog {
public:
    using Fault = std::function<std::optional<eventstore::AppendError>(const eventstore::Append&)>;
    FaultyLog(eventstore::EventLog& real, Fault fault) : real_(real), fault_(std::move(fault)) {}

    void append(eventstore::Append append, eventstore::Completion done) override {
        ++appends;
        if (auto error = fault_(append)) return done(refuse(*std::move(error)));
        real_.append(std::move(append), std::move(done));
    }
    [[nodiscard]] eventstore::Page read(Position after, eventstore::ReadLimits limits) const override {
        return real_.read(after, limits);
    }
    [[nodiscard]] eventstore::Page read_stream(const StreamName& stream, Revision after,
                                               eventstore::ReadLimits limits) const override {
        if (broken) throw eventstore::StoreBroken{"a bad block"};
        return real_.read_stream(stream, after, limits);
    }
    [[nodiscard]] eventstore::Page read_tag(const log::v1::Tag& tag, Position after,
                                            eventstore::ReadLimits limits) const override {
        return real_.read_tag(tag, after, limits);
    }
    [[nodiscard]] std::optional<std::string> record_at(Position position) const override {
        return real_.record_at(position);
    }
    [[nodiscard]] Revision revision(const StreamName& stream) const override { return real_.revision(stream); }
    [[nodiscard]] std::optional<eventstore::KnownCommand> find_command(std::string_view scope,
                                                                       std::string_view key) const override {
        return real_.find_command(scope, key);
    }
    [[nodiscard]] std::optional<std::string> claim_owner(std::string_view kind, std::string_view value) const override {
        return real_.claim_owner(kind, value);
    }
    [[nodiscard]] eventstore::LogHead head() const override { return real_.head(); }
    [[nodiscard]] Position position_at(Instant t) const override { return real_.position_at(t); }
    [[nodiscard]] std::shared_ptr<void> on_head(std::function<void(Position)> wake) override {
        return real_.on_head(std::move(wake));
    }
    [[nodiscard]] std::string fenced_reason() const override { return real_.fenced_reason(); }

    std::atomic<int> appends{0};
    std::atomic<bool> broken{false};

private:
    eventstore::EventLog& real_;
    Fault fault_;
};

}  // namespace dealog::test
