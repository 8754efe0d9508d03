#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "domain/contact/contact.pb.h"
#include "eventstore/open_vault.hpp"
#include "tests/eventstore/support.hpp"

namespace dealog::test {

inline constexpr std::string_view vault_workspace = "main";
inline constexpr std::string_view ada = "contact-ada";
inline constexpr std::string_view bob = "contact-bob";

inline eventstore::SealContext seal_context() {
    return {.workspace = vault_workspace,
            .event_id = "0123456789abcdef",
            .stream = "contact-1",
            .type = "dealog.contact.v1.ContactRegistered"};
}

/// A vault directory and the vault in it; `reopen` is a restart.
struct VaultWorld {
    TempDir directory;
    HandClock clock;
    eventstore::VaultSettings settings{
        .directory = directory.path(), .master_key_file = {}, .cached_keys_max = 64, .clock = &clock};
    std::unique_ptr<eventstore::Vault> vault = eventstore::open_vault(settings);

    void close() { vault.reset(); }
    void reopen() {
        close();
        vault = eventstore::open_vault(settings);
    }

    /// Sealed and persisted.
    v1::SealedPart sealed(std::string_view subject, std::string_view plain, std::string_view field = "personal") {
        std::vector<std::string> new_subjects;
        v1::SealedPart part = vault->seal(seal_context(), field, subject, plain, new_subjects);
        vault->persist(new_subjects);
        return part;
    }
    /// What opens; absent when the answer is not `open`.
    std::optional<std::string> opened(const v1::SealedPart& part, std::string_view subject) const {
        std::string plain;
        if (vault->open(seal_context(), part, subject, plain) != eventstore::Opened::open) return std::nullopt;
        return plain;
    }
};

/// Names of the files below `directory` that hold the bytes.
inline std::vector<std::string> files_holding(const std::filesystem::path& directory, std::string_view bytes) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{directory}) {
        if (entry.is_regular_file() && file_bytes(entry.path()).find(bytes) != std::string::npos) {
            names.push_back(entry.path().filename().string());
        }
    }
    return names;
}

inline contact::v1::ContactRegistered registered(std::string_view subject, std::string_view name) {
    contact::v1::ContactRegistered event;
    event.set_contact_id("1");
    event.set_source("fair");
    event.set_subject(std::string{subject});
    event.mutable_personal()->set_full_name(std::string{name});
    event.mutable_personal()->add_phones("+4915112345678");
    return event;
}

}  // namespace dealog::test
