#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <google/protobuf/arena.h>

#include "projections/engine/projection.hpp"

namespace dealog::projections::engine {

/// Records parsed once for all projections, cut into whole appends.
struct Decoded {
    struct Broken {
        Position position;
        std::string reason;
    };
    std::unique_ptr<google::protobuf::Arena> arena;  // owns the messages
    std::vector<Event> events;
    std::vector<AppendView> appends;
    std::optional<Broken> broken;  // what came behind the appends cannot be digested by anyone
};

/// Finds the generated message of a type by its name. One thread.
class Decoder {
public:
    /// `after`: the position the records follow.
    [[nodiscard]] Decoded decode(const std::vector<std::string>& records, Position after);

private:
    const Message* prototype(const std::string& type);
    std::unordered_map<std::string, const Message*> prototypes_;
};

}  // namespace dealog::projections::engine
