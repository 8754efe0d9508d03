#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "eventstore/vault.hpp"

namespace dealog::test {

/// A vault whose seal is the plain text itself. Erasure and the states it leads to work; secrecy does not.
class TestVault final : public eventstore::Vault {
public:
    [[nodiscard]] bool erased(std::string_view subject) const override {
        const std::lock_guard lock{mutex_};
        return erased_.contains(subject);
    }
    [[nodiscard]] v1::SealedPart seal(const eventstore::SealContext&, std::string_view field, std::string_view subject,
                                      std::string_view plain, std::vector<std::string>& new_subjects) override {
        const std::lock_guard lock{mutex_};
        if (known_.emplace(subject).second) new_subjects.emplace_back(subject);
        v1::SealedPart part;
        part.set_field(std::string{field});
        part.set_subject(std::string{subject});
        part.set_key_version(1);
        part.set_ciphertext(std::string{plain});
        return part;
    }
    [[nodiscard]] eventstore::Opened open(const eventstore::SealContext&, const v1::SealedPart& part,
                                          std::string_view subject, std::string& plain) const override {
        if (part.subject() != subject) return eventstore::Opened::sealed;
        if (erased(subject)) return eventstore::Opened::erased;
        plain = part.ciphertext();
        return eventstore::Opened::open;
    }
    void persist(std::span<const std::string> subjects) override {
        const std::lock_guard lock{mutex_};
        persisted_.insert(persisted_.end(), subjects.begin(), subjects.end());
    }
    void erase(std::string_view subject) override {
        const std::lock_guard lock{mutex_};
        erased_.emplace(subject);
    }
    [[nodiscard]] std::string claim_hash(std::string_view kind, std::string_view value) const override {
        return hash("claim", {kind, value});
    }
    [[nodiscard]] std::string request_mac(std::span<const std::string_view> parts) const override {
        return hash("request", {parts.begin(), parts.end()});
    }

    /// Every subject given to `persist`, in order.
    [[nodiscard]] std::vector<std::string> persisted() const {
        const std::lock_guard lock{mutex_};
        return persisted_;
    }

private:
    /// 32 bytes; two named UUIDs of unambiguous names, so that different parts differ.
    static std::string hash(std::string_view purpose, const std::vector<std::string_view>& parts) {
        std::string name{purpose};
        for (const std::string_view part : parts) name += std::to_string(part.size()) + ":" + std::string{part};
        return to_bytes(named_uuid("a" + name)) + to_bytes(named_uuid("b" + name));
    }

    mutable std::mutex mutex_;
    std::set<std::string, std::less<>> known_;
    std::set<std::string, std::less<>> erased_;
    std::vector<std::string> persisted_;
};

}  // namespace dealog::test
