#include "projections/engine/projection.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <openssl/sha.h>
#include <sodium.h>

namespace dealog::projections {

namespace {

constexpr std::size_t position_bytes = 8;
constexpr std::size_t hash_bytes = 8;

/// What makes two requests the same query: everything but how its pages are cut.
std::string query_hash(const Message& request) {
    const auto* descriptor = request.GetDescriptor();
    const std::unique_ptr<Message> query(request.New());
    query->CopyFrom(request);
    for (const char* name : {"page_token", "page_size"}) {
        if (const auto* field = descriptor->FindFieldByName(name))
            query->GetReflection()->ClearField(query.get(), field);
    }
    std::string bytes = descriptor->full_name() + '\0';
    {
        google::protobuf::io::StringOutputStream stream(&bytes);
        google::protobuf::io::CodedOutputStream out(&stream);
        out.SetSerializationDeterministic(true);
        query->SerializeWithCachedSizes(&out);
    }
    std::string digest(SHA256_DIGEST_LENGTH, '\0');
    SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
           reinterpret_cast<unsigned char*>(digest.data()));
    return digest.substr(0, hash_bytes);
}

std::string to_base64url(std::string_view bytes) {
    constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
    std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                      variant);
    text.pop_back();  // the terminating zero
    return text;
}

std::optional<std::string> from_base64url(std::string_view text) {
    std::string bytes(text.size(), '\0');
    std::size_t length = 0;
    const char* end = nullptr;
    const int failed = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                                         text.size(), nullptr, &length, &end, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    if (failed != 0 || end != text.data() + text.size()) return std::nullopt;
    bytes.resize(length);
    return bytes;
}

std::string page_token_of(const Message& request) {
    const auto* field = request.GetDescriptor()->FindFieldByName("page_token");
    DEALOG_ASSERT(field != nullptr, "only a query with page_token has pages");
    return request.GetReflection()->GetString(request, field);
}

struct PageToken {
    Position position;
    std::string query;
    std::string next_key;
};

std::optional<PageToken> parse_page_token(std::string_view text) {
    const auto bytes = from_base64url(text);
    if (!bytes || bytes->size() < position_bytes + hash_bytes) return std::nullopt;
    KeyReader reader(*bytes);
    const Position position{reader.u64()};
    return PageToken{.position = position,
                     .query = bytes->substr(position_bytes, hash_bytes),
                     .next_key = bytes->substr(position_bytes + hash_bytes)};
}

}  // namespace

std::string_view Event::category() const {
    return std::string_view(record.stream()).substr(0, record.stream().find('-'));
}

std::string_view Event::subject_id() const {
    const std::string_view stream = record.stream();
    const auto dash = stream.find('-');
    return dash == std::string_view::npos ? std::string_view{} : stream.substr(dash + 1);
}

std::optional<v1::SealedValue> Event::sealed(std::string_view field) const {
    for (const auto& part : record.sealed()) {
        if (part.field() != field) continue;
        v1::SealedValue value;
        *value.mutable_part() = part;
        value.set_event_id(record.event_id());
        value.set_stream(record.stream());
        value.set_type(record.type());
        return value;
    }
    return std::nullopt;
}

std::string make_page_token(Position position, const Message& request, std::string_view next_key) {
    std::string bytes = Key().u64(position.value()).bytes() + query_hash(request);
    bytes += next_key;
    return to_base64url(bytes);
}

Result<std::string, Rejection> page_start(const Message& request) {
    const auto text = page_token_of(request);
    if (text.empty()) return std::string{};
    auto token = parse_page_token(text);
    if (!token || token->query != query_hash(request)) return refuse(rejection(v1::Problem::BAD_CURSOR));
    return std::move(token->next_key);
}

std::optional<Position> page_position(const Message& request) {
    const auto text = page_token_of(request);
    const auto token = text.empty() ? std::nullopt : parse_page_token(text);
    if (!token || token->query != query_hash(request)) return std::nullopt;
    return token->position;
}

}  // namespace dealog::projections
