#pragma once

namespace dealog {

[[noreturn]] void assertion_failed(const char* condition, const char* reason, const char* file, int line);

}  // namespace dealog

/// A bug, not a broken world: always on, ends the process.
#define DEALOG_ASSERT(condition, reason) \
    ((condition) ? static_cast<void>(0) : ::dealog::assertion_failed(#condition, reason, __FILE__, __LINE__))
