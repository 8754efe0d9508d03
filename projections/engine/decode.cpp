#include "projections/engine/decode.hpp"

#include <google/protobuf/descriptor.h>

namespace dealog::projections::engine {

namespace {

/// Cuts the events into appends; records come as whole appends.
void cut(Decoded& decoded) {
    for (std::size_t first = 0; first < decoded.events.size();) {
        const auto& record = decoded.events[first].record;
        const std::uint64_t last = record.append_first() + record.append_count() - 1;
        std::size_t end = first + 1;
        while (end < decoded.events.size() && decoded.events[end].record.position() <= last) ++end;
        const auto& newest = decoded.events[end - 1].record;
        if (newest.position() != last || record.append_count() == 0) {
            if (!decoded.broken) decoded.broken = {Position{record.position()}, "an append is not whole"};
            return;
        }
        decoded.appends.push_back(
            AppendView{.events = std::span(decoded.events).subspan(first, end - first), .last = Position{last}});
        first = end;
    }
}

}  // namespace

const Message* Decoder::prototype(const std::string& type) {
    if (const auto known = prototypes_.find(type); known != prototypes_.end()) return known->second;
    const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(type);
    const auto* found = descriptor == nullptr
                            ? nullptr
                            : google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor);
    constexpr std::size_t types_max = 4096;  // unknown names come from the log
    if (prototypes_.size() < types_max) prototypes_.emplace(type, found);
    return found;
}

Decoded Decoder::decode(const std::vector<std::string>& records, Position after) {
    Decoded decoded{.arena = std::make_unique<google::protobuf::Arena>(), .events = {}, .appends = {}, .broken = {}};
    decoded.events.reserve(records.size());
    for (const auto& bytes : records) {
        auto* record = google::protobuf::Arena::CreateMessage<log::v1::Record>(decoded.arena.get());
        if (!record->ParseFromString(bytes) || record->position() != next(after).value()) {
            decoded.broken = {next(after), "the record does not parse or is not the next one"};
            break;
        }
        after = next(after);
        Message* payload = nullptr;
        if (const auto* known = prototype(record->type()); known != nullptr) {
            payload = known->New(decoded.arena.get());
            if (!payload->ParseFromString(record->payload())) {
                decoded.broken = {Position{record->position()}, "the payload is not a " + record->type()};
                break;
            }
        }
        decoded.events.push_back(Event{.record = *record, .payload = payload});
    }
    cut(decoded);
    return decoded;
}

}  // namespace dealog::projections::engine
