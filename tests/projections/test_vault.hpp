#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "eventstore/vault.hpp"

namespace dealog::projections::testing {

/// A vault without cryptography: a part is its subject and its text, turned over. Erased subjects open as erased.
class TestVault final : public eventstore::Vault {
public:
    [[nodiscard]] bool erased(std::string_view subject) const override { return erased_.contains(subject); }

    [[nodiscard]] v1::SealedPart seal(const eventstore::SealContext&, std::string_view field, std::string_view subject,
                                      std::string_view plain, std::vector<std::string>& new_subjects) override {
        if (known_.emplace(subject).second) new_subjects.emplace_back(subject);
        v1::SealedPart part;
        part.set_field(std::string(field));
        part.set_subject(std::string(subject));
        part.set_key_version(1);
        part.set_ciphertext(std::string(plain.rbegin(), plain.rend()));
        return part;
    }

    [[nodiscard]] eventstore::Opened open(const eventstore::SealContext&, const v1::SealedPart& part,
                                          std::string_view subject, std::string& plain) const override {
        if (erased(subject)) return eventstore::Opened::erased;
        if (part.subject() != subject) return eventstore::Opened::sealed;
        plain.assign(part.ciphertext().rbegin(), part.ciphertext().rend());
        return eventstore::Opened::open;
    }

    void persist(std::span<const std::string>) override {}
    void erase(std::string_view subject) override { erased_.emplace(subject); }
    [[nodiscard]] std::string claim_hash(std::string_view kind, std::string_view value) const override {
        return std::string(kind) + ":" + std::string(value);
    }
    [[nodiscard]] std::string request_mac(std::span<const std::string_view>) const override { return {}; }

private:
    std::set<std::string, std::less<>> known_;
    std::set<std::string, std::less<>> erased_;
};

}  // namespace dealog::projections::testing
