#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "eventstore/event_log.hpp"

namespace dealog::eventstore {

class Vault;

inline constexpr std::size_t append_checks_max = 16384;
inline constexpr std::size_t append_conditions_max = 64;
inline constexpr std::size_t append_claim_values_max = 32768;
inline constexpr std::size_t event_tags_max = 32;
/// Of a tag's key, a tag's value, a claim's kind and owner, a command's scope.
inline constexpr std::size_t name_bytes_max = 255;
inline constexpr std::size_t command_key_bytes_max = 1024;
inline constexpr std::size_t receipt_bytes_max = 64u << 10;

struct HashedClaims {
    std::string kind;
    std::string owner;
    std::vector<std::string> hashes;  // in the order of the given values
};

/// An append whose shape was checked: its records lack only what the committer knows (position, revision, times).
struct Prepared {
    std::vector<log::v1::Record> records;
    std::vector<bool> dated;  // per record: occurred_at was given; else it becomes recorded_at
    std::vector<StreamCheck> checks;
    std::vector<TagCondition> conditions;
    std::vector<HashedClaims> claims;
    std::optional<CommandId> command;
    std::string receipt;
    std::vector<std::string> new_subjects;
    std::size_t bytes = 0;
};

/// Needs no state, so that it runs on the caller's thread.
[[nodiscard]] Result<Prepared, NotAppendable> prepare(Append append, const Vault& vault, const std::string& workspace,
                                                      std::uint32_t epoch);

}  // namespace dealog::eventstore
