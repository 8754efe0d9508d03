#include "gateway/contract.hpp"

#include <stdexcept>
#include <string>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "contract_files.hpp"

namespace dealog::gateway {

namespace pb = google::protobuf;

namespace {

std::vector<const pb::FileDescriptor*> load_contract() {
    std::vector<const pb::FileDescriptor*> files;
    for (const char* name : contract_files) {
        const pb::FileDescriptor* file = pb::DescriptorPool::generated_pool()->FindFileByName(name);
        if (file == nullptr) throw std::runtime_error(std::string("the contract lacks ") + name);
        files.push_back(file);
    }
    return files;
}

void collect(const pb::Descriptor* message, std::vector<const pb::Descriptor*>& out) {
    out.push_back(message);
    for (int i = 0; i < message->nested_type_count(); ++i) collect(message->nested_type(i), out);
}

std::vector<const pb::Descriptor*> load_messages() {
    std::vector<const pb::Descriptor*> messages;
    for (const pb::FileDescriptor* file : contract()) {
        for (int i = 0; i < file->message_type_count(); ++i) collect(file->message_type(i), messages);
    }
    return messages;
}

}  // namespace

const std::vector<const pb::FileDescriptor*>& contract() {
    static const auto files = load_contract();
    return files;
}

const std::vector<const pb::Descriptor*>& contract_messages() {
    static const auto messages = load_messages();
    return messages;
}

const pb::Descriptor* find_message(std::string_view full_name) {
    return pb::DescriptorPool::generated_pool()->FindMessageTypeByName(std::string(full_name));
}

std::unique_ptr<pb::Message> new_message(const pb::Descriptor& descriptor) {
    const pb::Message* prototype = pb::MessageFactory::generated_factory()->GetPrototype(&descriptor);
    if (prototype == nullptr) throw std::logic_error("no generated message " + descriptor.full_name());
    return std::unique_ptr<pb::Message>(prototype->New());
}

}  // namespace dealog::gateway
