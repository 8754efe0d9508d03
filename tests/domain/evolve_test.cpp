#include <random>

#include <fmt/format.h>
#include <google/protobuf/descriptor.h>
#include <catch2/catch.hpp>

#include "base/options.pb.h"
#include "tests/domain/world.hpp"

using namespace dealog;
using namespace dealog::test;

namespace {

/// Every event of the contract that lives in streams of this category.
std::vector<const google::protobuf::Descriptor*> events_of(std::string_view category) {
    static const google::protobuf::FileDescriptor* const files[] = {
        settings::v1::SettingChanged::descriptor()->file(),   pipeline::v1::PipelineDefined::descriptor()->file(),
        team::v1::TeamFormed::descriptor()->file(),           seller::v1::SellerJoined::descriptor()->file(),
        apikey::v1::ApiKeyIssued::descriptor()->file(),       company::v1::CompanyRegistered::descriptor()->file(),
        contact::v1::ContactRegistered::descriptor()->file(), deal::v1::DealOpened::descriptor()->file(),
        task::v1::TaskPlanned::descriptor()->file(),          privacy::v1::SubjectErased::descriptor()->file()};
    std::vector<const google::protobuf::Descriptor*> events;
    for (const auto* file : files) {
        for (int i = 0; i < file->message_type_count(); ++i) {
            const auto* message = file->message_type(i);
            const std::string& lives_in = message->options().GetExtension(v1::event).category();
            if (fmt::format(",{},", lives_in).find(fmt::format(",{},", category)) != std::string::npos) {
                events.push_back(message);
            }
        }
    }
    return events;
}

/// Something in every field, or nothing in any.
std::unique_ptr<google::protobuf::Message> sample(const google::protobuf::Descriptor& type, int depth) {
    std::unique_ptr<google::protobuf::Message> message{
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type)->New()};
    const auto* reflection = message->GetReflection();
    using Field = google::protobuf::FieldDescriptor;
    for (int i = 0; depth > 0 && i < type.field_count(); ++i) {
        const Field* field = type.field(i);
        if (field->cpp_type() == Field::CPPTYPE_STRING) {
            field->is_repeated() ? reflection->AddString(message.get(), field, "t1")
                                 : reflection->SetString(message.get(), field, "t1");
        } else if (field->cpp_type() == Field::CPPTYPE_MESSAGE) {
            auto* inner = field->is_repeated() ? reflection->AddMessage(message.get(), field)
                                               : reflection->MutableMessage(message.get(), field);
            inner->CopyFrom(*sample(*field->message_type(), depth - 1));
        } else if (field->cpp_type() == Field::CPPTYPE_INT64 && !field->is_repeated()) {
            reflection->SetInt64(message.get(), field, 1'700'000'000);
        }
    }
    return message;
}

/// Every event in every state that a few random events lead to.
template <class State, class Fold>
void fold_anything(std::string_view category) {
    const auto events = events_of(category);
    REQUIRE_FALSE(events.empty());
    std::mt19937 chance{7};
    for (int round = 0; round < 200; ++round) {
        State state;
        std::uint64_t revision = 0;
        const auto apply = [&](const google::protobuf::Descriptor& type, int depth) {
            INFO(category << " " << type.full_name());
            const domain::Envelope envelope{Revision{++revision}, at("2026-03-02T09:00:00Z"),
                                            at("2026-03-02T09:00:00Z"), "x"};
            REQUIRE(Fold::knows(type.full_name()));
            REQUIRE(Fold::apply(state, type.full_name(), sample(type, depth)->SerializeAsString(), envelope));
            REQUIRE(state.revision == envelope.revision);
        };
        for (std::size_t i = 0; i < chance() % 6; ++i)
            apply(*events[chance() % events.size()], static_cast<int>(chance() % 4));
        for (const auto* type : events) apply(*type, round % 4);
    }
}

}  // namespace

TEST_CASE("evolve: every event of the contract is folded in every state", "[domain][evolve]") {
    fold_anything<settings::Settings, settings::Fold>("settings");
    fold_anything<pipeline::Pipeline, pipeline::Fold>("pipeline");
    fold_anything<team::Team, team::Fold>("team");
    fold_anything<seller::Seller, seller::Fold>("seller");
    fold_anything<api_key::ApiKey, api_key::Fold>("apikey");
    fold_anything<company::Company, company::Fold>("company");
    fold_anything<contact::Contact, contact::Fold>("contact");
    fold_anything<deal::Deal, deal::Fold>("deal");
    fold_anything<privacy::Subject, privacy::Fold>("subject");
}

TEST_CASE("evolve: an event of somebody else is passed over, a broken one is told", "[domain][evolve]") {
    deal::Deal deal;
    const domain::Envelope envelope{Revision{1}, {}, {}, "x"};
    CHECK(deal::Fold::apply(deal, "dealog.seller.v1.SellerJoined", "anything", envelope));
    CHECK_FALSE(deal.exists);
    CHECK_FALSE(deal::Fold::apply(deal, "dealog.deal.v1.DealOpened", "\xff", envelope));
}
