#pragma once

#include <string>
#include <string_view>

#include "domain/decision.hpp"
#include "domain/fold.hpp"
#include "domain/given.hpp"
#include "domain/privacy/privacy.pb.h"

namespace dealog::privacy {

/// Whether the personal values of a subject (`contact-<id>`, `company-<id>`, `deal-<id>`) can still be written.
struct Subject {
    bool exists = false;  // an event about it exists, which is: it was erased
    Revision revision;
    bool erased = false;
};

void evolve(Subject& state, const v1::SubjectErased& event, const domain::Envelope& envelope);

using Fold = domain::Folder<Subject, v1::SubjectErased>;

[[nodiscard]] StreamName stream_of(std::string_view subject);
/// Streams of erasures begin so, and the subject follows.
inline constexpr std::string_view stream_prefix = "subject-";

[[nodiscard]] domain::Decided decide(const v1::EraseSubject& command, const domain::Given& given);

}  // namespace dealog::privacy
