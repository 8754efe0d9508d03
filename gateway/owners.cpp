#include "gateway/owners.hpp"

#include "domain/company/company.pb.h"
#include "domain/contact/contact.pb.h"
#include "domain/deal/deal.pb.h"
#include "eventstore/event_log.hpp"

namespace dealog::gateway {

namespace {

template <class Event, class Take>
bool take_from(const log::v1::Record& record, Take take) {
    if (record.type() != Event::descriptor()->full_name()) return false;
    Event event;
    if (!event.ParseFromString(record.payload()))
        throw eventstore::StoreBroken("a payload does not parse: " + record.type());
    take(event);
    return true;
}

/// Every event that says whose the thing is.
void take_owner(const log::v1::Record& record, std::string& owner) {
    const auto registered = [&](const auto& event) { owner = event.owner_id(); };
    const auto updated = [&](const auto& event) {
        if (event.has_owner_id()) owner = event.owner_id();
    };
    const auto changed = [&](const auto& event) { owner = event.to_owner_id(); };
    static_cast<void>(take_from<deal::v1::DealOpened>(record, registered) ||
                      take_from<deal::v1::DealOwnerChanged>(record, changed) ||
                      take_from<company::v1::CompanyRegistered>(record, registered) ||
                      take_from<company::v1::CompanyUpdated>(record, updated) ||
                      take_from<contact::v1::ContactRegistered>(record, registered) ||
                      take_from<contact::v1::ContactUpdated>(record, updated));
}

}  // namespace

std::string Owners::of(const std::string& stream) {
    const auto dash = stream.find('-');
    const auto category = stream.substr(0, dash);
    if (category == "clock" && dash != std::string::npos) return of("deal-" + stream.substr(dash + 1));
    if (category != "deal" && category != "contact" && category != "company") return {};
    const StreamName name{stream};
    const Revision head = log_.revision(name);
    Known known;
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = known_.find(stream); found != known_.end()) known = found->second;
    }
    if (known.revision == head) return known.owner;
    catch_up(name, known, head);
    const std::lock_guard lock(mutex_);
    if (known_.size() >= known_max) known_.clear();
    known_[stream] = known;
    return known.owner;
}

void Owners::catch_up(const StreamName& stream, Known& known, Revision head) const {
    while (known.revision < head) {
        const auto page = log_.read_stream(stream, known.revision, {});
        if (page.records.empty()) throw eventstore::StoreBroken("a stream is shorter than its head: " + stream.value());
        for (const auto& bytes : page.records) {
            log::v1::Record record;
            if (!record.ParseFromString(bytes))
                throw eventstore::StoreBroken("a record does not parse: " + stream.value());
            take_owner(record, known.owner);
            known.revision = Revision{record.revision()};
        }
    }
}

}  // namespace dealog::gateway
