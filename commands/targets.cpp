#include "commands/targets.hpp"

#include <google/protobuf/descriptor.h>

#include <array>
#include <unordered_map>

#include "base/options.pb.h"
#include "base/types.pb.h"
#include "contract_files.hpp"
#include "domain/api_key/api_key.hpp"
#include "domain/company/company.hpp"
#include "domain/contact/contact.hpp"
#include "domain/deal/deal.hpp"
#include "domain/pipeline/pipeline.hpp"
#include "domain/privacy/privacy.hpp"
#include "domain/seller/seller.hpp"
#include "domain/settings/settings.hpp"
#include "domain/task/task.hpp"
#include "domain/team/team.hpp"

namespace dealog::commands {

namespace {

using domain::Aggregates;
using domain::Decided;
using domain::Given;
using google::protobuf::Message;

// ---- Targets ----

Target new_thing(const Message&, Aggregates&) { return {}; }

/// A creation of work: its owner is named in the body.
template <class C>
Target owned(const Message& command, Aggregates&) {
    return {.resource = {.owner_id = static_cast<const C&>(command).owner_id(), .team_id = {}}};
}

template <class State>
Target work(const State* state, StreamName stream) {
    if (state == nullptr) return {.exists = false, .stream = std::move(stream)};
    return {.resource = {.owner_id = state->owner_id, .team_id = {}}, .stream = std::move(stream)};
}

template <class C>
Target the_deal(const Message& command, Aggregates& aggregates) {
    const auto& id = static_cast<const C&>(command).deal();
    return work(aggregates.deal(id), deal::stream_of(id));
}

Target company_of(const std::string& id, Aggregates& aggregates) {
    return work(aggregates.company(id), company::stream_of(id));
}
Target contact_of(const std::string& id, Aggregates& aggregates) {
    return work(aggregates.contact(id), contact::stream_of(id));
}

/// What a task is about: exactly one of the three is in the path.
template <class C>
Target task_subject(const Message& command, Aggregates& aggregates) {
    const auto& about = static_cast<const C&>(command);
    if (!about.company().empty()) return company_of(about.company(), aggregates);
    if (!about.contact().empty()) return contact_of(about.contact(), aggregates);
    return the_deal<C>(command, aggregates);
}

Target updated_company(const Message& command, Aggregates& aggregates) {
    const auto& update = static_cast<const company::v1::UpdateCompany&>(command);
    auto target = company_of(update.company(), aggregates);
    target.reassigns = update.has_owner_id() && update.owner_id() != target.resource.owner_id;
    return target;
}
Target updated_contact(const Message& command, Aggregates& aggregates) {
    const auto& update = static_cast<const contact::v1::UpdateContact&>(command);
    auto target = contact_of(update.contact(), aggregates);
    target.reassigns = update.has_owner_id() && update.owner_id() != target.resource.owner_id;
    return target;
}

Target updated_seller(const Message& command, Aggregates& aggregates) {
    const auto& id = static_cast<const seller::v1::UpdateSeller&>(command).seller();
    return {.exists = aggregates.seller(id) != nullptr, .stream = seller::stream_of(id)};
}
Target updated_team(const Message& command, Aggregates& aggregates) {
    const auto& id = static_cast<const team::v1::UpdateTeam&>(command).team();
    return {.exists = aggregates.team(id) != nullptr, .stream = team::stream_of(id)};
}
Target revoked_key(const Message& command, Aggregates& aggregates) {
    const auto& id = static_cast<const apikey::v1::RevokeApiKey&>(command).key();
    return {.exists = aggregates.api_key(id) != nullptr, .stream = api_key::stream_of(id)};
}
Target defined_pipeline(const Message& command, Aggregates&) {
    return {.stream = pipeline::stream_of(static_cast<const pipeline::v1::DefinePipeline&>(command).key())};
}
Target changed_setting(const Message&, Aggregates&) { return {.stream = settings::stream()}; }

const std::string& erased_subject(const Message& command) {
    return static_cast<const privacy::v1::EraseSubject&>(command).subject();
}

// ---- The table ----

template <class C, Decided (*decide)(const C&, const Given&)>
Row row(Target (*target)(const Message&, Aggregates&)) {
    return {.command = C::descriptor(),
            .decide = [](const Message& command,
                         const Given& given) { return decide(static_cast<const C&>(command), given); },
            .target = target};
}

template <class C, Decided (*decide)(const C&, const Given&)>
Row of_actor(Target (*target)(const Message&, Aggregates&)) {
    auto made = row<C, decide>(target);
    made.owned_by_actor = true;
    return made;
}

Row erasing() {
    auto made = row<privacy::v1::EraseSubject, privacy::decide>(new_thing);
    made.erases = erased_subject;
    return made;
}

template <class C>
Row about_task() {
    return row<C, task::decide>(task_subject<C>);
}

const auto& table() {
    static const std::array rows{
        row<team::v1::FormTeam, team::decide>(new_thing),
        row<team::v1::UpdateTeam, team::decide>(updated_team),
        row<seller::v1::AddSeller, seller::decide>(new_thing),
        row<seller::v1::UpdateSeller, seller::decide>(updated_seller),
        row<apikey::v1::IssueApiKey, api_key::decide>(new_thing),
        row<apikey::v1::RevokeApiKey, api_key::decide>(revoked_key),
        row<settings::v1::ChangeSetting, settings::decide>(changed_setting),
        row<pipeline::v1::DefinePipeline, pipeline::decide>(defined_pipeline),
        of_actor<company::v1::RegisterCompany, company::decide>(owned<company::v1::RegisterCompany>),
        row<company::v1::UpdateCompany, company::decide>(updated_company),
        of_actor<contact::v1::RegisterContact, contact::decide>(owned<contact::v1::RegisterContact>),
        row<contact::v1::UpdateContact, contact::decide>(updated_contact),
        row<deal::v1::OpenDeal, deal::decide>(owned<deal::v1::OpenDeal>),
        row<deal::v1::UpdateDeal, deal::decide>(the_deal<deal::v1::UpdateDeal>),
        row<deal::v1::MoveStage, deal::decide>(the_deal<deal::v1::MoveStage>),
        row<deal::v1::WinDeal, deal::decide>(the_deal<deal::v1::WinDeal>),
        row<deal::v1::LoseDeal, deal::decide>(the_deal<deal::v1::LoseDeal>),
        row<deal::v1::ReopenDeal, deal::decide>(the_deal<deal::v1::ReopenDeal>),
        row<deal::v1::ChangeOwner, deal::decide>(the_deal<deal::v1::ChangeOwner>),
        about_task<task::v1::PlanTask>(),
        about_task<task::v1::CompleteTask>(),
        about_task<task::v1::RescheduleTask>(),
        about_task<task::v1::CancelTask>(),
        about_task<task::v1::LogAction>(),
        about_task<task::v1::CorrectAction>(),
        erasing(),
    };
    return rows;
}

bool is_posted(const v1::Http& http) {
    if (!http.binding().post().empty()) return true;
    for (const auto& binding : http.additional()) {
        if (!binding.post().empty()) return true;
    }
    return false;
}

}  // namespace

const Row* row_of(const google::protobuf::Descriptor& command) {
    static const auto by_command = [] {
        std::unordered_map<const google::protobuf::Descriptor*, const Row*> all;
        for (const auto& row : table()) all.emplace(row.command, &row);
        return all;
    }();
    const auto found = by_command.find(&command);
    return found == by_command.end() ? nullptr : found->second;
}

std::vector<std::string> unlisted_commands() {
    std::vector<std::string> unlisted;
    for (const auto* name : contract_files) {
        const auto* file = google::protobuf::DescriptorPool::generated_pool()->FindFileByName(name);
        if (file == nullptr) {
            unlisted.emplace_back(name);
            continue;
        }
        for (int i = 0; i < file->message_type_count(); ++i) {
            const auto* message = file->message_type(i);
            const auto& http = message->options().GetExtension(v1::http);
            const bool a_write = http.answer().empty() || http.answer() == v1::Written::descriptor()->full_name();
            if (is_posted(http) && a_write && row_of(*message) == nullptr) unlisted.push_back(message->full_name());
        }
    }
    return unlisted;
}

}  // namespace dealog::commands
