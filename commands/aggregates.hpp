#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "commands/cache.hpp"
#include "domain/api_key/api_key.hpp"
#include "domain/company/company.hpp"
#include "domain/contact/contact.hpp"
#include "domain/deal/deal.hpp"
#include "domain/given.hpp"
#include "domain/pipeline/pipeline.hpp"
#include "domain/seller/seller.hpp"
#include "domain/settings/settings.hpp"
#include "domain/team/team.hpp"
#include "eventstore/event_log.hpp"
#include "eventstore/vault.hpp"

namespace dealog::commands {

/// What the dispatcher remembers between requests.
struct Cache {
    static constexpr auto all = static_cast<std::size_t>(-1);

    Shelf<settings::Settings, settings::Fold> settings{all};
    Shelf<pipeline::Pipeline, pipeline::Fold> pipelines{all};
    Shelf<team::Team, team::Fold> teams{all};
    Shelf<seller::Seller, seller::Fold> sellers{all};
    Shelf<api_key::ApiKey, api_key::Fold> api_keys{all};
    Shelf<company::Company, company::Fold> companies{hot_aggregates_max};
    Shelf<contact::Contact, contact::Fold> contacts{hot_aggregates_max};
    Shelf<deal::Deal, deal::Fold> deals{hot_aggregates_max};
    /// Streams of erased subjects that the vault did not know of.
    std::unordered_set<std::string> erased;

    void advance(const StreamName& stream, const google::protobuf::Message& event, const domain::Envelope& envelope);
    void moved(const StreamName& stream, Revision actual);
};

/// What one attempt at a request saw and, in a batch, what its earlier commands changed on top.
class Reading final : public domain::Aggregates {
public:
    Reading(Cache& cache, const eventstore::EventLog& log, const eventstore::Vault& vault);

    [[nodiscard]] const settings::Settings& settings() override;
    [[nodiscard]] const pipeline::Pipeline* pipeline(std::string_view key) override;
    [[nodiscard]] const team::Team* team(std::string_view id) override;
    [[nodiscard]] const seller::Seller* seller(std::string_view id) override;
    [[nodiscard]] const api_key::ApiKey* api_key(std::string_view id) override;
    [[nodiscard]] const company::Company* company(std::string_view id) override;
    [[nodiscard]] const contact::Contact* contact(std::string_view id) override;
    [[nodiscard]] const deal::Deal* deal(std::string_view id) override;
    [[nodiscard]] bool erased(std::string_view subject) override;

    /// Of the stream as this request sees it: its own events counted.
    [[nodiscard]] Revision revision(const StreamName& stream);
    /// Counts one event of this request; answers its revision.
    Revision written(const StreamName& stream);
    /// Folds it too, for the commands that follow.
    void evolve(const StreamName& stream, const google::protobuf::Message& event, const domain::Envelope& envelope);

    /// Every stream seen, as it was in the log.
    [[nodiscard]] std::vector<eventstore::StreamCheck> checks() const;
    /// Whether the log still shows what was seen; tells the cache what moved.
    [[nodiscard]] bool still_true();

private:
    /// One aggregate as this request sees it.
    template <class State>
    struct Seen {
        std::shared_ptr<const Folded<State>> kept;  // null: no such stream
        std::unique_ptr<State> own;                 // with this request's events
    };
    template <class State>
    using SeenOf = std::unordered_map<std::string, Seen<State>>;
    struct Count {
        Revision in_log;
        std::uint64_t added = 0;
    };

    template <class State, class Fold>
    Seen<State>& look(Shelf<State, Fold>& shelf, SeenOf<State>& seen, const StreamName& stream);
    template <class State, class Fold>
    const State* find(Shelf<State, Fold>& shelf, SeenOf<State>& seen, const StreamName& stream);
    template <class State, class Fold>
    void change(Shelf<State, Fold>& shelf, SeenOf<State>& seen, const StreamName& stream,
                const google::protobuf::Message& event, const domain::Envelope& envelope);
    Count& count(const StreamName& stream);

    Cache& cache_;
    const eventstore::EventLog& log_;
    const eventstore::Vault& vault_;
    std::unordered_map<std::string, Count> counts_;
    SeenOf<settings::Settings> settings_;
    SeenOf<pipeline::Pipeline> pipelines_;
    SeenOf<team::Team> teams_;
    SeenOf<seller::Seller> sellers_;
    SeenOf<api_key::ApiKey> api_keys_;
    SeenOf<company::Company> companies_;
    SeenOf<contact::Contact> contacts_;
    SeenOf<deal::Deal> deals_;
};

}  // namespace dealog::commands
