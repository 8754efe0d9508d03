#include "app/import/runner.hpp"

#include <algorithm>
#include <chrono>
#include <regex>
#include <stdexcept>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/ids.hpp"

namespace dealog::app::import {

namespace {

/// Bounds of /v1/batch.
constexpr std::size_t batch_items_max = 1000;
constexpr std::size_t batch_bytes_max = 3u << 20;

std::string key_of(const std::vector<Item>& items) {
    std::string all;
    for (const auto& item : items) all += item.idempotency_key + '\n';
    return "import-" + to_text(named_uuid(all));
}

std::uint64_t lines_done(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::uint64_t line = 0;
    in >> line;
    return line;
}

/// The mark is replaced as a whole: a torn one would skip commands.
void mark_done(const std::filesystem::path& file, std::uint64_t line) {
    if (file.empty()) return;
    const auto next = std::filesystem::path(file.string() + ".new");
    std::ofstream out(next, std::ios::trunc);
    out << line << '\n' << std::flush;
    if (!out) throw std::runtime_error("cannot write " + next.string());
    out.close();
    std::filesystem::rename(next, file);
}

class Run {
public:
    Run(Reader& reader, std::uint64_t bytes_total, const Send& send, const Options& options)
        : reader_(reader), send_(send), options_(options), begin_(std::chrono::steady_clock::now()) {
        progress_.bytes_total = bytes_total;
    }

    Progress all() {
        const auto skip = options_.resume_file.empty() ? 0 : lines_done(options_.resume_file);
        std::vector<Item> batch;
        std::size_t bytes = 0;
        while (auto item = reader_.next()) {
            ++progress_.lines;
            if (item->line <= skip) continue;
            if (!item->problem.empty()) {
                if (!flush(batch) || !refused(item->line, item->problem)) return finish();
                continue;
            }
            bytes += item->body.size() + item->path.size() + 128;
            batch.push_back(std::move(*item));
            if (batch.size() >= std::min(options_.batch_items, batch_items_max) || bytes >= batch_bytes_max) {
                if (!flush(batch)) return finish();
                bytes = 0;
            }
        }
        if (flush(batch) && !options_.resume_file.empty()) std::filesystem::remove(options_.resume_file);
        return finish();
    }

private:
    /// False: stop.
    bool flush(std::vector<Item>& batch) {
        while (!batch.empty()) {
            const auto outcome = send_(batch, key_of(batch));
            if (outcome.accepted) {
                progress_.accepted += batch.size();
                mark_done(options_.resume_file, batch.back().line);
                batch.clear();
                break;
            }
            if (outcome.refusal.empty()) throw std::runtime_error(outcome.problem);
            const auto bad =
                batch.begin() + static_cast<std::ptrdiff_t>(std::min(outcome.refused_item, batch.size() - 1));
            // What stands before the refused command is sound by itself.
            std::vector<Item> before(batch.begin(), bad);
            const auto line = bad->line;
            if (!options_.keep_going) {
                if (!before.empty() && !flush(before)) return false;
                return refused(line, outcome.refusal);
            }
            batch.erase(bad);
            refused(line, outcome.refusal);
        }
        report();
        return true;
    }

    bool refused(std::uint64_t line, const std::string& why) {
        ++progress_.refused;
        if (options_.on_refusal) options_.on_refusal(line, why);
        return options_.keep_going;
    }

    void report() {
        progress_.bytes = reader_.bytes_read();
        progress_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
        if (options_.on_progress) options_.on_progress(progress_);
    }

    Progress finish() {
        report();
        return progress_;
    }

    Reader& reader_;
    const Send& send_;
    const Options& options_;
    Progress progress_;
    std::chrono::steady_clock::time_point begin_;
};

}  // namespace

Progress run(Reader& reader, std::uint64_t bytes_total, const Send& send, const Options& options) {
    return Run(reader, bytes_total, send, options).all();
}

std::string batch_body(const std::vector<Item>& items) {
    std::string body = R"({"commands":[)";
    for (const auto& item : items) {
        if (body.back() != '[') body += ',';
        body += R"({"path":)" + nlohmann::json(item.path).dump() + R"(,"body":)" + item.body + '}';
    }
    return body + "]}";
}

BatchOutcome outcome_of(int status, const std::string& body, const std::string& error) {
    if (status >= 200 && status < 300) return {.accepted = true, .problem = {}, .refused_item = 0, .refusal = {}};
    BatchOutcome outcome;
    outcome.problem =
        status == 0 ? "no answer from the server: " + error : fmt::format("the server answered {}: {}", status, body);
    const auto problem = nlohmann::json::parse(body, nullptr, false);
    if (!problem.is_object()) return outcome;
    static const std::regex index(R"(commands\[(\d+)\])");
    std::string places = problem.value("detail", "");
    for (const auto& violation : problem.value("violations", nlohmann::json::array()))
        places += ' ' + violation.value("field", "");
    std::smatch found;
    if (!std::regex_search(places, found, index)) return outcome;
    outcome.refused_item = std::stoul(found[1]);
    // Where it stands in the batch says nothing to the owner of the file.
    static const std::regex place(R"(commands\[\d+\](\.body\.?)?(: )?)");
    const auto of_file = [](const std::string& text) { return std::regex_replace(text, place, ""); };
    outcome.refusal = problem.value("code", "") + ": " + of_file(problem.value("detail", problem.value("title", "")));
    for (const auto& violation : problem.value("violations", nlohmann::json::array())) {
        const auto field = of_file(violation.value("field", ""));
        outcome.refusal +=
            fmt::format(" [{}{}{}]", field, field.empty() ? "" : ": ", of_file(violation.value("message", "")));
    }
    return outcome;
}

}  // namespace dealog::app::import
