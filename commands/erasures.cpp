#include "commands/erasures.hpp"

#include <string_view>

#include "base/log.hpp"
#include "domain/privacy/privacy.hpp"
#include "eventstore/rocks/rocks_log.hpp"
#include "eventstore/vault.hpp"

namespace dealog::commands {

std::size_t finish_erasures(const eventstore::rocks::RocksLog& log, eventstore::Vault& vault) {
    std::size_t found = 0;
    for (const StreamName& stream : log.streams(privacy::stream_prefix)) {
        const auto subject = std::string_view{stream.value()}.substr(privacy::stream_prefix.size());
        if (vault.erased(subject)) continue;
        ++found;
        try {
            vault.erase(subject);
        } catch (const eventstore::StoreBroken& broken) {
            log::error("subject_key_not_destroyed", {{"reason", broken.what()}});
        }
    }
    if (found > 0) log::info("erasures_finished", {{"subjects", std::to_string(found)}});
    return found;
}

}  // namespace dealog::commands
