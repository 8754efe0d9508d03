#pragma once

#include <string>
#include <string_view>

#include "domain/given.hpp"

namespace dealog::commands {

/// libsodium's generator and hash.
class RandomSecrets final : public domain::Secrets {
public:
    [[nodiscard]] std::string next() override;
    [[nodiscard]] std::string sha256(std::string_view bytes) const override;
};

}  // namespace dealog::commands
