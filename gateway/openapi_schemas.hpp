#pragma once

#include <memory>

#include <nlohmann/json_fwd.hpp>

#include "gateway/json/shape.hpp"

namespace dealog::gateway {

/// JSON Schema of the contract's messages, gathered as they are referred to.
class Schemas {
public:
    enum class Use { body, answer };
    Schemas();
    ~Schemas();
    Schemas(const Schemas&) = delete;
    Schemas& operator=(const Schemas&) = delete;

    /// `{"$ref": …}` of a message; its schema is made when it is first referred to. A body lacks what the path gives
    /// and states its limits; an answer states only types.
    nlohmann::ordered_json refer(const google::protobuf::Descriptor& message, Use use);
    /// Of one field, without the array around a repeated one's items.
    nlohmann::ordered_json value(const json::Field& field, Use use);
    nlohmann::ordered_json field(const json::Field& field, Use use);
    /// Every schema made so far, by name.
    [[nodiscard]] nlohmann::ordered_json all() const;

private:
    nlohmann::ordered_json make(const google::protobuf::Descriptor& message, Use use);
    struct Made;
    std::unique_ptr<Made> made_;
};

}  // namespace dealog::gateway
