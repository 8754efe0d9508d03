// Writes a golden sample for each event type that has none yet: golden <folder>. Existing ones are never touched: a
// published event must decode for ever.
#include <filesystem>
#include <fstream>
#include <iostream>

#include <google/protobuf/dynamic_message.h>

#include "base/options.pb.h"
#include "contract_files.hpp"
#include "tools/golden/sample.hpp"

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    const std::filesystem::path folder = argv[1];
    const auto* pool = google::protobuf::DescriptorPool::generated_pool();
    for (const char* name : dealog::contract_files) {
        const auto* file = pool->FindFileByName(name);
        if (file == nullptr) continue;
        for (int i = 0; i < file->message_type_count(); ++i) {
            const auto* type = file->message_type(i);
            if (!type->options().HasExtension(dealog::v1::event)) continue;
            const auto path = folder / (type->full_name() + ".bin");
            if (std::filesystem::exists(path)) continue;
            const std::unique_ptr<google::protobuf::Message> message(
                google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
            dealog::golden::fill_sample(*message);
            std::ofstream(path, std::ios::binary) << message->SerializeAsString();
            std::cout << "written: " << path.string() << "\n";
        }
    }
}
