#include "projections/deals/timeline.hpp"

#include <limits>
#include <map>
#include <memory>
#include <string>

#include "eventstore/vault.hpp"
#include "projections/deals/cards.hpp"
#include "projections/deals/queries.hpp"
#include "projections/deals/tables.hpp"

namespace dealog::deals {

namespace {

/// Where each corrected action of a deal was corrected last.
std::map<std::string, Position> last_corrections(std::string_view deal_id, const View& view) {
    std::map<std::string, Position> last;
    corrections.scan(view, Key{}.id(deal_id), {}, [&](std::string_view key, rows::v1::CorrectionRow&&, Position) {
        projections::KeyReader reader{key.substr(16)};
        auto action_id = reader.id();
        last[std::move(action_id)] = Position{reader.u64()};
        return true;
    });
    return last;
}

std::string opened(const dealog::v1::SealedValue& sealed, const rows::v1::EntryRow& row, const QueryContext& context,
                   dealog::v1::PersonalState::Name& state) {
    dealog::v1::FreeText text;
    state = eventstore::open_value(context.vault, context.workspace, sealed, row.subject(), text);
    return state == dealog::v1::PersonalState::OPEN ? text.text() : std::string{};
}

v1::TimelineEntry open_entry(rows::v1::EntryRow&& row, const QueryContext& context) {
    v1::TimelineEntry entry = std::move(*row.mutable_entry());
    auto state = dealog::v1::PersonalState::PERSONAL_STATE_UNSPECIFIED;
    if (row.has_reason()) entry.set_reason(opened(row.reason(), row, context, state));
    if (row.has_text()) entry.set_text(opened(row.text(), row, context, state));
    entry.set_personal_state(state);
    return entry;
}

}  // namespace

void read_timeline(std::string_view deal_id, Position after, const View& view, const QueryContext& context,
                   const std::function<bool(v1::TimelineEntry&&)>& each) {
    if (after == Position{std::numeric_limits<std::uint64_t>::max()}) return;
    const auto corrected = last_corrections(deal_id, view);
    const Key from = Key{}.id(deal_id).u64(next(after).value());
    entries.scan(view, Key{}.id(deal_id), from, [&](std::string_view, rows::v1::EntryRow&& row, Position) {
        auto entry = open_entry(std::move(row), context);
        const auto correction = corrected.find(entry.action_id());
        entry.set_corrected(correction != corrected.end() && correction->second > Position{entry.position()});
        return each(std::move(entry));
    });
}

QueryResult show_timeline(const Message& message, const View& view, const QueryContext& context) {
    const auto& request = static_cast<const v1::ShowTimeline&>(message);
    if (!visible_deal(request.deal(), view, context)) return refuse(rejection(Code::Problem_Code_NOT_FOUND));

    auto answer = std::make_unique<v1::Timeline>();
    answer->set_position(view.position().value());
    to_proto(context.at, *answer->mutable_at());
    const auto limit = request.limit() == 0 ? projections::page_size_default : request.limit();
    read_timeline(request.deal(), Position{request.after()}, view, context, [&](v1::TimelineEntry&& entry) {
        if (static_cast<std::uint32_t>(answer->entries_size()) == limit) {
            answer->set_next_after(answer->entries().rbegin()->position());
            return false;
        }
        *answer->add_entries() = std::move(entry);
        return true;
    });
    return answer;
}

}  // namespace dealog::deals
