#include <map>

#include "projections/directory/answers.hpp"
#include "projections/directory/directory.pb.h"
#include "projections/directory/tables.hpp"

namespace dealog::directory {
namespace {

void write(const rows::v1::PipelineVersion& version, v1::PipelineView& out) {
    const auto& defined = version.defined();
    out.set_key(defined.key());
    out.set_name(defined.name());
    out.set_version(version.version());
    *out.mutable_stages() = defined.stages();
    *out.mutable_loss_reasons() = defined.loss_reasons();
    to_proto(instant_of(version.valid_from()), *out.mutable_valid_from());
}

/// The versions of one setting in the order of validity; of those that begin together the last recorded one stands.
using SettingVersions = std::map<Instant, v1::SettingView>;

std::map<std::string, SettingVersions> load_settings(const View& view) {
    std::map<std::string, SettingVersions> all;
    settings_values.scan(view, {}, {}, [&](std::string_view key, settings::v1::Value&& value, Position) {
        KeyReader reader{key};
        v1::SettingView setting;
        setting.set_key(reader.text(definition_key_length));
        const Instant valid_from = instant_of(reader.i64());
        to_proto(valid_from, *setting.mutable_valid_from());
        setting.set_version(reader.u64());
        *setting.mutable_value() = std::move(value);
        all[setting.key()][valid_from] = std::move(setting);
        return true;
    });
    return all;
}

}  // namespace

QueryResult list_pipelines(const Message&, const View& view, const QueryContext& context) {
    std::map<std::string, rows::v1::PipelineVersion> in_force;
    pipelines.scan(view, {}, {}, [&](std::string_view, rows::v1::PipelineVersion&& version, Position) {
        if (instant_of(version.valid_from()) > context.at) return true;
        const std::string key = version.defined().key();
        in_force[key] = std::move(version);
        return true;
    });
    auto answer = answer_of<v1::PipelineList>(view, context);
    for (const auto& [key, version] : in_force) write(version, *answer->add_pipelines());
    return answer;
}

QueryResult list_settings(const Message&, const View& view, const QueryContext& context) {
    auto answer = answer_of<v1::SettingList>(view, context);
    for (auto& [key, versions] : load_settings(view)) {
        const auto after = versions.upper_bound(context.at);
        const auto in_force =
            after == versions.begin() ? after : std::prev(after);  // before the first the earliest holds
        *answer->add_settings() = in_force->second;
        for (auto upcoming = std::next(in_force); upcoming != versions.end(); ++upcoming) {
            *answer->add_upcoming() = upcoming->second;
        }
    }
    return answer;
}

}  // namespace dealog::directory
