#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace dealog {

/// A value that cannot be mistaken for another of the same representation. Explicit in, `value()` out.
template <class Tag, class T>
class Strong {
public:
    constexpr Strong() = default;
    constexpr explicit Strong(T value) : value_(std::move(value)) {}
    [[nodiscard]] constexpr const T& value() const { return value_; }
    friend constexpr auto operator<=>(const Strong&, const Strong&) = default;

private:
    T value_{};
};

/// Place of an event in the whole log: 1, 2, 3 … without a gap; 0 is before the first.
using Position = Strong<struct PositionTag, std::uint64_t>;
/// Place of an event in its stream: 1, 2, 3 …; 0 means the stream does not exist.
using Revision = Strong<struct RevisionTag, std::uint64_t>;
/// `<category>-<id>` or a bare category, e.g. `deal-0190…`, `settings`. At most 128 bytes of visible ASCII.
using StreamName = Strong<struct StreamNameTag, std::string>;

[[nodiscard]] constexpr Position next(Position p) { return Position{p.value() + 1}; }

}  // namespace dealog

template <class Tag, class T>
struct std::hash<dealog::Strong<Tag, T>> {
    std::size_t operator()(const dealog::Strong<Tag, T>& s) const noexcept { return std::hash<T>{}(s.value()); }
};
