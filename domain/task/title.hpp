#pragma once

#include <string_view>

#include "domain/settings/settings.pb.h"

namespace dealog::task {

/// A title tells a colleague what the task is about: long enough and not just a word of the stop list (R19).
[[nodiscard]] bool is_descriptive(std::string_view title, const settings::v1::TitleStopList& list);

}  // namespace dealog::task
