#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.pb.h"

namespace google::protobuf {
class Message;
}

namespace dealog::eventstore {

/// What a sealed part is bound to; part of the associated data (design §5).
struct SealContext {
    std::string_view workspace;
    std::string_view event_id;  // 16 bytes
    std::string_view stream;
    std::string_view type;
};

/// Nothing can be sealed any more for this subject. Met where the erasure came between the check and the sealing.
struct SubjectErased : std::runtime_error {
    using std::runtime_error::runtime_error;
};

enum class Opened { open, erased, sealed };

/// Personal data under one key per subject. XChaCha20-Poly1305 with a key commitment; keys wrapped by a master key, in
/// a store of their own. Thread-safe.
class Vault {
public:
    virtual ~Vault() = default;

    /// True when the subject was erased: nothing can be sealed for it any more.
    [[nodiscard]] virtual bool erased(std::string_view subject) const = 0;
    /// Seals `plain` under the subject's key. Makes the key when there is none and adds the subject to `new_subjects`;
    /// such a key is durable only after `persist`. Throws SubjectErased.
    [[nodiscard]] virtual v1::SealedPart seal(const SealContext& context, std::string_view field,
                                              std::string_view subject, std::string_view plain,
                                              std::vector<std::string>& new_subjects) = 0;
    /// `subject` is the one named in the message itself, not the one in the part. `sealed` when there is no key here.
    /// Throws StoreBroken for a part that is damaged or was moved from where it was sealed.
    [[nodiscard]] virtual Opened open(const SealContext& context, const v1::SealedPart& part, std::string_view subject,
                                      std::string& plain) const = 0;
    /// Syncs the keys of these subjects. Called by the committer before the append that uses them is written.
    virtual void persist(std::span<const std::string> subjects) = 0;
    /// Destroys the subject's key for good; also in the key store's files. Idempotent.
    virtual void erase(std::string_view subject) = 0;

    /// Keyed hash of a claim's value under the pepper. 32 bytes.
    [[nodiscard]] virtual std::string claim_hash(std::string_view kind, std::string_view value) const = 0;
    /// Keyed hash of a request, for idempotency. 32 bytes.
    [[nodiscard]] virtual std::string request_mac(std::span<const std::string_view> parts) const = 0;
};

/// Moves every field of `event` marked personal into `sealed`, leaving `event` without them. The subject is read from
/// the sibling field that the option names. Throws std::logic_error for an event with unknown fields or without a
/// subject.
void seal_personal(Vault& vault, const SealContext& context, google::protobuf::Message& event,
                   std::vector<v1::SealedPart>& sealed, std::vector<std::string>& new_subjects);

/// Puts opened parts back into `event`. Answers the worst state met; PERSONAL_STATE_UNSPECIFIED when nothing was
/// sealed.
v1::PersonalState::Name open_personal(const Vault& vault, const SealContext& context, google::protobuf::Message& event,
                                      std::span<const v1::SealedPart* const> sealed);

/// Opens one value that a row carries. `subject` is the one the row's entity names.
v1::PersonalState::Name open_value(const Vault& vault, std::string_view workspace, const v1::SealedValue& value,
                                   std::string_view subject, google::protobuf::Message& out);

}  // namespace dealog::eventstore
