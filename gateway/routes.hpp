#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/options.pb.h"
#include "base/problem.hpp"
#include "base/result.hpp"

namespace google::protobuf {
class Descriptor;
class FieldDescriptor;
class Message;
}  // namespace google::protobuf

namespace dealog::gateway {

enum class Verb { get, post };

/// One binding of a command or query message.
struct Route {
    Verb verb = Verb::get;
    std::string path;  // the template, as declared
    const google::protobuf::Descriptor* message = nullptr;
    const v1::Http* http = nullptr;
    const v1::Access* access = nullptr;
    /// The placeholders' fields in the order of the path.
    std::vector<const google::protobuf::FieldDescriptor*> placeholders = {};
    std::size_t number = 0;  // in the table
};

/// A route and what the path gave for its placeholders, still percent-encoded; views into the path.
struct Match {
    const Route* route = nullptr;
    std::vector<std::string_view> values = {};
};
/// The path exists, the method does not.
struct OtherMethods {
    std::string allow;
};
struct NoSuchPath {};
using Found = std::variant<Match, OtherMethods, NoSuchPath>;

/// Every binding of the contract's messages. Immutable once built.
class Routes {
public:
    /// Of the whole contract.
    Routes();
    /// Of some messages. Throws std::logic_error for a template that is ambiguous beside another, a placeholder that is
    /// no singular string field marked `path`, a message without access or without its answer.
    explicit Routes(std::span<const google::protobuf::Descriptor* const> messages);

    [[nodiscard]] Found find(std::string_view method, std::string_view path) const;
    [[nodiscard]] const std::vector<std::unique_ptr<Route>>& all() const { return routes_; }

private:
    struct Node {
        std::map<std::string, std::size_t, std::less<>> literals;
        std::optional<std::size_t> any;  // the node behind a placeholder
        const Route* get = nullptr;
        const Route* post = nullptr;
    };

    void add(const google::protobuf::Descriptor& message, const v1::Http& http, const v1::Http::Binding& binding);
    void plant(Route& route);
    std::size_t step(std::size_t node, std::string_view segment, Route& route);

    std::vector<std::unique_ptr<Route>> routes_;
    std::vector<Node> nodes_;
};

/// Puts the path's values into their fields. MALFORMED_QUERY when one is not percent-encoded UTF-8.
[[nodiscard]] Result<void, Rejection> fill_path(const Match& match, google::protobuf::Message& message);

/// What every query takes beside its own parameters, as text.
struct CommonParameters {
    std::string as_of;
    std::string min_position;
};

/// Puts the query string into the message's fields by their JSON names; a repeated parameter fills a repeated field. A
/// `+` is a space, except where the field's format knows no spaces (phones, times, ids): there it stays what it is.
/// MALFORMED_QUERY for unknown, duplicate or unreadable parameters.
[[nodiscard]] Result<CommonParameters, Rejection> fill_query(std::string_view query,
                                                             google::protobuf::Message& message);

}  // namespace dealog::gateway
