#include <catch2/catch.hpp>

#include "tests/commands/world.hpp"

using namespace dealog;
using dealog::test::set;
using dealog::test::World;

namespace {

const std::string canary = "Zaphod Canary";
const std::string canary_phone = "+79991234567";
const std::string canary_text = "he confided that his dog is ill";

/// Everything the log holds, sealed parts left out.
std::string clear_bytes(const World& world) {
    std::string all;
    for (const auto& encoded : world.log.read(Position{}, {.records = 10'000, .bytes = 64u << 20}).records) {
        log::v1::Record record;
        REQUIRE(record.ParseFromString(encoded));
        record.clear_sealed();
        all += record.SerializeAsString();
    }
    return all;
}

}  // namespace

TEST_CASE("no personal value is in the clear part of any record, nor in tags, receipts or keys", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto contact =
        world
            .done<contact::v1::RegisterContact>("personal { " + set("full_name", canary) + set("phones", canary_phone) +
                                                    set("emails", "zaphod@canary.example") + "}",
                                                vera)
            .id();
    const auto deal = world.open_deal(vera, set("contact_id", contact));
    world.done<task::v1::LogAction>(set("deal", deal) + "type: 'CALL' outcome: REACHED " + set("text", canary_text),
                                    vera);
    world.done<task::v1::CompleteTask>(set("deal", deal) + set("task", world.first_task(deal)) +
                                           "action { outcome: CONTINUE " + set("text", canary_text) + "}",
                                       vera);
    world.done<contact::v1::UpdateContact>(
        set("contact", contact) + "personal { " + set("full_name", canary + " junior") + "}", vera);
    world.done<deal::v1::LoseDeal>(set("deal", deal) + "reason: 'price' " + set("comment", canary_text), vera);
    const auto batch = world.desk.run(world.batch(
        {test::command<contact::v1::RegisterContact>("external_id: 'z' personal { " + set("full_name", canary) + "}"),
         test::command<contact::v1::UpdateContact>("contact: 'ext:z' personal { " + set("full_name", canary) + "}")},
        vera));
    REQUIRE(batch);
    const auto bytes = clear_bytes(world);
    for (const auto& secret : {canary, canary_phone, canary_text, std::string{"zaphod@canary"}})
        REQUIRE(bytes.find(secret) == std::string::npos);

    std::size_t sealed = 0;
    for (const auto& record : world.records("contact-" + contact))
        sealed += static_cast<std::size_t>(record.sealed_size());
    REQUIRE(sealed == 2);
    const auto persisted = world.vault.persisted();
    REQUIRE(std::find(persisted.begin(), persisted.end(), "contact-" + contact) != persisted.end());
}

TEST_CASE("an erased person's key is destroyed once the event is written, and the phone is free again", "[commands]") {
    World world;
    const auto vera = world.hire("Vera");
    const auto contact = world
                             .done<contact::v1::RegisterContact>(
                                 "personal { " + set("full_name", canary) + set("phones", canary_phone) + "}", vera)
                             .id();
    const auto subject = "contact-" + contact;
    const auto request = world.request(
        test::command<privacy::v1::EraseSubject>(set("subject", subject) + "legal_ground: 'request of the person'"),
        world.admin);
    const auto erased = world.desk.run(request);
    REQUIRE(erased);
    REQUIRE(world.vault.erased(subject));
    REQUIRE(world.records("subject-" + subject).size() == 1);
    REQUIRE_FALSE(world.log.claim_owner("phone", canary_phone));

    const auto again = world.desk.run(request);
    REQUIRE(again);
    REQUIRE(again->results[0].SerializeAsString() == erased->results[0].SerializeAsString());
    const auto anew = world.done<privacy::v1::EraseSubject>(set("subject", subject) + "legal_ground: 'once more'");
    REQUIRE(anew.events_size() == 0);
    REQUIRE(world.records("subject-" + subject).size() == 1);

    const auto refused =
        world.run<contact::v1::UpdateContact>(set("contact", contact) + "personal { full_name: 'Back' }", vera);
    REQUIRE_FALSE(refused);
    REQUIRE(refused.error().code == Code::Problem_Code_SUBJECT_ERASED);
    REQUIRE(world.run<contact::v1::RegisterContact>("personal { full_name: 'Eva' " + set("phones", canary_phone) + "}",
                                                    vera));
}

namespace {

/// Fails to destroy a key, once.
class StubbornVault final : public eventstore::Vault {
public:
    [[nodiscard]] bool erased(std::string_view subject) const override { return vault_.erased(subject); }
    [[nodiscard]] v1::SealedPart seal(const eventstore::SealContext& context, std::string_view field,
                                      std::string_view subject, std::string_view plain,
                                      std::vector<std::string>& new_subjects) override {
        return vault_.seal(context, field, subject, plain, new_subjects);
    }
    [[nodiscard]] eventstore::Opened open(const eventstore::SealContext& context, const v1::SealedPart& part,
                                          std::string_view subject, std::string& plain) const override {
        return vault_.open(context, part, subject, plain);
    }
    void persist(std::span<const std::string> subjects) override { vault_.persist(subjects); }
    void erase(std::string_view subject) override {
        if (!std::exchange(failed_, true)) throw eventstore::StoreBroken{"the key store's disk"};
        vault_.erase(subject);
    }
    [[nodiscard]] std::string claim_hash(std::string_view kind, std::string_view value) const override {
        return vault_.claim_hash(kind, value);
    }
    [[nodiscard]] std::string request_mac(std::span<const std::string_view> parts) const override {
        return vault_.request_mac(parts);
    }

private:
    test::TestVault vault_;
    bool failed_ = false;
};

}  // namespace

TEST_CASE("a key that could not be destroyed is destroyed by the repeated request, or by another erasure",
          "[commands]") {
    const auto repeated = GENERATE(true, false);
    World world;
    StubbornVault vault;
    const auto vera = world.hire("Vera");
    const auto subject =
        "contact-" +
        world.done<contact::v1::RegisterContact>("personal { " + set("full_name", canary) + "}", vera).id();
    test::Desk desk{world.log, vault, world.clock, world.ids};
    const auto text = set("subject", subject) + "legal_ground: 'request of the person'";
    const auto request = world.request(test::command<privacy::v1::EraseSubject>(text), world.admin);
    const auto unknown = desk.run(request);
    REQUIRE_FALSE(unknown);
    REQUIRE(unknown.error().code == Code::Problem_Code_OUTCOME_UNKNOWN);
    REQUIRE_FALSE(vault.erased(subject));
    const auto second =
        desk.run(repeated ? request : world.request(test::command<privacy::v1::EraseSubject>(text), world.admin));
    REQUIRE(second);
    REQUIRE(vault.erased(subject));
    REQUIRE(world.records("subject-" + subject).size() == 1);
}
