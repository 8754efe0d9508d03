#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include <google/protobuf/message.h>

#include "base/principal.hpp"
#include "base/problem.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "eventstore/record.pb.h"
#include "eventstore/vault.hpp"
#include "projections/engine/table.hpp"

namespace dealog::projections {

/// One stored event as a projection sees it. The payload is parsed once for all projections; personal parts stay
/// sealed.
struct Event {
    const log::v1::Record& record;
    const google::protobuf::Message* payload;  // null: a type this binary does not know
    [[nodiscard]] Instant recorded_at() const { return Instant{Nanos{record.recorded_at()}}; }
    [[nodiscard]] Instant occurred_at() const { return Instant{Nanos{record.occurred_at()}}; }
    /// The id part of the stream's name: what follows the first '-'.
    [[nodiscard]] std::string_view subject_id() const;
    [[nodiscard]] std::string_view category() const;
    /// The payload as E, or null.
    template <class E>
    [[nodiscard]] const E* as() const {
        return payload != nullptr && payload->GetDescriptor() == E::descriptor() ? static_cast<const E*>(payload)
                                                                                 : nullptr;
    }
    /// The sealed part of a field, ready to be carried by a row.
    [[nodiscard]] std::optional<v1::SealedValue> sealed(std::string_view field) const;
};

/// The events of one append, in order. Never split.
struct AppendView {
    std::span<const Event> events;
    Position last;
};

/// Sellers whose work the caller may see. Rights are those of now, whatever `asOf` says.
struct Visibility {
    bool everything = false;
    std::unordered_set<std::string> sellers;
    [[nodiscard]] bool sees(std::string_view owner_id) const {
        return everything || (!owner_id.empty() && sellers.contains(std::string(owner_id)));
    }
};

/// What a query is answered with. `at` is the moment for ages and overdue: that of asOf, else now.
struct QueryContext {
    const Principal& caller;
    const Visibility& visible;
    Instant at;
    const eventstore::Vault& vault;
    std::string_view workspace;
    /// The newest view of the same projection when the query travels back (`asOf`, a pinned page), else null. Whether a
    /// thing may be seen is decided by its owner there: rights are those of now.
    const View* present = nullptr;

    /// Where the owners of now are: `view` is the one the query reads.
    [[nodiscard]] const View& now(const View& view) const { return present != nullptr ? *present : view; }
    /// Whether the thing under `key` may be seen. `owner_then` is its owner where the query reads, and decides only
    /// when that is now or the thing is gone since. Costs a read only for who travels back and does not see everything.
    template <class Row>  // with an owner_id
    [[nodiscard]] bool sees(const Typed<Row>& table, std::string_view key, std::string_view owner_then) const {
        if (visible.everything || present == nullptr) return visible.sees(owner_then);
        const auto row = table.get(*present, key);
        return visible.sees(row ? std::string_view(row->owner_id()) : owner_then);
    }
};

using Message = google::protobuf::Message;
using QueryResult = Result<std::unique_ptr<Message>, Rejection>;

/// One query of a projection. The request is parsed, its limits are checked and its `ref` fields are ids.
struct QueryHandler {
    const google::protobuf::Descriptor* request;
    std::function<QueryResult(const Message& request, const View& view, const QueryContext& context)> answer;
    /// Of a figure: the events behind a number of `figure`, as asked by a ShowEvidence. Empty where there are no
    /// figures.
    std::function<QueryResult(const Message& figure, const Message& evidence, const View& view,
                              const QueryContext& context)>
        evidence = {};
};

/// A read model: a pure function from appends to rows, and queries over the rows. `apply` has no clock, no chance and
/// no I/O; it throws only for an event it cannot digest, which stops this projection alone.
class Projection {
public:
    virtual ~Projection() = default;
    [[nodiscard]] virtual std::string_view name() const = 0;  // the folder's name
    [[nodiscard]] virtual std::uint32_t version() const = 0;  // another version is built anew
    [[nodiscard]] virtual std::span<const TableSpec> tables() const = 0;
    virtual void apply(const AppendView& append, Rows& rows) const = 0;
    [[nodiscard]] virtual std::vector<QueryHandler> queries() const = 0;
};

// ---- Paging, the same for every list ----

inline constexpr std::uint32_t page_size_default = 100;
inline constexpr std::uint32_t page_size_max = 1000;

/// A page token holds the position the first page was read at, a hash of the query and the key to go on from. Opaque
/// and authenticated by nothing: it grants no right. See gateway for how the position becomes the view's.
[[nodiscard]] std::string make_page_token(Position position, const Message& request, std::string_view next_key);
/// The key to go on from; empty for no token; BAD_CURSOR for one of another query.
[[nodiscard]] Result<std::string, Rejection> page_start(const Message& request);
/// The position a token is pinned to; absent without a token or with a bad one.
[[nodiscard]] std::optional<Position> page_position(const Message& request);

}  // namespace dealog::projections
