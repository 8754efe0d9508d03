#include "base/problem.hpp"

#include <google/protobuf/descriptor.h>

#include <cstddef>
#include <utility>

namespace dealog {

namespace {

struct Entry {
    std::string name;
    v1::ProblemInfo info;
};

/// Indexed by code; numbers that are not codes read as INTERNAL.
std::vector<Entry> read_catalogue() {
    const auto& codes = *v1::Problem::Code_descriptor();
    const auto entry_of = [](const google::protobuf::EnumValueDescriptor& value) {
        Entry entry{.name = value.name(), .info = value.options().GetExtension(v1::problem)};
        for (char& c : entry.name) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        }
        return entry;
    };
    const Entry internal = entry_of(*codes.FindValueByNumber(v1::Problem::INTERNAL));
    std::vector<Entry> catalogue(static_cast<std::size_t>(v1::Problem::Code_MAX) + 1, internal);
    for (int i = 0; i < codes.value_count(); ++i) {
        const auto& value = *codes.value(i);
        if (value.options().HasExtension(v1::problem))
            catalogue[static_cast<std::size_t>(value.number())] = entry_of(value);
    }
    return catalogue;
}

const Entry& entry_of(Code code) {
    static const std::vector<Entry> catalogue = read_catalogue();
    const auto index = static_cast<std::size_t>(code);
    return index < catalogue.size() ? catalogue[index] : catalogue[v1::Problem::INTERNAL];
}

}  // namespace

std::string_view code_name(Code code) { return entry_of(code).name; }

const v1::ProblemInfo& problem_info(Code code) { return entry_of(code).info; }

Rejection rejection(Code code, std::string detail, std::vector<Violation> violations) {
    return Rejection{.code = code, .detail = std::move(detail), .violations = std::move(violations)};
}

}  // namespace dealog
