#include "gateway/server/gate.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace dealog::gateway::server {

namespace {

constexpr std::array<std::string_view, 7> methods{"GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"};

/// Given twice they would let two readers see two different requests.
constexpr std::array<std::string_view, 11> singular{
    "host",     "content-length", "transfer-encoding", "authorization", "idempotency-key", "content-type",
    "if-match", "expect",         "last-event-id",     "upgrade",       "content-encoding"};

Rejection bad(std::string why) { return rejection(Code::Problem_Code_BAD_HTTP, std::move(why)); }

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), to_lower);
    return out;
}

bool is_token_char(char c) {
    const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return alphanumeric || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_token(std::string_view text) { return !text.empty() && std::all_of(text.begin(), text.end(), is_token_char); }

bool is_visible(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

/// Tab and everything above control characters: obs-text is let through as bytes.
bool is_field_value(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte == '\t' || (byte >= 0x20 && byte != 0x7F);
    });
}

std::string_view trimmed(std::string_view text) {
    const auto space = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && space(text.front())) text.remove_prefix(1);
    while (!text.empty() && space(text.back())) text.remove_suffix(1);
    return text;
}

/// Origin form; absolute form only when it names the host that Host names.
Result<std::string_view, Rejection> origin_form(std::string_view target, std::string_view host) {
    if (target.starts_with('/')) return target;
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!lower(target.substr(0, scheme.size())).starts_with(scheme)) continue;
        const auto rest = target.substr(scheme.size());
        const auto slash = std::min(rest.find('/'), rest.size());
        if (lower(rest.substr(0, slash)) != lower(host)) return refuse(bad("the target names another host than Host"));
        return slash == rest.size() ? std::string_view("/") : rest.substr(slash);
    }
    return refuse(bad("the target is not a path"));
}

struct Line {
    std::string_view method, target;
};

Result<Line, Rejection> request_line(std::string_view line) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return refuse(bad("the request line has not three parts"));
    const Line parts{.method = line.substr(0, first), .target = line.substr(first + 1, last - first - 1)};
    if (line.substr(last + 1) != "HTTP/1.1") return refuse(bad("only HTTP/1.1 is spoken here"));
    if (std::find(methods.begin(), methods.end(), parts.method) == methods.end()) return refuse(bad("unknown method"));
    if (parts.target.empty() || !is_visible(parts.target) || parts.target.find('#') != std::string_view::npos) {
        return refuse(bad("the target has characters that must be percent-encoded"));
    }
    return parts;
}

Result<void, Rejection> add_field(std::string_view line, Headers& headers) {
    if (line.front() == ' ' || line.front() == '\t') return refuse(bad("a header is folded over two lines"));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
        return refuse(bad("a header has no proper name"));
    if (headers.size() == header_fields_max)
        return refuse(rejection(Code::Problem_Code_HEADERS_TOO_LARGE, "more than 64 headers"));
    const auto value = trimmed(line.substr(colon + 1));
    if (!is_field_value(value)) return refuse(bad("a header has control characters"));
    std::string name = lower(line.substr(0, colon));
    const bool once = std::find(singular.begin(), singular.end(), name) != singular.end();
    const bool known =
        once && std::any_of(headers.begin(), headers.end(), [&](const auto& h) { return h.first == name; });
    if (known) return refuse(bad(name + " is given twice"));
    headers.emplace_back(std::move(name), std::string(value));
    return {};
}

Result<void, Rejection> connection_options(std::string_view value, Head& head) {
    while (!value.empty()) {
        const auto end = std::min(value.find(','), value.size());
        const auto option = lower(trimmed(value.substr(0, end)));
        value.remove_prefix(std::min(end + 1, value.size()));
        if (option == "close") head.keep_alive = false;
        if (std::find(singular.begin(), singular.end(), option) != singular.end() && option != "upgrade") {
            return refuse(bad("Connection names " + option));
        }
    }
    return {};
}

Result<void, Rejection> framing(Head& head) {
    const Request& request = head.request;
    const auto length = request.header("content-length");
    const auto encoding = request.header("transfer-encoding");
    if (length && encoding) return refuse(bad("Content-Length and Transfer-Encoding together"));
    if (encoding && lower(*encoding) != "chunked") return refuse(bad("the only Transfer-Encoding is chunked"));
    head.chunked = encoding.has_value();
    if (length) {
        const auto* end = length->data() + length->size();
        const bool plain = !length->empty() &&
                           std::all_of(length->begin(), length->end(), [](char c) { return c >= '0' && c <= '9'; });
        const auto parsed = std::from_chars(length->data(), end, head.content_length);
        if (!plain || parsed.ec != std::errc{} || parsed.ptr != end)
            return refuse(bad("Content-Length is not a number"));
    }
    const bool bodyless = request.method == "GET" || request.method == "HEAD" || request.method == "DELETE";
    if (bodyless && (head.chunked || head.content_length > 0)) return refuse(bad(request.method + " takes no body"));
    return {};
}

Result<void, Rejection> semantics(Head& head) {
    if (const auto expect = head.request.header("expect")) {
        if (lower(*expect) != "100-continue") return refuse(bad("the only expectation is 100-continue"));
        head.expects_continue = head.chunked || head.content_length > 0;
    }
    if (head.request.header("upgrade")) return refuse(bad("there is nothing to upgrade to"));
    for (const auto& [name, value] : head.request.headers) {
        if (name != "connection") continue;
        if (auto options = connection_options(value, head); !options) return options;
    }
    return {};
}

}  // namespace

Result<Head, Rejection> inspect(std::string_view block) {
    Head head;
    std::optional<Line> line;
    while (!block.starts_with("\r\n")) {
        const auto end = block.find("\r\n");
        if (end == std::string_view::npos) return refuse(bad("the header block does not end"));
        const auto text = block.substr(0, end);
        block.remove_prefix(end + 2);
        if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
            return refuse(bad("a bare CR, LF or NUL"));
        if (!line) {
            auto parsed = request_line(text);
            if (!parsed) return refuse(parsed.error());
            line = *parsed;
        } else if (auto added = add_field(text, head.request.headers); !added) {
            return refuse(added.error());
        }
    }
    if (!line) return refuse(bad("there is no request line"));
    const auto host = head.request.header("host");
    if (!host || host->empty() || !is_visible(*host)) return refuse(bad("exactly one Host is needed"));
    const auto target = origin_form(line->target, *host);
    if (!target) return refuse(target.error());
    const auto question = std::min(target->find('?'), target->size());
    head.request.method = line->method;
    head.request.path = target->substr(0, question);
    head.request.query = target->substr(std::min(question + 1, target->size()));
    if (auto framed = framing(head); !framed) return refuse(framed.error());
    if (auto sound = semantics(head); !sound) return refuse(sound.error());
    return head;
}

}  // namespace dealog::gateway::server
