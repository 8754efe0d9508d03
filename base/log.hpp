#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace dealog::log {

enum class Level { debug, info, warn, error };

using Field = std::pair<std::string_view, std::string>;

/// One structured line on standard error: JSON with time, level, event and fields. Thread-safe. Never pass personal
/// values or secrets.
void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});
void set_level(Level level);
/// "debug" … "error"; false when unknown.
bool set_level(std::string_view name);

inline void info(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::info, event, fields);
}
inline void warn(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::warn, event, fields);
}
inline void error(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::error, event, fields);
}
inline void debug(std::string_view event, std::initializer_list<Field> fields = {}) {
    write(Level::debug, event, fields);
}

}  // namespace dealog::log
