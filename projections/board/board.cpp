#include "projections/board/board.hpp"

#include <algorithm>
#include <array>

#include "base/money.hpp"
#include "domain/deal/deal.pb.h"
#include "domain/seller/seller.pb.h"
#include "projections/board/answers.hpp"
#include "projections/board/board.pb.h"
#include "projections/board/tables.hpp"

namespace dealog::board {
namespace {

using projections::Event;
using projections::Rows;

/// The spans that matter from a moment on: the one in force then, and the later ones.
template <class Spans>
void keep_from(Spans& spans, std::int64_t from) {
    int in_force = 0;
    while (in_force + 1 < spans.size() && spans.Get(in_force + 1).since() <= from) ++in_force;
    if (in_force > 0) spans.DeleteSubrange(0, in_force);
    if (!spans.empty()) spans.Mutable(0)->set_since(std::max(from, spans.Get(0).since()));
}

/// Business time may run against the order of recording: a span goes to where it belongs.
template <class Spans>
auto& insert_span(Spans& spans, std::int64_t since) {
    auto* added = spans.Add();
    added->set_since(since);
    int place = spans.size() - 1;
    for (; place > 0 && spans.Get(place - 1).since() > since; --place) spans.SwapElements(place, place - 1);
    return *spans.Mutable(place);
}

const rows::v1::OwnerSince* last_owner(const rows::v1::Stay& stay) {
    return stay.owners().empty() ? nullptr : &*stay.owners().rbegin();
}

/// One event of a deal at work on its rows.
class DealStep {
public:
    DealStep(const Event& event, Rows& rows) : event_(event), rows_(rows), id_(event.subject_id()) {}

    void on(const deal::v1::DealOpened& opened) {
        deal_.set_pipeline(opened.pipeline());
        deal_.set_title(opened.title());
        deal_.set_company_id(opened.company_id());
        deal_.set_contact_id(opened.contact_id());
        deal_.set_owner_id(opened.owner_id());
        const auto at = nanos_of(event_.occurred_at());
        auto& owner = *stay_.add_owners();
        owner.set_since(at);
        owner.set_owner_id(opened.owner_id());
        set_value(opened.value(), at);
        stay_.set_source(opened.source());
        begin_stay(opened.stage(), at);
    }

    void on(const deal::v1::DealUpdated& updated) {
        if (!load()) return;
        if (updated.has_title()) deal_.set_title(updated.title());
        if (updated.has_company_id()) deal_.set_company_id(updated.company_id());
        if (updated.has_contact_id()) deal_.set_contact_id(updated.contact_id());
        if (updated.has_value()) set_value(updated.value(), std::max(nanos_of(event_.occurred_at()), stay_.from()));
        store();
    }

    void on(const deal::v1::DealStageChanged& moved) {
        if (!load()) return;
        const auto at = moment();
        stay_.set_to_stage(moved.to_stage());
        end_stay(rows::v1::Ending::MOVED, at, moved.owner_id());
        begin_stay(moved.to_stage(), at);
    }

    void on(const deal::v1::DealWon& won) {
        if (!load()) return;
        const auto at = moment();
        if (is_set(won.value())) set_value(won.value(), at);
        end_stay(rows::v1::Ending::WON, at, won.owner_id());
    }

    void on(const deal::v1::DealLost& lost) {
        if (load()) end_stay(rows::v1::Ending::LOST, moment(), lost.owner_id());
    }

    void on(const deal::v1::DealReopened& reopened) {
        if (!load()) return;
        const auto at = moment();
        const auto* owner = last_owner(stay_);
        if (owner == nullptr || owner->owner_id() != reopened.owner_id()) {
            insert_span(*stay_.mutable_owners(), at).set_owner_id(reopened.owner_id());
        }
        deal_.set_owner_id(reopened.owner_id());
        begin_stay(reopened.stage(), at);
    }

    void on(const deal::v1::DealOwnerChanged& changed) {
        if (!load()) return;
        const auto since = std::max(nanos_of(event_.occurred_at()), stay_.from());
        insert_span(*stay_.mutable_owners(), since).set_owner_id(changed.to_owner_id());
        deal_.set_owner_id(changed.to_owner_id());
        store();
    }

private:
    bool load() {
        auto deal = deals.get(rows_, Key{}.id(id_));
        if (!deal) return false;
        deal_ = std::move(*deal);
        auto stay = stays.get(rows_, stay_key(deal_.pipeline(), deal_.stay_from(), deal_.stay_position()));
        DEALOG_ASSERT(stay.has_value(), "every deal has a stay");
        stay_ = std::move(*stay);
        return true;
    }

    /// When it occurred, but never before the stay it follows.
    [[nodiscard]] std::int64_t moment() const {
        return std::max({nanos_of(event_.occurred_at()), stay_.from(), stay_.to()});
    }

    void set_value(const dealog::v1::Money& value, std::int64_t since) {
        auto& span = insert_span(*stay_.mutable_values(), since);
        *span.mutable_value() = value;
        span.set_position(event_.record.position());
        sources.remember(event_, rows_);
    }

    void begin_stay(const std::string& stage, std::int64_t at) {
        const std::string entered_by = deal_.owner_id();
        rows::v1::Stay next;
        next.set_deal_id(id_);
        next.set_stage(stage);
        next.set_from(at);
        next.set_from_position(event_.record.position());
        next.set_entered_by(entered_by);
        next.set_source(stay_.source());
        *next.mutable_owners() = stay_.owners();
        *next.mutable_values() = stay_.values();
        keep_from(*next.mutable_owners(), at);
        keep_from(*next.mutable_values(), at);
        stay_ = std::move(next);
        deal_.set_open(true);
        deal_.set_stay_from(at);
        deal_.set_stay_position(event_.record.position());
        sources.remember(event_, rows_);
        store();
    }

    void end_stay(rows::v1::Ending::Name ending, std::int64_t at, const std::string& left_by) {
        open_deals.erase(rows_, open_key(deal_.pipeline(), stay_));
        stay_.set_ending(ending);
        stay_.set_to(at);
        stay_.set_to_position(event_.record.position());
        stay_.set_left_by(left_by.empty() ? deal_.owner_id() : left_by);
        deal_.set_open(false);
        sources.remember(event_, rows_);
        store();
    }

    void store() {
        deals.put(rows_, Key{}.id(id_), deal_);
        stays.put(rows_, stay_key(deal_.pipeline(), deal_.stay_from(), deal_.stay_position()), stay_);
        if (!deal_.open()) return;
        rows::v1::OpenDeal open;
        open.set_owner_id(deal_.owner_id());
        open.set_source(stay_.source());
        open.set_entered_position(stay_.from_position());
        const auto& value = *stay_.values().rbegin();
        *open.mutable_value() = value.value();
        open.set_value_position(value.position());
        open_deals.put(rows_, open_key(deal_.pipeline(), stay_), open);
    }

    const Event& event_;
    Rows& rows_;
    std::string id_;
    rows::v1::Deal deal_;
    rows::v1::Stay stay_;
};

template <class... E>
void apply_deal(const Event& event, Rows& rows) {
    const auto one = [&](const auto* payload) {
        if (payload == nullptr) return false;
        DealStep{event, rows}.on(*payload);
        return true;
    };
    static_cast<void>((one(event.as<E>()) || ...));
}

void apply_seller(const Event& event, Rows& rows) {
    if (const auto* joined = event.as<seller::v1::SellerJoined>()) {
        rows::v1::Seller row;
        row.set_team_id(joined->team_id());
        sellers.put(rows, seller_key(joined->seller_id()), row);
    } else if (const auto* updated = event.as<seller::v1::SellerUpdated>();
               updated != nullptr && updated->has_team_id()) {
        auto row = sellers.get_or_new(rows, seller_key(event.subject_id()));
        row.set_team_id(updated->team_id());
        sellers.put(rows, seller_key(event.subject_id()), row);
    }
}

void apply_pipeline(const Event& event, Rows& rows) {
    const auto* defined = event.as<pipeline::v1::PipelineDefined>();
    if (defined == nullptr) return;
    const Instant valid_from = defined->has_valid_from() ? from_proto(defined->valid_from()) : event.recorded_at();
    rows::v1::PipelineVersion row;
    *row.mutable_defined() = *defined;
    row.set_version(event.record.revision());
    row.set_valid_from(nanos_of(valid_from));
    pipelines.put(rows, pipeline_prefix(defined->key()).i64(nanos_of(valid_from)).u64(event.record.revision()), row);
}

}  // namespace

std::span<const projections::TableSpec> Board::tables() const {
    static constexpr std::array all{sellers.spec, pipelines.spec,  deals.spec,    open_deals.spec,
                                    stays.spec,   settings.spec(), sources.spec()};
    return all;
}

void Board::apply(const projections::AppendView& append, projections::Rows& rows) const {
    for (const Event& event : append.events) {
        settings.apply(event, rows);
        apply_seller(event, rows);
        apply_pipeline(event, rows);
        apply_deal<deal::v1::DealOpened, deal::v1::DealUpdated, deal::v1::DealStageChanged, deal::v1::DealWon,
                   deal::v1::DealLost, deal::v1::DealReopened, deal::v1::DealOwnerChanged>(event, rows);
    }
}

std::vector<projections::QueryHandler> Board::queries() const {
    std::vector<projections::QueryHandler> handlers;
    handlers.push_back({.request = v1::ShowBoard::descriptor(), .answer = &show_board, .evidence = &board_evidence});
    handlers.push_back({.request = v1::ShowFunnel::descriptor(), .answer = &show_funnel, .evidence = &funnel_evidence});
    return handlers;
}

std::unique_ptr<projections::Projection> make_board() { return std::make_unique<Board>(); }

}  // namespace dealog::board
