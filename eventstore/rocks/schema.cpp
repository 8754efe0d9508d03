#include "eventstore/rocks/schema.hpp"

#include <utility>

#include "eventstore/bytes.hpp"

namespace dealog::eventstore::rocks {
namespace {

constexpr std::size_t claim_hash_bytes = 32;

std::size_t length_byte(std::string_view bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }

[[noreturn]] void damaged(const char* what) { throw StoreBroken{std::string{"a stored "} + what + " is damaged"}; }

std::string two_names(char kind, std::string_view first, std::string_view second) {
    std::string key{kind};
    put_short(key, first);
    key += second;
    return key;
}

}  // namespace

std::string event_key(Position position) { return encode_number(position.value()); }

std::string stream_prefix(std::string_view stream) {
    std::string key;
    key.reserve(1 + stream.size() + 8);
    put_short(key, stream);
    return key;
}

std::string stream_key(std::string_view stream, Revision revision) {
    std::string key = stream_prefix(stream);
    put_u64(key, revision.value());
    return key;
}

std::string event_id_key(std::string_view event_id) { return "e" + std::string{event_id}; }

std::string command_key(std::string_view scope, std::string_view key) { return two_names('c', scope, key); }

std::string tag_prefix(const log::v1::Tag& tag) {
    std::string key;
    key.reserve(2 + tag.key().size() + tag.value().size() + 8);
    put_short(key, tag.key());
    put_short(key, tag.value());
    return key;
}

std::string tag_key(const log::v1::Tag& tag, Position position) {
    std::string key = tag_prefix(tag);
    put_u64(key, position.value());
    return key;
}

std::string claim_key(std::string_view kind, std::string_view hash) { return two_names('v', kind, hash); }
std::string holding_key(std::string_view kind, std::string_view owner) { return two_names('o', kind, owner); }

std::string encode_number(std::uint64_t number) {
    std::string bytes;
    put_u64(bytes, number);
    return bytes;
}

std::uint64_t decode_number(std::string_view bytes) {
    if (bytes.size() != 8) damaged("number");
    return get_u64(bytes);
}

std::string encode_command(const KnownCommand& command) {
    std::string bytes;
    put_u64(bytes, command.first.value());
    put_u64(bytes, command.last.value());
    put_u64(bytes, command.mac.size());
    bytes += command.mac;
    bytes += command.receipt;
    return bytes;
}

KnownCommand decode_command(std::string_view bytes) {
    if (bytes.size() < 24) damaged("command id");
    const std::uint64_t mac = get_u64(bytes.substr(16));
    const std::string_view rest = bytes.substr(24);
    if (mac > rest.size()) damaged("command id");
    return {.first = Position{get_u64(bytes)},
            .last = Position{get_u64(bytes.substr(8))},
            .mac = std::string{rest.substr(0, mac)},
            .receipt = std::string{rest.substr(mac)}};
}

std::string encode_hashes(const std::vector<std::string>& hashes) {
    std::string bytes;
    for (const std::string& hash : hashes) {
        if (hash.size() != claim_hash_bytes) throw StoreBroken{"the vault gave a claim hash that has not 32 bytes"};
        bytes += hash;
    }
    return bytes;
}

std::vector<std::string> decode_hashes(std::string_view bytes) {
    if (bytes.size() % claim_hash_bytes != 0) damaged("list of claims");
    std::vector<std::string> hashes;
    for (; !bytes.empty(); bytes.remove_prefix(claim_hash_bytes))
        hashes.emplace_back(bytes.substr(0, claim_hash_bytes));
    return hashes;
}

std::string encode_tip(const Tip& tip) {
    std::string bytes;
    put_u64(bytes, static_cast<std::uint64_t>(tip.recorded_at.time_since_epoch().count()));
    return bytes + tip.frontier.encode();
}

Tip decode_tip(std::string_view bytes) {
    if (bytes.size() < 8) damaged("tip");
    auto frontier = Frontier::decode(bytes.substr(8));
    if (!frontier) damaged("tip");
    return {.position = Position{frontier->size()},
            .recorded_at = Instant{Nanos{static_cast<std::int64_t>(get_u64(bytes))}},
            .frontier = *std::move(frontier)};
}

log::v1::Record decode_record(std::string_view bytes) {
    log::v1::Record record;
    if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) damaged("record");
    return record;
}

std::optional<std::size_t> stream_prefix_length(std::string_view key) {
    if (key.empty() || key.size() < 1 + length_byte(key, 0)) return std::nullopt;
    return 1 + length_byte(key, 0);
}

std::optional<std::size_t> tag_prefix_length(std::string_view key) {
    const auto first = stream_prefix_length(key);
    if (!first || key.size() < *first + 1) return std::nullopt;
    const std::size_t length = *first + 1 + length_byte(key, *first);
    if (key.size() < length) return std::nullopt;
    return length;
}

}  // namespace dealog::eventstore::rocks
