#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dealog::eventstore {

using Hash = std::array<std::uint8_t, 32>;

[[nodiscard]] Hash sha256(std::string_view bytes);
/// RFC 6962: SHA-256(0x00 ‖ record).
[[nodiscard]] Hash leaf_hash(std::string_view record);
/// RFC 6962: SHA-256(0x01 ‖ left ‖ right).
[[nodiscard]] Hash node_hash(const Hash& left, const Hash& right);

/// The right edge of the Merkle tree over all records: what is needed to append leaves and to name the root, in
/// O(log n) bytes.
class Frontier {
public:
    void add(const Hash& leaf);
    [[nodiscard]] std::uint64_t size() const { return size_; }
    /// RFC 6962 tree head; SHA-256 of nothing for the empty tree.
    [[nodiscard]] Hash root() const;
    [[nodiscard]] std::string encode() const;
    /// Absent when the bytes are not exactly one frontier.
    [[nodiscard]] static std::optional<Frontier> decode(std::string_view bytes);
    friend bool operator==(const Frontier&, const Frontier&) = default;

private:
    std::uint64_t size_ = 0;
    std::vector<Hash> peaks_;  // roots of the perfect subtrees, largest first
};

}  // namespace dealog::eventstore
