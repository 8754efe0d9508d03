#include "gateway/negotiation.hpp"

#include <algorithm>
#include <cstdlib>

#include "gateway/json/text.hpp"

namespace dealog::gateway {

namespace {

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

std::string lower(std::string_view text) {
    std::string out(trimmed(text));
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

/// Cuts off what stands before `separator` and takes it out of `rest`.
std::string_view cut(std::string_view& rest, char separator) {
    const auto end = std::min(rest.find(separator), rest.size());
    const auto part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return trimmed(part);
}

/// `q` of one range of Accept, in thousandths.
int quality(std::string_view parameters) {
    while (!parameters.empty()) {
        const auto parameter = lower(cut(parameters, ';'));
        if (!parameter.starts_with("q=")) continue;
        const double q = std::strtod(parameter.c_str() + 2, nullptr);
        return q >= 0 && q <= 1 ? static_cast<int>(q * 1000) : 0;
    }
    return 1000;
}

struct Taste {
    int json = -1, protobuf = -1, event_stream = -1;
};

/// A name counts for itself; a range for what is not named.
void take(Taste& taste, Taste& ranged, const std::string& range, int q) {
    if (range == "application/json")
        taste.json = q;
    else if (range == "application/protobuf" || range == "application/x-protobuf")
        taste.protobuf = q;
    else if (range == "text/event-stream")
        taste.event_stream = q;
    else if (range == "*/*" || range == "application/*")
        ranged.json = ranged.protobuf = std::max(ranged.json, q);
}

bool visible(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

bool hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::string_view media_name(Media media) {
    switch (media) {
        case Media::json:
            return "application/json";
        case Media::protobuf:
            return "application/protobuf";
        case Media::event_stream:
            return "text/event-stream";
    }
    __builtin_unreachable();
}

Result<Media, Rejection> body_media(const Request& request) {
    const auto encoding = request.header("content-encoding");
    if (encoding && lower(*encoding) != "identity") {
        return refuse(rejection(Code::Problem_Code_UNSUPPORTED_MEDIA_TYPE, "bodies are not compressed here"));
    }
    const auto header = request.header("content-type");
    if (!header && request.body.empty()) return Media::json;
    std::string_view rest = header.value_or("");
    const auto type = lower(cut(rest, ';'));
    const auto parameter = lower(rest);
    const bool utf8 = parameter.empty() || parameter == "charset=utf-8" || parameter == "charset=\"utf-8\"";
    if (type == "application/json" && utf8) return Media::json;
    if ((type == "application/protobuf" || type == "application/x-protobuf") && parameter.empty())
        return Media::protobuf;
    return refuse(rejection(Code::Problem_Code_UNSUPPORTED_MEDIA_TYPE));
}

Result<Media, Rejection> answer_media(const Request& request, bool live) {
    std::string_view rest = request.header("accept").value_or("*/*");
    if (trimmed(rest).empty()) rest = "*/*";
    Taste taste;
    Taste ranged;
    while (!rest.empty()) {
        std::string_view range = cut(rest, ',');
        const auto name = lower(cut(range, ';'));
        take(taste, ranged, name, quality(range));
    }
    if (taste.json < 0) taste.json = ranged.json;
    if (taste.protobuf < 0) taste.protobuf = ranged.protobuf;
    const int best = std::max({taste.json, taste.protobuf, live ? taste.event_stream : -1});
    if (best <= 0) return refuse(rejection(Code::Problem_Code_NOT_ACCEPTABLE));
    if (live && taste.event_stream == best) return Media::event_stream;
    return taste.json == best ? Media::json : Media::protobuf;
}

std::optional<std::string_view> bearer(const Request& request) {
    const auto header = request.header("authorization");
    if (!header) return std::nullopt;
    std::string_view rest = *header;
    if (lower(cut(rest, ' ')) != "bearer") return std::nullopt;
    rest = trimmed(rest);
    return rest.empty() || rest.size() > 512 || !visible(rest) ? std::nullopt : std::optional(rest);
}

Result<std::string, Rejection> idempotency_key(const Request& request) {
    std::string_view key = request.header("idempotency-key").value_or("");
    if (key.size() >= 2 && key.front() == '"' && key.back() == '"') key = key.substr(1, key.size() - 2);
    if (key.empty() || key.size() > 128 || !visible(key))
        return refuse(rejection(Code::Problem_Code_IDEMPOTENCY_KEY_REQUIRED));
    return std::string(key);
}

Result<std::optional<Revision>, Rejection> if_match(const Request& request) {
    const auto header = request.header("if-match");
    if (!header) return std::optional<Revision>();
    const bool quoted = header->size() > 2 && header->front() == '"' && header->back() == '"';
    const auto number = quoted ? json::parse_uint64(header->substr(1, header->size() - 2)) : std::nullopt;
    if (!number) return refuse(rejection(Code::Problem_Code_BAD_IF_MATCH));
    return std::optional(Revision{*number});
}

std::string traceparent(const Request& request) {
    const auto header = request.header("traceparent").value_or("");
    const bool sound = header.size() == 55 && header[2] == '-' && header[35] == '-' && header[52] == '-' &&
                       hex(header.substr(0, 2)) && hex(header.substr(3, 32)) && hex(header.substr(36, 16)) &&
                       hex(header.substr(53)) && header.substr(0, 2) != "ff";
    return sound ? std::string(header) : std::string();
}

}  // namespace dealog::gateway
