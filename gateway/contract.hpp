#pragma once

#include <memory>
#include <string_view>
#include <vector>

namespace google::protobuf {
class Descriptor;
class FileDescriptor;
class Message;
}  // namespace google::protobuf

namespace dealog::gateway {

/// Every .proto of the contract, as linked into this binary.
[[nodiscard]] const std::vector<const google::protobuf::FileDescriptor*>& contract();
/// Every message of the contract, nested ones included, in the order of their files.
[[nodiscard]] const std::vector<const google::protobuf::Descriptor*>& contract_messages();

/// A message of the generated pool; null when there is none of that name.
[[nodiscard]] const google::protobuf::Descriptor* find_message(std::string_view full_name);
[[nodiscard]] std::unique_ptr<google::protobuf::Message> new_message(const google::protobuf::Descriptor& descriptor);

}  // namespace dealog::gateway
