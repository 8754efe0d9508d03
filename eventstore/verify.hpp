#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/strong.hpp"
#include "eventstore/frontier.hpp"

namespace dealog::eventstore {

struct VerifyReport {
    struct Flaw {
        Position position;  // the first bad one; 0 when no position can be named
        std::string reason;
    };
    Position head;
    Position checked;  // everything up to here was read and is right
    Hash root{};       // recomputed from the records up to `checked`
    std::optional<Flaw> flaw;
};

/// Called now and then with (checked, head).
using VerifyProgress = std::function<void(Position, Position)>;

/// Reads a closed log from end to end and changes nothing: dense positions, whole appends, dense revisions, the copies
/// by stream equal to the records, times that never go back, the root equal to the stored one. Throws CannotOpen when
/// the directory cannot be read at all or is in use.
[[nodiscard]] VerifyReport verify(const std::filesystem::path& directory, const VerifyProgress& progress);

}  // namespace dealog::eventstore
