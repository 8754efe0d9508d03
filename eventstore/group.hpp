#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>

#include "eventstore/event_log.hpp"
#include "eventstore/ledger.hpp"
#include "eventstore/prepared.hpp"

namespace dealog::eventstore {

/// One append with its final records and their bytes.
struct StagedAppend {
    Prepared prepared;
    std::vector<std::string> encoded;
    Position first;
    Position last;
    Instant recorded_at;
};

/// The appends that will be written together. Each is checked against the ledger plus the earlier ones of the group, so
/// that one that is refused leaves no trace and does not fail its neighbours.
class Group {
public:
    explicit Group(Ledger& ledger) : ledger_(ledger), tip_(ledger.tip()) {}

    /// Index of the staged append; or the command as it was appended before, perhaps in this group; or why not.
    using Verdict = std::variant<std::size_t, KnownCommand, AppendError>;
    [[nodiscard]] Verdict admit(Prepared prepared, Instant recorded_at);

    [[nodiscard]] bool empty() const { return appends_.empty(); }
    [[nodiscard]] const std::vector<StagedAppend>& appends() const { return appends_; }
    /// The log's end once the group is written.
    [[nodiscard]] const Tip& tip() const { return tip_; }
    /// Final revision of each stream that the group writes.
    [[nodiscard]] const std::unordered_map<std::string, Revision>& revisions() const { return revisions_; }

    using Key = std::pair<std::string, std::string>;  // kind and hash, or kind and owner
    /// Owner of each claim that the group touches; absent = released.
    [[nodiscard]] const std::map<Key, std::optional<std::string>>& owners() const { return owners_; }
    [[nodiscard]] const std::map<Key, std::vector<std::string>>& holdings() const { return holdings_; }

private:
    std::optional<Verdict> known(const Prepared& prepared);
    void check_streams(const Prepared& prepared, std::vector<Conflict>& conflicts);
    void check_events(const Prepared& prepared, std::vector<Conflict>& conflicts);
    void check_conditions(const Prepared& prepared, std::vector<Conflict>& conflicts);
    void check_claims(const Prepared& prepared, std::vector<Conflict>& conflicts);
    void stage_records(StagedAppend& append);
    void stage_claims(const std::vector<HashedClaims>& claims);

    Revision revision(const std::string& stream);
    std::optional<std::string> owner(const Key& kind_and_hash);
    std::vector<std::string> holding(const Key& kind_and_owner);
    std::optional<Position> first_tagged(const TagCondition& condition);

    Ledger& ledger_;
    Tip tip_;
    std::vector<StagedAppend> appends_;
    std::unordered_map<std::string, Revision> revisions_;
    std::unordered_set<std::string> event_ids_;
    std::map<Key, KnownCommand> commands_;
    std::map<Key, std::optional<std::string>> owners_;
    std::map<Key, std::vector<std::string>> holdings_;
};

}  // namespace dealog::eventstore
