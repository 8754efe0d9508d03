#pragma once

#include <tl/expected.hpp>

namespace dealog {

/// An expected answer or an expected refusal. Never discard one.
template <class T, class E>
using Result = tl::expected<T, E>;

template <class E>
[[nodiscard]] constexpr tl::unexpected<std::decay_t<E>> refuse(E&& error) {
    return tl::unexpected<std::decay_t<E>>(std::forward<E>(error));
}

}  // namespace dealog
