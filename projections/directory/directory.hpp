#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/zone.hpp"
#include "projections/engine/projection.hpp"

namespace dealog::directory {

/// Who and what there is: sellers, teams, keys, companies, contacts, pipelines, settings. Personal values stay sealed
/// in the rows and are opened only in answers. Who may see a client or a colleague is decided by his owner or team of
/// now, also when he is asked for as of a past moment.
class Directory final : public projections::Projection {
public:
    [[nodiscard]] std::string_view name() const override { return "directory"; }
    [[nodiscard]] std::uint32_t version() const override { return 1; }
    [[nodiscard]] std::span<const projections::TableSpec> tables() const override;
    void apply(const projections::AppendView& append, projections::Rows& rows) const override;
    [[nodiscard]] std::vector<projections::QueryHandler> queries() const override;
};

[[nodiscard]] std::unique_ptr<projections::Projection> make_directory();

// ---- What others look up in a view of the directory ----

/// Those in the team now.
[[nodiscard]] std::unordered_set<std::string> sellers_of_team(const projections::View& view, std::string_view team_id);
/// A seller's present team; absent for an unknown seller, empty for one without a team.
[[nodiscard]] std::optional<std::string> team_of_seller(const projections::View& view, std::string_view seller_id);
/// Whose work the caller may see (access::extent of WORK).
[[nodiscard]] projections::Visibility visibility_of(const projections::View& view, const Principal& caller);
/// Who owns it; absent when there is no such thing, empty when it is nobody's.
[[nodiscard]] std::optional<std::string> owner_of_company(const projections::View& view, std::string_view company_id);
[[nodiscard]] std::optional<std::string> owner_of_contact(const projections::View& view, std::string_view contact_id);
[[nodiscard]] std::optional<std::string> owner_of_deal(const projections::View& view, std::string_view deal_id);
/// The workspace's zone at a moment.
[[nodiscard]] Zone workspace_zone(const projections::View& view, Instant t);

}  // namespace dealog::directory
