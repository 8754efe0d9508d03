#pragma once

#include <google/protobuf/message.h>

namespace dealog::golden {

/// Fills every field of a message with values that depend on the field alone, two entries in repeated ones.
void fill_sample(google::protobuf::Message& message, int depth = 0);

}  // namespace dealog::golden
