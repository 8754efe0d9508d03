#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>

#include <unistd.h>
#include <cstdlib>

#include "app/import/reader.hpp"
#include "app/import/runner.hpp"

using namespace dealog::app::import;

namespace {

struct TempFile {
    std::filesystem::path path;
    explicit TempFile(const std::string& text) {
        char name[] = "/tmp/dealog-import-XXXXXX";
        ::close(::mkstemp(name));
        path = name;
        std::ofstream(path) << text;
    }
    ~TempFile() { std::filesystem::remove(path); }
};

std::vector<Item> all(Reader& reader) {
    std::vector<Item> items;
    while (auto item = reader.next()) items.push_back(*item);
    return items;
}

std::string lines(int from, int to) {
    std::string text;
    for (int i = from; i <= to; ++i)
        text += R"({"path":"/v1/companies","body":{"name":"C)" + std::to_string(i) + "\"}}\n";
    return text;
}

}  // namespace

TEST_CASE("import: NDJSON lines become commands; a bad line says what is wrong and where") {
    TempFile file(
        "{\"path\":\"/v1/deals\",\"body\":{\"title\":\"x\"},\"idempotencyKey\":\"k1\"}\n\nnot json\n"
        "{\"path\":\"/v1/deals\"}\n{\"path\":\"/v1/deals\",\"body\":{},\"extra\":1}\n");
    const auto items = all(*read_ndjson(file.path));
    REQUIRE(items.size() == 4);
    CHECK(items[0].idempotency_key == "k1");
    CHECK(items[0].body == R"({"title":"x"})");
    CHECK(items[1].line == 3);
    CHECK(items[1].problem == "not a JSON object");
    CHECK(items[2].problem.find("path (a string) and body") != std::string::npos);
    CHECK(items[3].problem.find("'extra'") != std::string::npos);
}

TEST_CASE("import: the same file gives the same keys, equal lines different ones") {
    TempFile file(lines(1, 1) + lines(1, 1));
    const auto once = all(*read_ndjson(file.path));
    const auto again = all(*read_ndjson(file.path));
    CHECK(once[0].idempotency_key == again[0].idempotency_key);
    CHECK(once[0].idempotency_key != once[1].idempotency_key);
}

TEST_CASE("import: CSV with quotes, line breaks and a mapping becomes nested JSON") {
    TempFile mapping(
        "kind = \"contacts\"\n[columns]\nexternalId = \"id\"\n\"personal.fullName\" = \"name\"\n"
        "\"personal.phones[]\" = \"phones\"\n[constants]\nsource = \"legacy\"\n[prefixes]\nexternalId = \"old-\"\n");
    TempFile file(
        "\xEF\xBB\xBFid,name,phones\r\n7,\"Ada, \"\"Countess\"\"\nof L.\",+4412345678;+4412345679\r\n8,Bob\r\n");
    const auto items = all(*read_csv(file.path, load_mapping(mapping.path)));
    REQUIRE(items.size() == 2);
    CHECK(items[0].path == "/v1/contacts");
    CHECK(
        items[0].body ==
        R"({"externalId":"old-7","personal":{"fullName":"Ada, \"Countess\"\nof L.","phones":["+4412345678","+4412345679"]},"source":"legacy"})");
    CHECK(items[1].line == 4);
    CHECK(items[1].problem == "2 cells, the header has 3");
}

TEST_CASE("import: a mapping lists every problem at once") {
    TempFile mapping("kind = \"deals\"\nkinds = 1\n[columns]\ntitel = \"Name\"\nstage = 4\n");
    try {
        static_cast<void>(load_mapping(mapping.path));
        FAIL("accepted");
    } catch (const std::runtime_error& error) {
        const std::string what = error.what();
        CHECK(what.find("unknown entry 'kinds'") != std::string::npos);
        CHECK(what.find("deals have no field 'titel'") != std::string::npos);
        CHECK(what.find("[columns] stage is not a string") != std::string::npos);
    }
}

TEST_CASE("import: a mapped column that the file lacks is named") {
    TempFile mapping("kind = \"deals\"\n[columns]\ntitle = \"Name\"\n");
    TempFile file("Other\nx\n");
    CHECK_THROWS_WITH(read_csv(file.path, load_mapping(mapping.path)), Catch::Contains("no column 'Name'"));
}

TEST_CASE("import: a cut-off run goes on behind the last batch and sends nothing twice") {
    TempFile file(lines(1, 10));
    const auto resume = file.path.string() + ".resume";
    std::vector<std::string> sent;
    int batches_left = 2;
    const Send send = [&](const std::vector<Item>& items, const std::string&) -> BatchOutcome {
        if (batches_left-- == 0) return {.accepted = false, .problem = "cut off", .refused_item = 0, .refusal = {}};
        for (const auto& item : items) sent.push_back(item.body);
        return {.accepted = true, .problem = {}, .refused_item = 0, .refusal = {}};
    };
    const Options options{
        .batch_items = 3, .keep_going = false, .resume_file = resume, .on_progress = {}, .on_refusal = {}};
    CHECK_THROWS_WITH(run(*read_ndjson(file.path), 1, send, options), "cut off");
    CHECK(sent.size() == 6);
    batches_left = 100;
    const auto progress = run(*read_ndjson(file.path), 1, send, options);
    CHECK(progress.accepted == 4);
    REQUIRE(sent.size() == 10);
    for (int i = 0; i < 10; ++i)
        CHECK(sent[static_cast<std::size_t>(i)] == R"({"name":"C)" + std::to_string(i + 1) + "\"}");
    CHECK_FALSE(std::filesystem::exists(resume));
}

TEST_CASE("import: a refused command stops the run behind those before it, or is left out with keep_going") {
    TempFile file(lines(1, 6));
    std::vector<std::string> accepted;
    std::vector<std::uint64_t> refused;
    const Send send = [&](const std::vector<Item>& items, const std::string&) -> BatchOutcome {
        for (std::size_t i = 0; i < items.size(); ++i) {
            if (items[i].line == 4)
                return {.accepted = false, .problem = "refused", .refused_item = i, .refusal = "not_found: no"};
        }
        for (const auto& item : items) accepted.push_back(item.body);
        return {.accepted = true, .problem = {}, .refused_item = 0, .refusal = {}};
    };
    Options options{.batch_items = 5,
                    .keep_going = false,
                    .resume_file = {},
                    .on_progress = {},
                    .on_refusal = [&](std::uint64_t line, const std::string&) { refused.push_back(line); }};
    CHECK(run(*read_ndjson(file.path), 1, send, options).accepted == 3);
    CHECK(refused == std::vector<std::uint64_t>{4});
    accepted.clear();
    options.keep_going = true;
    const auto progress = run(*read_ndjson(file.path), 1, send, options);
    CHECK(progress.accepted == 5);
    CHECK(progress.refused == 1);
    CHECK(accepted.size() == 5);
}

TEST_CASE("import: the item that a batch's problem names is found in detail or violations") {
    const auto outcome = outcome_of(
        422, R"({"code":"unknown_stage","title":"x","violations":[{"field":"commands[17].body.stage","message":"m"}]})",
        "");
    CHECK(outcome.refused_item == 17);
    CHECK(outcome.refusal == "unknown_stage: x [stage: m]");
    CHECK(outcome_of(503, R"({"code":"store_fenced","detail":"disk"})", "").refusal.empty());
    CHECK(outcome_of(0, "", "refused").problem.find("no answer") != std::string::npos);
}
