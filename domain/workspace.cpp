#include "domain/workspace.hpp"

#include "domain/api_key/api_key.hpp"
#include "domain/pipeline/pipeline.hpp"
#include "domain/settings/settings.hpp"

namespace dealog::domain {

Decision found_workspace(const Given& given) {
    const std::string key_id = given.new_id();
    api_key::Issued admin = api_key::issue(key_id, given);
    admin.event.set_service("admin");
    admin.event.add_roles(v1::Role::ADMIN);
    admin.event.add_roles(v1::Role::HEAD);
    admin.event.set_whole_workspace(true);

    Decision decision{
        .id = key_id, .stream = api_key::stream_of(key_id), .created = true, .secret = std::move(admin.secret)};
    for (const settings::v1::Value& value : settings::defaults()) {
        settings::v1::SettingChanged changed;
        changed.set_key(std::string{settings::key_name(value.of_case())});
        *changed.mutable_value() = value;
        add(decision, settings::stream(), std::move(changed));
    }
    const pipeline::v1::PipelineDefined& sales = pipeline::default_sales();
    add(decision, pipeline::stream_of(sales.key()), sales);
    add(decision, decision.stream, std::move(admin.event));
    return decision;
}

}  // namespace dealog::domain
