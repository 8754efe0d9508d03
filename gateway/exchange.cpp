#include "gateway/exchange.hpp"

#include "gateway/json/write.hpp"
#include "gateway/problems.hpp"

namespace dealog::gateway {

void Exchange::refuse(const Rejection& rejection) const { respond(problem(rejection, request.path, request.id)); }

void Exchange::answer(const google::protobuf::Message& message, unsigned status, Headers headers) const {
    const Media media = answer_in == Media::protobuf ? Media::protobuf : Media::json;
    headers.emplace_back("Content-Type", media_name(media));
    std::string body = media == Media::protobuf ? message.SerializeAsString() : json::write(message);
    respond(Response{.status = status, .headers = std::move(headers), .body = std::move(body), .stream = nullptr});
}

}  // namespace dealog::gateway
