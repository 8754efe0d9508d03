#include "commands/aggregates.hpp"

#include "domain/privacy/privacy.hpp"

namespace dealog::commands {

namespace {

std::string_view category_of(std::string_view stream) { return stream.substr(0, stream.find('-')); }

/// Gives the shelf and the seen ones that hold a stream's category to `use`; nothing for streams that no rule reads.
template <class Use>
void at_category(std::string_view stream, Use use) {
    const auto category = category_of(stream);
    if (category == "deal")
        use(&Cache::deals);
    else if (category == "contact")
        use(&Cache::contacts);
    else if (category == "company")
        use(&Cache::companies);
    else if (category == "seller")
        use(&Cache::sellers);
    else if (category == "team")
        use(&Cache::teams);
    else if (category == "pipeline")
        use(&Cache::pipelines);
    else if (category == "apikey")
        use(&Cache::api_keys);
    else if (category == "settings")
        use(&Cache::settings);
}

}  // namespace

void Cache::advance(const StreamName& stream, const google::protobuf::Message& event,
                    const domain::Envelope& envelope) {
    at_category(stream.value(), [&](auto shelf) { (this->*shelf).advance(stream, event, envelope); });
}

void Cache::moved(const StreamName& stream, Revision actual) {
    if (category_of(stream.value()) == "subject" && actual > Revision{}) erased.insert(stream.value());
    at_category(stream.value(), [&](auto shelf) { (this->*shelf).moved(stream, actual); });
}

Reading::Reading(Cache& cache, const eventstore::EventLog& log, const eventstore::Vault& vault)
    : cache_(cache), log_(log), vault_(vault) {}

template <class State, class Fold>
Reading::Seen<State>& Reading::look(Shelf<State, Fold>& shelf, SeenOf<State>& seen, const StreamName& stream) {
    const auto [entry, fresh] = seen.try_emplace(stream.value());
    if (fresh) {
        entry->second.kept = shelf.find(log_, stream);
        counts_.try_emplace(stream.value(),
                            Count{.in_log = entry->second.kept ? entry->second.kept->revision : Revision{}});
    }
    return entry->second;
}

template <class State, class Fold>
const State* Reading::find(Shelf<State, Fold>& shelf, SeenOf<State>& seen, const StreamName& stream) {
    const auto& found = look(shelf, seen, stream);
    const auto* state = found.own ? found.own.get() : found.kept ? &found.kept->state : nullptr;
    return state != nullptr && state->exists ? state : nullptr;
}

template <class State, class Fold>
void Reading::change(Shelf<State, Fold>& shelf, SeenOf<State>& seen, const StreamName& stream,
                     const google::protobuf::Message& event, const domain::Envelope& envelope) {
    auto& found = look(shelf, seen, stream);
    if (!found.own) found.own = found.kept ? std::make_unique<State>(found.kept->state) : std::make_unique<State>();
    Fold::apply(*found.own, event, envelope);
}

const settings::Settings& Reading::settings() {
    static const settings::Settings defaults;
    const auto* found = find(cache_.settings, settings_, settings::stream());
    return found != nullptr ? *found : defaults;
}
const pipeline::Pipeline* Reading::pipeline(std::string_view key) {
    return find(cache_.pipelines, pipelines_, pipeline::stream_of(key));
}
const team::Team* Reading::team(std::string_view id) { return find(cache_.teams, teams_, team::stream_of(id)); }
const seller::Seller* Reading::seller(std::string_view id) {
    return find(cache_.sellers, sellers_, seller::stream_of(id));
}
const api_key::ApiKey* Reading::api_key(std::string_view id) {
    return find(cache_.api_keys, api_keys_, api_key::stream_of(id));
}
const company::Company* Reading::company(std::string_view id) {
    return find(cache_.companies, companies_, company::stream_of(id));
}
const contact::Contact* Reading::contact(std::string_view id) {
    return find(cache_.contacts, contacts_, contact::stream_of(id));
}
const deal::Deal* Reading::deal(std::string_view id) { return find(cache_.deals, deals_, deal::stream_of(id)); }

bool Reading::erased(std::string_view subject) {
    const auto stream = privacy::stream_of(subject);
    if (vault_.erased(subject) || cache_.erased.contains(stream.value())) return true;
    counts_.try_emplace(stream.value());  // not looked up: the append's check says whether it is so
    return false;
}

Reading::Count& Reading::count(const StreamName& stream) {
    const auto entry = counts_.find(stream.value());
    if (entry != counts_.end()) return entry->second;
    return counts_.emplace(stream.value(), Count{.in_log = log_.revision(stream)}).first->second;
}

Revision Reading::revision(const StreamName& stream) {
    const auto& counted = count(stream);
    return Revision{counted.in_log.value() + counted.added};
}

Revision Reading::written(const StreamName& stream) {
    auto& counted = count(stream);
    ++counted.added;
    return Revision{counted.in_log.value() + counted.added};
}

void Reading::evolve(const StreamName& stream, const google::protobuf::Message& event,
                     const domain::Envelope& envelope) {
    const auto category = category_of(stream.value());
    if (category == "deal")
        change(cache_.deals, deals_, stream, event, envelope);
    else if (category == "contact")
        change(cache_.contacts, contacts_, stream, event, envelope);
    else if (category == "company")
        change(cache_.companies, companies_, stream, event, envelope);
    else if (category == "seller")
        change(cache_.sellers, sellers_, stream, event, envelope);
    else if (category == "team")
        change(cache_.teams, teams_, stream, event, envelope);
    else if (category == "pipeline")
        change(cache_.pipelines, pipelines_, stream, event, envelope);
    else if (category == "apikey")
        change(cache_.api_keys, api_keys_, stream, event, envelope);
    else if (category == "settings")
        change(cache_.settings, settings_, stream, event, envelope);
}

std::vector<eventstore::StreamCheck> Reading::checks() const {
    std::vector<eventstore::StreamCheck> all;
    all.reserve(counts_.size());
    for (const auto& [stream, counted] : counts_) {
        auto& check = all.emplace_back(StreamName{stream}, eventstore::NoStream{});
        if (counted.in_log > Revision{}) check.expected = eventstore::ExactRevision{counted.in_log};
    }
    return all;
}

bool Reading::still_true() {
    bool same = true;
    for (const auto& [name, counted] : counts_) {
        const StreamName stream{name};
        const auto actual = log_.revision(stream);
        if (actual == counted.in_log) continue;
        cache_.moved(stream, actual);
        same = false;
    }
    return same;
}

}  // namespace dealog::commands
