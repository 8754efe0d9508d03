#include "eventstore/watermark.hpp"

#include <fcntl.h>

#include <string_view>
#include <utility>

#include "eventstore/bytes.hpp"

namespace dealog::eventstore {
namespace {

constexpr std::size_t slot_bytes = 4096;
constexpr std::string_view magic = "DEALOGW1";
constexpr std::size_t hash_bytes = sizeof(Hash);

struct Slot {
    std::uint64_t sequence = 0;
    Watermark mark;
};

// magic, sequence, epoch, length of what follows, workspace, frontier, SHA-256 of all before; the rest is zero.
std::string encode(const Slot& slot) {
    const std::string frontier = slot.mark.frontier.encode();
    std::string bytes{magic};
    put_u64(bytes, slot.sequence);
    put_u64(bytes, slot.mark.epoch);
    put_u64(bytes, 1 + slot.mark.workspace.size() + frontier.size());
    put_short(bytes, slot.mark.workspace);
    bytes += frontier;
    const Hash hash = sha256(bytes);
    bytes.append(hash.begin(), hash.end());
    bytes.resize(slot_bytes);
    return bytes;
}

std::optional<Slot> decode(std::string_view bytes) {
    constexpr std::size_t fixed = magic.size() + 24;
    if (bytes.size() != slot_bytes || !bytes.starts_with(magic)) return std::nullopt;
    const std::uint64_t body = get_u64(bytes.substr(fixed - 8));
    if (body < 1 || body > slot_bytes - fixed - hash_bytes) return std::nullopt;
    const Hash hash = sha256(bytes.substr(0, fixed + body));
    if (bytes.substr(fixed + body, hash_bytes) != std::string(hash.begin(), hash.end())) return std::nullopt;
    const std::string_view content = bytes.substr(fixed, body);
    const std::size_t name = static_cast<std::uint8_t>(content[0]);
    if (1 + name > content.size()) return std::nullopt;
    auto frontier = Frontier::decode(content.substr(1 + name));
    if (!frontier) return std::nullopt;
    return Slot{.sequence = get_u64(bytes.substr(magic.size())),
                .mark = {.workspace = std::string{content.substr(1, name)},
                         .epoch = static_cast<std::uint32_t>(get_u64(bytes.substr(magic.size() + 8))),
                         .frontier = *std::move(frontier)}};
}

std::optional<Slot> read_newest(const std::filesystem::path& file) {
    const auto bytes = read_file(file);
    if (!bytes || bytes->size() != 2 * slot_bytes) return std::nullopt;
    auto first = decode(std::string_view{*bytes}.substr(0, slot_bytes));
    auto second = decode(std::string_view{*bytes}.substr(slot_bytes));
    if (!first || (second && second->sequence > first->sequence)) return second;
    return first;
}

}  // namespace

std::optional<Watermark> read_watermark(const std::filesystem::path& file) {
    auto slot = read_newest(file);
    if (!slot) return std::nullopt;
    return std::move(slot->mark);
}

WatermarkWriter::WatermarkWriter(const std::filesystem::path& file, std::string workspace, std::uint32_t epoch)
    : workspace_(std::move(workspace)), epoch_(epoch) {
    const auto newest = read_newest(file);
    if (newest) {
        sequence_ = newest->sequence;
    } else {
        replace_file(file, std::string(2 * slot_bytes, '\0'));
    }
    file_ = open_file(file, O_RDWR | O_DSYNC);
}

void WatermarkWriter::write(const Frontier& frontier) {
    ++sequence_;
    const Slot slot{.sequence = sequence_, .mark = {.workspace = workspace_, .epoch = epoch_, .frontier = frontier}};
    write_at(file_, encode(slot), (sequence_ % 2) * slot_bytes);
}

}  // namespace dealog::eventstore
