#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/dynamic_message.h>

#include <catch2/catch.hpp>

#include "base/options.pb.h"
#include "domain/deal/deal.pb.h"
#include "eventstore/event_log.hpp"
#include "eventstore/seal.hpp"
#include "tests/eventstore/vault_support.hpp"

namespace dealog::test {

using eventstore::Key;
using eventstore::SealContext;
using eventstore::StoreBroken;
using State = v1::PersonalState;

namespace {

std::vector<const v1::SealedPart*> pointers(const std::vector<v1::SealedPart>& parts) {
    std::vector<const v1::SealedPart*> out;
    for (const auto& part : parts) out.push_back(&part);
    return out;
}

struct Sealed {
    contact::v1::ContactRegistered event;
    std::vector<v1::SealedPart> parts;
};

Sealed seal_event(VaultWorld& world, contact::v1::ContactRegistered event) {
    Sealed out{.event = std::move(event), .parts = {}};
    std::vector<std::string> new_subjects;
    eventstore::seal_personal(*world.vault, seal_context(), out.event, out.parts, new_subjects);
    world.vault->persist(new_subjects);
    return out;
}

/// Every way to change one byte of one component of a part.
std::vector<std::pair<std::string, v1::SealedPart>> damaged(const v1::SealedPart& part) {
    std::vector<std::pair<std::string, v1::SealedPart>> all;
    const auto flip_each = [&](const std::string& name, auto mutable_bytes, const std::string& bytes) {
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            for (const char bit : {char{1}, char{64}}) {
                v1::SealedPart other = part;
                char& byte = (other.*mutable_bytes)()->at(i);
                byte = static_cast<char>(byte ^ bit);
                all.emplace_back(name + " byte " + std::to_string(i), std::move(other));
            }
        }
    };
    flip_each("field", &v1::SealedPart::mutable_field, part.field());
    flip_each("subject", &v1::SealedPart::mutable_subject, part.subject());
    flip_each("nonce", &v1::SealedPart::mutable_nonce, part.nonce());
    flip_each("commitment", &v1::SealedPart::mutable_commitment, part.commitment());
    flip_each("ciphertext", &v1::SealedPart::mutable_ciphertext, part.ciphertext());
    v1::SealedPart version = part;
    version.set_key_version(part.key_version() + 1);
    all.emplace_back("key version", version);
    v1::SealedPart cut = part;
    cut.mutable_ciphertext()->pop_back();
    all.emplace_back("cut ciphertext", cut);
    v1::SealedPart bare = part;
    bare.clear_ciphertext();
    all.emplace_back("no ciphertext", bare);
    v1::SealedPart nonceless = part;
    nonceless.clear_nonce();
    all.emplace_back("no nonce", nonceless);
    return all;
}

}  // namespace

TEST_CASE("seal: a part with any byte changed does not open", "[vault]") {
    VaultWorld world;
    const auto part = world.sealed(ada, "Ada");
    REQUIRE(world.opened(part, ada) == "Ada");
    for (const auto& [what, other] : damaged(part)) {
        INFO(what);
        CHECK_THROWS_AS(world.opened(other, ada), StoreBroken);
    }
}

TEST_CASE("seal: a part opens only in its own workspace, event, stream and type, for its own subject", "[vault]") {
    VaultWorld world;
    const auto part = world.sealed(ada, "Ada");
    static_cast<void>(world.sealed(bob, "Bob"));
    std::string plain;
    SealContext other = seal_context();
    SECTION("workspace") { other.workspace = "mainz"; }
    SECTION("event") { other.event_id = "0123456789abcdeF"; }
    SECTION("stream") { other.stream = "contact-2"; }
    SECTION("type") { other.type = "dealog.contact.v1.ContactUpdated"; }
    SECTION("a boundary moved") {
        other.workspace = "main0";
        other.event_id = "123456789abcdef";
    }
    CHECK_THROWS_AS(world.vault->open(other, part, ada, plain), StoreBroken);
    CHECK_THROWS_AS(world.vault->open(seal_context(), part, bob, plain), StoreBroken);
    v1::SealedPart renamed = part;
    renamed.set_subject(std::string{bob});
    CHECK_THROWS_AS(world.vault->open(seal_context(), renamed, bob, plain), StoreBroken);
}

TEST_CASE("seal: a part commits to its key: another key is refused even where the cipher would accept it", "[vault]") {
    eventstore::start_sodium();
    const Key right = Key::random();
    const Key wrong = Key::random();
    v1::SealedPart part;
    part.set_field("f");
    part.set_subject("s");
    eventstore::seal_part(right, seal_context(), "text", part);
    v1::SealedPart under_wrong = part;
    eventstore::seal_part(wrong, seal_context(), "another text", under_wrong);
    std::string plain;
    REQUIRE(eventstore::open_part(right, seal_context(), part, "s", plain));
    REQUIRE(eventstore::open_part(wrong, seal_context(), under_wrong, "s", plain));
    // Valid under `wrong` in everything but the commitment that the log keeps.
    under_wrong.set_commitment(part.commitment());
    CHECK_FALSE(eventstore::open_part(wrong, seal_context(), under_wrong, "s", plain));
    CHECK_FALSE(eventstore::open_part(wrong, seal_context(), part, "s", plain));
}

TEST_CASE("seal: a part names its subject bindingly, whatever the key", "[vault]") {
    eventstore::start_sodium();
    const Key key = Key::random();
    v1::SealedPart part;
    part.set_field("f");
    part.set_subject("s");
    eventstore::seal_part(key, seal_context(), "text", part);
    std::string plain;
    REQUIRE(eventstore::open_part(key, seal_context(), part, "s", plain));
    part.set_subject("t");
    CHECK_FALSE(eventstore::open_part(key, seal_context(), part, "t", plain));
}

TEST_CASE("seal: an event loses its personal fields and nothing else, and gets them back", "[vault]") {
    VaultWorld world;
    const auto original = registered(ada, "Ada Lovelace");
    const Sealed sealed = seal_event(world, original);
    CHECK_FALSE(sealed.event.has_personal());
    CHECK(sealed.event.source() == "fair");
    CHECK(sealed.event.subject() == ada);
    CHECK(sealed.event.SerializeAsString().find("Ada Lovelace") == std::string::npos);
    REQUIRE(sealed.parts.size() == 1);
    CHECK(sealed.parts.front().field() == "personal");
    CHECK(sealed.parts.front().subject() == ada);

    auto opened = sealed.event;
    CHECK(eventstore::open_personal(*world.vault, seal_context(), opened, pointers(sealed.parts)) == State::OPEN);
    CHECK(opened.SerializeAsString() == original.SerializeAsString());
}

TEST_CASE("seal: an event without personal values is left as it is", "[vault]") {
    VaultWorld world;
    deal::v1::DealWon won;
    won.set_owner_id("7");
    won.mutable_value()->set_units(3);
    std::vector<v1::SealedPart> parts;
    std::vector<std::string> new_subjects;
    const std::string before = won.SerializeAsString();
    eventstore::seal_personal(*world.vault, seal_context(), won, parts, new_subjects);
    CHECK(won.SerializeAsString() == before);
    CHECK(parts.empty());
    CHECK(new_subjects.empty());
    CHECK(eventstore::open_personal(*world.vault, seal_context(), won, {}) == State::PERSONAL_STATE_UNSPECIFIED);
}

TEST_CASE("seal: after the erasure the event reads as erased and keeps its business data", "[vault]") {
    VaultWorld world;
    const Sealed of_ada = seal_event(world, registered(ada, "Ada"));
    const Sealed of_bob = seal_event(world, registered(bob, "Bob"));
    world.vault->erase(ada);
    auto erased = of_ada.event;
    CHECK(eventstore::open_personal(*world.vault, seal_context(), erased, pointers(of_ada.parts)) == State::ERASED);
    CHECK_FALSE(erased.has_personal());
    CHECK(erased.source() == "fair");
    auto standing = of_bob.event;
    CHECK(eventstore::open_personal(*world.vault, seal_context(), standing, pointers(of_bob.parts)) == State::OPEN);
    CHECK(standing.personal().full_name() == "Bob");
}

TEST_CASE("seal: a node without the key reads sealed", "[vault]") {
    VaultWorld world;
    VaultWorld elsewhere;
    const Sealed sealed = seal_event(world, registered(ada, "Ada"));
    auto event = sealed.event;
    CHECK(eventstore::open_personal(*elsewhere.vault, seal_context(), event, pointers(sealed.parts)) == State::SEALED);
    CHECK_FALSE(event.has_personal());
}

TEST_CASE("seal: the subject is the one that the message names, not the one in the part", "[vault]") {
    VaultWorld world;
    const Sealed of_ada = seal_event(world, registered(ada, "Ada"));
    const Sealed of_bob = seal_event(world, registered(bob, "Bob"));
    auto event = of_ada.event;
    CHECK_THROWS_AS(eventstore::open_personal(*world.vault, seal_context(), event, pointers(of_bob.parts)),
                    StoreBroken);
    event = of_ada.event;
    event.set_subject(std::string{bob});
    CHECK_THROWS_AS(eventstore::open_personal(*world.vault, seal_context(), event, pointers(of_ada.parts)),
                    StoreBroken);
}

TEST_CASE("seal: a part that names no personal field of the event is refused", "[vault]") {
    VaultWorld world;
    const Sealed sealed = seal_event(world, registered(ada, "Ada"));
    const std::string path =
        GENERATE(as<std::string>{}, "source", "missing", "", "personal.full_name", "personal[0]", "a.b");
    auto parts = sealed.parts;
    parts.front().set_field(path);
    auto event = sealed.event;
    CHECK_THROWS_AS(eventstore::open_personal(*world.vault, seal_context(), event, pointers(parts)), StoreBroken);
}

TEST_CASE("seal: an event with unknown fields, at any depth, or without a subject is refused", "[vault]") {
    VaultWorld world;
    auto event = registered(ada, "Ada");
    SECTION("at the top") { event.GetReflection()->MutableUnknownFields(&event)->AddVarint(500, 1); }
    SECTION("inside the personal message") {
        auto& person = *event.mutable_personal();
        person.GetReflection()->MutableUnknownFields(&person)->AddLengthDelimited(500, "hidden");
    }
    SECTION("no subject") { event.clear_subject(); }
    std::vector<v1::SealedPart> parts;
    std::vector<std::string> new_subjects;
    CHECK_THROWS_AS(eventstore::seal_personal(*world.vault, seal_context(), event, parts, new_subjects),
                    std::logic_error);
    CHECK(parts.empty());
}

TEST_CASE("seal: unknown fields inside a repeated business message are found", "[vault]") {
    VaultWorld world;
    deal::v1::DealStageChanged moved;
    moved.add_fields()->set_name("budget");
    auto& second = *moved.add_fields();
    second.GetReflection()->MutableUnknownFields(&second)->AddVarint(99, 1);
    std::vector<v1::SealedPart> parts;
    std::vector<std::string> new_subjects;
    CHECK_THROWS_AS(eventstore::seal_personal(*world.vault, seal_context(), moved, parts, new_subjects),
                    std::logic_error);
}

TEST_CASE("seal: one value of a row opens for the row's own subject", "[vault]") {
    VaultWorld world;
    const Sealed sealed = seal_event(world, registered(ada, "Ada"));
    v1::SealedValue value;
    *value.mutable_part() = sealed.parts.front();
    value.set_event_id(std::string{seal_context().event_id});
    value.set_stream(std::string{seal_context().stream});
    value.set_type(std::string{seal_context().type});
    contact::v1::Person person;
    CHECK(eventstore::open_value(*world.vault, vault_workspace, value, ada, person) == State::OPEN);
    CHECK(person.full_name() == "Ada");
    CHECK_THROWS_AS(eventstore::open_value(*world.vault, "other", value, ada, person), StoreBroken);
    world.vault->erase(ada);
    CHECK(eventstore::open_value(*world.vault, vault_workspace, value, ada, person) == State::ERASED);
    CHECK(person.full_name().empty());
    CHECK(eventstore::open_value(*world.vault, vault_workspace, v1::SealedValue{}, ada, person) ==
          State::PERSONAL_STATE_UNSPECIFIED);
}

namespace {

/// Messages that the contract does not have (yet): personal values in repeated and recursive messages, and unsound
/// ones.
const google::protobuf::FileDescriptor& odd_file() {
    using Field = google::protobuf::FieldDescriptorProto;
    static google::protobuf::DescriptorPool pool{google::protobuf::DescriptorPool::generated_pool()};
    static const google::protobuf::FileDescriptor* const file = [] {
        google::protobuf::FileDescriptorProto proto;
        proto.set_name("odd.proto");
        proto.set_package("odd");
        proto.set_syntax("proto3");
        proto.add_dependency("base/options.proto");
        proto.add_dependency("base/types.proto");
        const auto add = [](google::protobuf::DescriptorProto& message, const char* name, int number,
                            Field::Label label, const char* type, const char* subject) {
            Field& field = *message.add_field();
            field.set_name(name);
            field.set_number(number);
            field.set_label(label);
            field.set_type(type ? Field::TYPE_MESSAGE : Field::TYPE_STRING);
            if (type) field.set_type_name(type);
            if (subject) field.mutable_options()->MutableExtension(v1::personal)->set_subject(subject);
        };
        auto& note = *proto.add_message_type();
        note.set_name("Note");
        add(note, "subject", 1, Field::LABEL_OPTIONAL, nullptr, nullptr);
        add(note, "text", 2, Field::LABEL_OPTIONAL, ".dealog.v1.FreeText", "subject");
        add(note, "answers", 3, Field::LABEL_REPEATED, ".odd.Note", nullptr);
        auto& repeated = *proto.add_message_type();
        repeated.set_name("RepeatedPersonal");
        add(repeated, "subject", 1, Field::LABEL_OPTIONAL, nullptr, nullptr);
        add(repeated, "texts", 2, Field::LABEL_REPEATED, ".dealog.v1.FreeText", "subject");
        auto& homeless = *proto.add_message_type();
        homeless.set_name("NoSubject");
        add(homeless, "text", 1, Field::LABEL_OPTIONAL, ".dealog.v1.FreeText", "subject");
        return pool.BuildFile(proto);
    }();
    REQUIRE(file != nullptr);
    return *file;
}

google::protobuf::DynamicMessageFactory& odd_factory() {
    static google::protobuf::DynamicMessageFactory factory;
    return factory;
}

std::unique_ptr<google::protobuf::Message> odd(const char* name) {
    const auto* type = odd_file().FindMessageTypeByName(name);
    return std::unique_ptr<google::protobuf::Message>{odd_factory().GetPrototype(type)->New()};
}

void set_note(google::protobuf::Message& note, std::string_view subject, const std::string& text) {
    const auto& type = *note.GetDescriptor();
    const auto& reflection = *note.GetReflection();
    reflection.SetString(&note, type.FindFieldByName("subject"), std::string{subject});
    auto& free_text = *reflection.MutableMessage(&note, type.FindFieldByName("text"), &odd_factory());
    free_text.GetReflection()->SetString(&free_text, free_text.GetDescriptor()->FindFieldByName("text"), text);
}

google::protobuf::Message& add_answer(google::protobuf::Message& note) {
    return *note.GetReflection()->AddMessage(&note, note.GetDescriptor()->FindFieldByName("answers"), &odd_factory());
}

}  // namespace

TEST_CASE("seal: personal values in repeated and recursive messages go to the subject beside them", "[vault]") {
    VaultWorld world;
    const auto note = odd("Note");
    set_note(*note, ada, "of Ada");
    set_note(add_answer(*note), bob, "of Bob");
    auto& second = add_answer(*note);
    set_note(second, ada, "of Ada again");
    set_note(add_answer(second), bob, "of Bob again");
    const std::string before = note->SerializeAsString();
    std::vector<v1::SealedPart> parts;
    std::vector<std::string> new_subjects;
    eventstore::seal_personal(*world.vault, seal_context(), *note, parts, new_subjects);
    world.vault->persist(new_subjects);
    std::vector<std::string> fields;
    for (const auto& part : parts) fields.push_back(part.field());
    CHECK(fields ==
          std::vector<std::string>{"text", "answers[0].text", "answers[1].text", "answers[1].answers[0].text"});
    CHECK(new_subjects == std::vector<std::string>{std::string{ada}, std::string{bob}});
    CHECK(note->SerializeAsString().find("of ") == std::string::npos);
    const std::unique_ptr<google::protobuf::Message> stored{note->New()};
    stored->CopyFrom(*note);

    CHECK(eventstore::open_personal(*world.vault, seal_context(), *note, pointers(parts)) == State::OPEN);
    CHECK(note->SerializeAsString() == before);

    SECTION("elements that changed places are noticed") {
        stored->GetReflection()->SwapElements(stored.get(), stored->GetDescriptor()->FindFieldByName("answers"), 0, 1);
        CHECK_THROWS_AS(eventstore::open_personal(*world.vault, seal_context(), *stored, pointers(parts)), StoreBroken);
    }
    SECTION("the worst state is answered and what is open is put back") {
        world.vault->erase(bob);
        CHECK(eventstore::open_personal(*world.vault, seal_context(), *stored, pointers(parts)) == State::ERASED);
        CHECK(stored->SerializeAsString().find("of Ada again") != std::string::npos);
        CHECK(stored->SerializeAsString().find("of Bob") == std::string::npos);
    }
}

TEST_CASE("seal: a contract that cannot be sealed soundly is refused", "[vault]") {
    VaultWorld world;
    const auto event = odd(GENERATE("RepeatedPersonal", "NoSubject"));
    std::vector<v1::SealedPart> parts;
    std::vector<std::string> new_subjects;
    CHECK_THROWS_AS(eventstore::seal_personal(*world.vault, seal_context(), *event, parts, new_subjects),
                    std::logic_error);
}

}  // namespace dealog::test
