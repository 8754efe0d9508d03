#include "tests/domain/world.hpp"

#include <fmt/format.h>
#include <google/protobuf/util/json_util.h>
#include <catch2/catch.hpp>

#include "base/options.pb.h"

namespace dealog::test {

Instant at(std::string_view rfc3339) {
    const auto instant = parse_rfc3339(rfc3339);
    REQUIRE(instant.has_value());
    return *instant;
}

void read_json(std::string_view json, google::protobuf::Message& out) {
    const auto read = google::protobuf::util::JsonStringToMessage({json.data(), json.size()}, &out);
    INFO(json);
    INFO(read.ToString());
    REQUIRE(read.ok());
}

Uuid CountedIds::next(Instant) {
    Uuid id{};
    ++count_;
    for (std::size_t i = 0; i < 8; ++i) id[15 - i] = static_cast<std::uint8_t>(count_ >> (8 * i));
    id[6] = 0x70;
    return id;
}

std::string KnownSecrets::sha256(std::string_view bytes) const {
    return to_bytes(named_uuid(fmt::format("a{}", bytes))) + to_bytes(named_uuid(fmt::format("b{}", bytes)));
}

World::World() {
    actor.kind = Principal::Kind::service;
    actor.id = "admin";
    actor.roles = {RoleName::Role_Name_ADMIN, RoleName::Role_Name_HEAD};
    actor.whole_workspace = true;
    now = at("2026-01-01T00:00:00Z");
    append(domain::found_workspace(given()));
    now = at("2026-03-02T09:00:00Z");
}

domain::Given World::given() {
    return domain::Given{
        .now = now, .ids = ids_, .actor = actor, .aggregates = *this, .source = source, .secrets = &secrets_};
}

domain::Decided World::judged(domain::Decided decided) const {
    if (!decided) return decided;
    for (const domain::Claim& claim : decided->claims) {
        for (const std::string& value : claim.values) {
            const auto held = claims_.find({claim.kind, value});
            if (held != claims_.end() && held->second != claim.owner) return refuse(rejection(claim.taken));
        }
    }
    return decided;
}

void World::hold(const domain::Claim& claim) {
    std::erase_if(claims_,
                  [&](const auto& entry) { return entry.first.first == claim.kind && entry.second == claim.owner; });
    for (const std::string& value : claim.values) claims_[{claim.kind, value}] = claim.owner;
}

domain::Decision World::append(domain::Decided decided) {
    if (!decided) {
        std::string facts{code_name(decided.error().code)};
        for (const auto& violation : decided.error().violations) facts += " " + violation.field;
        FAIL("refused: " << facts << " " << decided.error().detail);
    }
    for (const domain::Claim& claim : decided->claims) hold(claim);
    for (const domain::NewEvent& event : decided->events) store(event);
    if (!decided->erase_subject.empty()) erased_.insert(decided->erase_subject);
    for (const auto& [id, deal] : deals_) {
        INFO("deal " << id);
        REQUIRE((!deal.is_open() || !deal.tasks.open.empty()));
    }
    return *std::move(decided);
}

Rejection World::refusal(domain::Decided decided) {
    REQUIRE_FALSE(decided.has_value());
    return std::move(decided).error();
}

void World::store(const domain::NewEvent& event) {
    Stored stored;
    stored.stream = event.stream.value();
    stored.type = event.event->GetDescriptor()->full_name();
    stored.event.reset(event.event->New());
    stored.event->CopyFrom(*event.event);
    std::shared_ptr<google::protobuf::Message> kept{event.event->New()};
    kept->CopyFrom(*event.event);
    for (int i = 0; i < kept->GetDescriptor()->field_count(); ++i) {
        const auto* field = kept->GetDescriptor()->field(i);
        if (field->options().HasExtension(v1::personal)) kept->GetReflection()->ClearField(kept.get(), field);
    }
    stored.payload = kept->SerializeAsString();
    stored.envelope = domain::Envelope{.revision = Revision{++revisions_[stored.stream]},
                                       .recorded_at = now,
                                       .occurred_at = event.occurred_at.value_or(now),
                                       .actor_id = "somebody"};
    stored.backdated = event.backdated;
    fold(stored);
    log_.push_back(std::move(stored));
}

void World::fold(const Stored& stored) {
    const auto dash = stored.stream.find('-');
    const std::string category = stored.stream.substr(0, dash);
    const std::string id = dash == std::string::npos ? "" : stored.stream.substr(dash + 1);
    const auto into = [&]<class Fold, class State>(State& state) {
        REQUIRE(Fold::knows(stored.type));
        REQUIRE(Fold::apply(state, stored.type, stored.payload, stored.envelope));
        REQUIRE(state.revision == stored.envelope.revision);
    };
    if (category == "settings") return into.operator()<settings::Fold>(settings_);
    if (category == "pipeline") return into.operator()<pipeline::Fold>(pipelines_[id]);
    if (category == "team") return into.operator()<team::Fold>(teams_[id]);
    if (category == "seller") return into.operator()<seller::Fold>(sellers_[id]);
    if (category == "apikey") return into.operator()<api_key::Fold>(keys_[id]);
    if (category == "company") return into.operator()<company::Fold>(companies_[id]);
    if (category == "contact") return into.operator()<contact::Fold>(contacts_[id]);
    if (category == "deal") return into.operator()<deal::Fold>(deals_[id]);
    if (category == "subject") return into.operator()<privacy::Fold>(subjects_[id]);
    FAIL("no such category: " << category);
}

void World::act_as(const std::string& seller_id) {
    const seller::Seller* found = seller(seller_id);
    REQUIRE(found != nullptr);
    actor = Principal{.kind = Principal::Kind::seller,
                      .id = found->id,
                      .name = found->name,
                      .key_id = "key",
                      .roles = found->roles,
                      .team_id = found->team_id,
                      .whole_workspace = found->whole_workspace,
                      .scopes = {}};
}

std::string World::add_seller(std::string_view name, std::string_view roles, std::string_view more) {
    return done<seller::v1::AddSeller>(fmt::format(R"({{"name": "{}", "roles": {}{}}})", name, roles, more)).id;
}

void World::dismiss(const std::string& seller_id) {
    seller::v1::SellerUpdated event;
    event.set_active(false);
    domain::Decision decision;
    domain::add(decision, seller::stream_of(seller_id), event);
    append(decision);
}

std::string World::open_deal(std::string_view more) {
    static constexpr std::string_view owner = "ann";
    if (sellers_.empty()) add_seller(owner);
    return done<deal::v1::OpenDeal>(
               fmt::format(R"({{"title": "Ten lathes", "ownerId": "{}"{}}})", sellers_.begin()->first, more))
        .id;
}

const deal::Deal& World::deal_of(const std::string& id) {
    const deal::Deal* found = deal(id);
    REQUIRE(found != nullptr);
    return *found;
}

std::string World::task_of(const std::string& deal_id) {
    const deal::Deal& found = deal_of(deal_id);
    REQUIRE(found.tasks.open.size() == 1);
    return found.tasks.open.front().id;
}

std::vector<std::string> World::types(const domain::Decision& decision) const {
    std::vector<std::string> names;
    for (const domain::NewEvent& event : decision.events) names.push_back(event.event->GetDescriptor()->name());
    return names;
}

const google::protobuf::Message& World::last(const std::string& type) const {
    for (auto stored = log_.rbegin(); stored != log_.rend(); ++stored) {
        if (stored->type == type) return *stored->event;
    }
    FAIL("no event " << type);
    return *log_.front().event;
}

}  // namespace dealog::test
