#include "gateway/formats.hpp"

#include <algorithm>

#include "base/ids.hpp"
#include "base/time.hpp"
#include "base/zone.hpp"

namespace dealog::gateway {

namespace {

bool lower(char c) { return c >= 'a' && c <= 'z'; }
bool upper(char c) { return c >= 'A' && c <= 'Z'; }
bool digit(char c) { return c >= '0' && c <= '9'; }
bool visible(char c) { return c > 0x20 && c < 0x7F; }

template <class Predicate>
bool all(std::string_view text, Predicate predicate) {
    return std::all_of(text.begin(), text.end(), predicate);
}

bool is_key(std::string_view text) {
    return (lower(text.front()) || digit(text.front())) &&
           all(text, [](char c) { return lower(c) || digit(c) || c == '_' || c == '-'; });
}

bool is_e164(std::string_view text) {
    return text.front() == '+' && text.size() >= 8 && text.size() <= 16 && text[1] != '0' && all(text.substr(1), digit);
}

bool is_email(std::string_view text) {
    const auto at = text.find('@');
    if (at == std::string_view::npos || at == 0 || at > 64) return false;
    const auto domain = text.substr(at + 1);
    const auto plain = [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7F && c != '@'; };
    const auto in_domain = [](char c) {
        return lower(c) || upper(c) || digit(c) || c == '.' || c == '-' || static_cast<unsigned char>(c) >= 0x80;
    };
    return !domain.empty() && all(text.substr(0, at), plain) && all(domain, in_domain) && domain.front() != '.' &&
           domain.back() != '.' && domain.find("..") == std::string_view::npos;
}

/// No C0, DEL, C1, line or paragraph separator.
bool is_line(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        if (c < 0x20 || c == 0x7F) return false;
        if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xA0) return false;
        if (text.substr(i, 3) == "\xE2\x80\xA8" || text.substr(i, 3) == "\xE2\x80\xA9") return false;
    }
    return true;
}

bool is_page_token(std::string_view text) {
    return all(text,
               [](char c) { return lower(c) || upper(c) || digit(c) || c == '-' || c == '_' || c == '.' || c == '='; });
}

bool is_name_upper(std::string_view text) {
    return upper(text.front()) && all(text, [](char c) { return upper(c) || digit(c) || c == '_'; });
}

}  // namespace

bool is_reference(std::string_view text) {
    if (!text.starts_with("ext:")) return parse_uuid(text).has_value();
    return text.size() > 4 && text.size() <= 4 + 128 && all(text.substr(4), visible);
}

bool has_format(std::string_view text, v1::Rule::Format format) {
    switch (format) {
        case v1::Rule::UUID:
            return parse_uuid(text).has_value();
        case v1::Rule::KEY:
            return is_key(text);
        case v1::Rule::E164:
            return is_e164(text);
        case v1::Rule::EMAIL:
            return is_email(text);
        case v1::Rule::ZONE:
            return Zone::find(text).has_value();
        case v1::Rule::CURRENCY:
            return text.size() == 3 && all(text, upper);
        case v1::Rule::DATE:
            return parse_date(text).has_value();
        case v1::Rule::DATE_OR_TIME:
            return parse_date(text).has_value() || parse_rfc3339(text).has_value();
        case v1::Rule::NAME_UPPER:
            return is_name_upper(text);
        case v1::Rule::LINE:
            return is_line(text);
        case v1::Rule::EXTERNAL_ID:
            return all(text, visible);
        case v1::Rule::PAGE_TOKEN:
            return is_page_token(text);
        default:
            return text.find('\0') == std::string_view::npos;
    }
}

std::string_view format_words(v1::Rule::Format format) {
    switch (format) {
        case v1::Rule::UUID:
            return "a UUID";
        case v1::Rule::KEY:
            return "a key: lower-case letters, digits, - and _";
        case v1::Rule::E164:
            return "a phone number such as +79991234567";
        case v1::Rule::EMAIL:
            return "an e-mail address";
        case v1::Rule::ZONE:
            return "an IANA time zone such as Europe/Moscow";
        case v1::Rule::CURRENCY:
            return "three letters of ISO 4217";
        case v1::Rule::DATE:
            return "a date such as 2017-05-31";
        case v1::Rule::DATE_OR_TIME:
            return "a date or an RFC 3339 time";
        case v1::Rule::NAME_UPPER:
            return "a name in capitals such as CALL";
        case v1::Rule::LINE:
            return "one line of text";
        case v1::Rule::EXTERNAL_ID:
            return "visible ASCII";
        case v1::Rule::PAGE_TOKEN:
            return "a token of ours";
        default:
            return "text without NUL";
    }
}

std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace dealog::gateway
