#include "gateway/problems.hpp"

#include <google/protobuf/descriptor.h>

#include "gateway/json/text.hpp"

namespace dealog::gateway {

namespace {

void member(std::string& out, std::string_view name, std::string_view value) {
    out += out.back() == '{' ? "" : ",";
    json::append_quoted(name, out);
    out += ':';
    json::append_quoted(value, out);
}

void violations(std::string& out, const std::vector<Violation>& all) {
    out += ",\"violations\":[";
    for (const Violation& violation : all) {
        out += out.back() == '[' ? "{" : ",{";
        member(out, "rule", violation.rule);
        if (!violation.field.empty()) member(out, "field", violation.field);
        member(out, "message", violation.message);
        out += '}';
    }
    out += ']';
}

}  // namespace

Response problem(const Rejection& rejection, std::string_view instance, std::string_view request_id) {
    const v1::ProblemInfo& info = problem_info(rejection.code);
    const auto code = code_name(rejection.code);
    std::string body = "{";
    member(body, "type", "/problems#" + std::string(code));
    member(body, "title", info.title());
    body += ",\"status\":" + std::to_string(info.status());
    member(body, "detail", rejection.detail.empty() ? info.remedy() : rejection.detail);
    member(body, "code", code);
    if (!instance.empty()) member(body, "instance", instance);
    if (!request_id.empty()) member(body, "requestId", request_id);
    violations(body, rejection.violations);
    body += '}';
    Response response{.status = info.status(),
                      .headers = {{"Content-Type", "application/problem+json"}},
                      .body = std::move(body),
                      .stream = nullptr};
    if (info.retry_after() != 0) response.headers.emplace_back("Retry-After", std::to_string(info.retry_after()));
    if (info.status() == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
}

std::string problem_catalogue() {
    std::string body = R"({"problems":[)";
    const auto* codes = v1::Problem::Code_descriptor();
    for (int i = 0; i < codes->value_count(); ++i) {
        const int number = codes->value(i)->number();
        if (number == 0) continue;
        const auto code = static_cast<Code>(number);
        const v1::ProblemInfo& info = problem_info(code);
        body += body.back() == '[' ? "{" : ",{";
        member(body, "code", code_name(code));
        body += ",\"status\":" + std::to_string(info.status());
        member(body, "title", info.title());
        member(body, "remedy", info.remedy());
        if (info.retry_after() != 0) body += ",\"retryAfter\":" + std::to_string(info.retry_after());
        body += '}';
    }
    return body + "]}";
}

}  // namespace dealog::gateway
