#include "commands/stage.hpp"

#include <google/protobuf/descriptor.h>

namespace dealog::commands {

std::shared_ptr<const google::protobuf::Message> stage_event(const domain::NewEvent& event, const StageNeeds& needs,
                                                             eventstore::Append& append) {
    std::shared_ptr<google::protobuf::Message> clean{event.event->New()};
    clean->CopyFrom(*event.event);
    const auto& type = clean->GetDescriptor()->full_name();
    auto& staged = append.events.emplace_back();
    staged.stream = event.stream;
    staged.type = type;
    staged.event_id = needs.ids.next(needs.now);
    const auto id_bytes = to_bytes(staged.event_id);
    eventstore::seal_personal(
        needs.vault, {.workspace = needs.workspace, .event_id = id_bytes, .stream = event.stream.value(), .type = type},
        *clean, staged.sealed, append.new_subjects);
    staged.payload = clean->SerializeAsString();
    staged.occurred_at = event.occurred_at;
    staged.backdated = event.backdated;
    return clean;
}

}  // namespace dealog::commands
