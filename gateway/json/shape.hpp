#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <google/protobuf/descriptor.h>

#include "base/options.pb.h"

namespace dealog::gateway::json {

/// How a field is written in JSON.
enum class Kind {
    text,
    bytes,
    boolean,
    int32,
    uint32,
    int64,
    uint64,
    float32,
    float64,
    enumeration,
    timestamp,
    duration,
    any,
    message
};

inline constexpr std::size_t shape_fields_max = 128;

struct Shape;

/// One field of a message, with everything that filling, writing and checking ask of its descriptor.
struct Field {
    const google::protobuf::FieldDescriptor* descriptor = nullptr;
    std::string name;    // lowerCamelCase
    std::string quoted;  // "name":
    Kind kind = Kind::text;
    bool repeated = false;
    bool presence = false;  // optional, a oneof's member or a message: knows whether it was set
    std::size_t index = 0;  // in its message
    const google::protobuf::OneofDescriptor* oneof = nullptr;  // a real one
    const Shape* shape = nullptr;                              // of a message
    const v1::Rule* rule = nullptr;                            // never null once built
};

/// A message as JSON sees it.
struct Shape {
    const google::protobuf::Descriptor* descriptor = nullptr;
    std::vector<Field> fields;           // as declared
    std::vector<std::uint16_t> by_name;  // indexes, sorted by (length, name)

    [[nodiscard]] const Field* find(std::string_view json_name) const;
};

/// Of any message of the contract. Built once for all of them, immutable: no lock.
[[nodiscard]] const Shape& shape_of(const google::protobuf::Descriptor& descriptor);

}  // namespace dealog::gateway::json
