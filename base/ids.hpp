#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"

namespace dealog {

using Uuid = std::array<std::uint8_t, 16>;

/// Lower-case 8-4-4-4-12 text.
[[nodiscard]] std::string to_text(const Uuid& id);
/// Accepts upper and lower case, canonical dashes only.
[[nodiscard]] std::optional<Uuid> parse_uuid(std::string_view text);
[[nodiscard]] std::string to_bytes(const Uuid& id);
[[nodiscard]] Uuid uuid_from_bytes(std::string_view sixteen_bytes);

/// Where new ids come from. Thread-safe.
class IdSource {
public:
    virtual ~IdSource() = default;
    /// UUIDv7: sorts by `now`.
    [[nodiscard]] virtual Uuid next(Instant now) = 0;
};

/// Random bits from libsodium's generator. Ids of one millisecond ascend in the order they were asked for, unless
/// another millisecond was asked for in between.
class RandomIds final : public IdSource {
public:
    [[nodiscard]] Uuid next(Instant now) override;

private:
    std::mutex mutex_;
    std::uint64_t last_tick_ = 0;
    std::uint64_t last_tail_ = 0;
};

/// The same id for the same name, for ever: UUIDv8 from SHA-256.
[[nodiscard]] Uuid named_uuid(std::string_view name);

}  // namespace dealog
