#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/util/message_differencer.h>

#include "base/options.pb.h"
#include "contract_files.hpp"
#include "tools/golden/sample.hpp"

namespace {

using namespace dealog;
const std::filesystem::path golden_folder = std::filesystem::path(DEALOG_SOURCE_DIR) / "tests/contract/golden";

std::vector<const google::protobuf::Descriptor*> event_types() {
    std::vector<const google::protobuf::Descriptor*> types;
    for (const char* name : contract_files) {
        const auto* file = google::protobuf::DescriptorPool::generated_pool()->FindFileByName(name);
        REQUIRE(file != nullptr);
        for (int i = 0; i < file->message_type_count(); ++i) {
            if (file->message_type(i)->options().HasExtension(v1::event)) types.push_back(file->message_type(i));
        }
    }
    return types;
}

std::unique_ptr<google::protobuf::Message> decode(const google::protobuf::Descriptor& type, const std::string& bytes) {
    std::unique_ptr<google::protobuf::Message> message(
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type)->New());
    REQUIRE(message->ParseFromString(bytes));
    return message;
}

std::string read(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

TEST_CASE("contract: every event type has a golden sample that decodes to what it was made from") {
    const auto types = event_types();
    REQUIRE(types.size() >= 20);
    for (const auto* type : types) {
        const auto path = golden_folder / (type->full_name() + ".bin");
        INFO("no golden sample for " << type->full_name() << ": run build/<preset>/bin/golden tests/contract/golden");
        REQUIRE(std::filesystem::exists(path));
        const auto message = decode(*type, read(path));
        INFO(type->full_name());
        CHECK(message->GetReflection()->GetUnknownFields(*message).empty());
        const std::unique_ptr<google::protobuf::Message> expected(message->New());
        golden::fill_sample(*expected);
        // Fields added after the sample was taken are absent in it; those that it has must mean what they meant.
        google::protobuf::util::MessageDifferencer differencer;
        differencer.set_scope(google::protobuf::util::MessageDifferencer::PARTIAL);
        std::string difference;
        differencer.ReportDifferencesToString(&difference);
        CHECK(differencer.Compare(*message, *expected));
        CHECK(difference == "");
    }
}

TEST_CASE("contract: no golden sample belongs to a type that is gone") {
    std::set<std::string> known;
    for (const auto* type : event_types()) known.insert(type->full_name() + ".bin");
    for (const auto& entry : std::filesystem::directory_iterator(golden_folder)) {
        CHECK(known.contains(entry.path().filename().string()));
    }
}

TEST_CASE("contract: a personal sub-message of an event names a subject that is a field beside it") {
    for (const auto* type : event_types()) {
        for (int i = 0; i < type->field_count(); ++i) {
            const auto& options = type->field(i)->options();
            if (!options.HasExtension(v1::personal)) continue;
            INFO(type->field(i)->full_name());
            const auto* subject = type->FindFieldByName(options.GetExtension(v1::personal).subject());
            REQUIRE(subject != nullptr);
            CHECK(subject->type() == google::protobuf::FieldDescriptor::TYPE_STRING);
        }
    }
}
