#include "gateway/json/fill.hpp"

#include <cstddef>
#include <iterator>

#include <nlohmann/json.hpp>

#include "base/assert.hpp"
#include "gateway/json/filler.hpp"

namespace dealog::gateway::json {

namespace {

/// Reads the text and tells the filler how far the parser has come, so that it can cut out a part as it stands.
struct Cursor {
    using iterator_category = std::forward_iterator_tag;
    using value_type = char;
    using difference_type = std::ptrdiff_t;
    using pointer = const char*;
    using reference = const char&;

    const char* at;
    const char** seen;

    reference operator*() const { return *at; }
    Cursor& operator++() {
        *seen = ++at;
        return *this;
    }
    friend bool operator==(const Cursor& a, const Cursor& b) { return a.at == b.at; }
    friend bool operator!=(const Cursor& a, const Cursor& b) { return a.at != b.at; }
};

}  // namespace

Result<void, Rejection> fill(std::string_view text, google::protobuf::Message& message, const FillOptions& options) {
    if (text.starts_with("\xEF\xBB\xBF")) {
        return refuse(rejection(Code::Problem_Code_MALFORMED_BODY, "the body begins with a byte order mark",
                                {{"malformed_json", std::string(options.prefix), "no byte order mark is accepted"}}));
    }
    const char* seen = text.data();
    const Cursor begin{.at = text.data(), .seen = &seen};
    const Cursor end{.at = text.data() + text.size(), .seen = &seen};
    Filler filler(message, options, seen);
    const bool filled = nlohmann::json::sax_parse(begin, end, &filler);
    if (auto refusal = filler.refusal()) return refuse(std::move(*refusal));
    DEALOG_ASSERT(filled, "the parser stops only for a refusal");
    return {};
}

}  // namespace dealog::gateway::json
