#pragma once

#include <memory>

#include <google/protobuf/message.h>

#include "base/principal.hpp"
#include "base/problem.hpp"
#include "gateway/http.hpp"
#include "gateway/negotiation.hpp"
#include "gateway/routes.hpp"

namespace dealog::gateway {

/// One request on its way to its answer. Shared by the steps that it goes through; one of them answers.
struct Exchange {
    Request request;
    Respond respond;
    Principal caller = {};
    std::string secret = {};  // the key that was shown: streams look at its rights again
    Match match = {};         // views into request.path
    Media answer_in = Media::json;

    void refuse(const Rejection& rejection) const;
    void answer(const google::protobuf::Message& message, unsigned status = 200, Headers headers = {}) const;
    void answer(Response response) const { respond(std::move(response)); }
};

using Shared = std::shared_ptr<Exchange>;

}  // namespace dealog::gateway
