#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/strong.hpp"
#include "domain/decision.hpp"
#include "eventstore/event_log.hpp"

namespace dealog::commands {

/// Deals, contacts and companies kept folded, of each; definitions and people are few and all kept.
inline constexpr std::size_t hot_aggregates_max = 20'000;

/// An aggregate as of one revision of its stream.
template <class State>
struct Folded {
    State state{};
    Revision revision;
    bool behind = false;  // the stream is known to have moved: caught up at the next look
};

using Apply = bool (*)(void* state, std::string_view type, std::string_view payload, const domain::Envelope& envelope);
/// Folds what the stream holds after `from`; answers its last revision. Throws StoreBroken for an event that cannot be
/// read.
[[nodiscard]] Revision fold_stream(const eventstore::EventLog& log, const StreamName& stream, Revision from,
                                   void* state, Apply apply);

/// Folded aggregates of one kind; the least recently used one is dropped first. A kept one may be older than the log:
/// the revision check of the append finds that out.
template <class State, class Fold>
class Shelf {
public:
    using Shared = std::shared_ptr<const Folded<State>>;

    explicit Shelf(std::size_t most) : most_(most) {}

    /// Null when the stream does not exist.
    [[nodiscard]] Shared find(const eventstore::EventLog& log, const StreamName& stream) {
        if (const auto entry = by_stream_.find(stream.value()); entry != by_stream_.end()) {
            kept_.splice(kept_.begin(), kept_, entry->second);
            auto& folded = kept_.front().folded;
            if (folded->behind) catch_up(log, stream, writable(folded));
            return folded;
        }
        if (log.revision(stream) == Revision{}) return nullptr;  // a look-up is cheaper than a scan that finds nothing
        auto folded = std::make_shared<Folded<State>>();
        catch_up(log, stream, *folded);
        keep(stream, folded);
        return folded;
    }

    /// Takes an event that was just written, when it is the next one of what is kept (or the first of a new stream).
    void advance(const StreamName& stream, const google::protobuf::Message& event, const domain::Envelope& envelope) {
        const auto entry = by_stream_.find(stream.value());
        if (entry == by_stream_.end()) {
            if (envelope.revision == Revision{1})
                keep(stream, std::make_shared<Folded<State>>());
            else
                return;
        }
        auto& kept = by_stream_.find(stream.value())->second->folded;
        if (kept->revision >= envelope.revision) return;
        if (kept->revision.value() + 1 != envelope.revision.value()) {
            writable(kept).behind = true;
            return;
        }
        auto& folded = writable(kept);
        Fold::apply(folded.state, event, envelope);
        folded.revision = envelope.revision;
    }

    /// The log says that the stream is at `actual`.
    void moved(const StreamName& stream, Revision actual) {
        const auto entry = by_stream_.find(stream.value());
        if (entry == by_stream_.end()) return;
        auto& kept = entry->second->folded;
        if (kept->revision < actual) {
            writable(kept).behind = true;
        } else if (kept->revision > actual) {
            kept_.erase(entry->second);
            by_stream_.erase(entry);
        }
    }

private:
    struct Kept {
        std::string stream;
        std::shared_ptr<Folded<State>> folded;
    };

    static void catch_up(const eventstore::EventLog& log, const StreamName& stream, Folded<State>& folded) {
        folded.revision = fold_stream(
            log, stream, folded.revision, &folded.state,
            [](void* state, std::string_view type, std::string_view payload, const domain::Envelope& envelope) {
                return Fold::apply(*static_cast<State*>(state), type, payload, envelope);
            });
        folded.behind = false;
    }
    /// A decision may still look at the old one.
    static Folded<State>& writable(std::shared_ptr<Folded<State>>& folded) {
        if (folded.use_count() > 1) folded = std::make_shared<Folded<State>>(*folded);
        return *folded;
    }
    void keep(const StreamName& stream, std::shared_ptr<Folded<State>> folded) {
        kept_.push_front(Kept{.stream = stream.value(), .folded = std::move(folded)});
        by_stream_.emplace(kept_.front().stream, kept_.begin());
        if (kept_.size() > most_) {
            by_stream_.erase(kept_.back().stream);
            kept_.pop_back();
        }
    }

    std::size_t most_;
    std::list<Kept> kept_;
    std::unordered_map<std::string_view, typename std::list<Kept>::iterator> by_stream_;
};

}  // namespace dealog::commands
