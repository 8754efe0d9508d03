#include "projections/engine/build.hpp"

#include <algorithm>
#include <future>
#include <thread>

#include <rocksdb/db.h>
#include <rocksdb/sst_file_writer.h>
#include <rocksdb/write_batch.h>

#include "projections/engine/run_buffer.hpp"

namespace dealog::projections::engine {

namespace {

constexpr std::size_t page_bytes_max = 8u << 20;
constexpr std::size_t file_bytes_max = 64u << 20;

/// Sorted keys into files, and these into the store. A file holds one table, so that files of different tables do not
/// overlap.
class SortedFiles {
public:
    SortedFiles(const Generation& generation, rocksdb::ColumnFamilyHandle* family)
        : generation_(generation),
          family_(family),
          writer_(rocksdb::EnvOptions(), generation.store()->options_of(generation, family), family) {}
    ~SortedFiles() {
        std::error_code ignored;
        for (const auto& file : files_) std::filesystem::remove(file, ignored);
    }
    SortedFiles(const SortedFiles&) = delete;
    SortedFiles& operator=(const SortedFiles&) = delete;

    void put(std::string_view key, std::string_view value) {
        roll(key);
        check(writer_.Put(rocksdb::Slice(key), rocksdb::Slice(value)), "write a run");
    }
    void erase(std::string_view key) {
        roll(key);
        check(writer_.Delete(rocksdb::Slice(key)), "write a run");
    }
    void ingest() {
        if (files_.empty()) return;
        check(writer_.Finish(), "end a run");
        rocksdb::IngestExternalFileOptions options;
        options.move_files = true;
        options.write_global_seqno = false;
        check(generation_.store()->db().IngestExternalFile(family_, files_, options), "take a run in");
    }

private:
    void roll(std::string_view key) {
        const bool same_file = !files_.empty() && table_ == key.front() && writer_.FileSize() < file_bytes_max;
        if (same_file) return;
        if (!files_.empty()) check(writer_.Finish(), "end a run");
        const auto name = generation_.projection() + '-' + std::to_string(generation_.number()) + '-' +
                          (family_ == generation_.rows() ? "rows-" : "history-") + std::to_string(files_.size()) +
                          ".run";
        files_.push_back(generation_.store()->runs_directory() / name);
        table_ = key.front();
        check(writer_.Open(files_.back()), "begin a run");
    }

    const Generation& generation_;
    rocksdb::ColumnFamilyHandle* family_;
    rocksdb::SstFileWriter writer_;
    std::vector<std::string> files_;
    char table_ = 0;
};

void write_run(const Generation& generation, rocksdb::ColumnFamilyHandle* family, const RunBuffer& run) {
    if (run.empty()) return;
    SortedFiles files(generation, family);
    run.for_each([&](std::string_view key, std::string_view value) { files.put(key, value); });
    files.ingest();
}

}  // namespace

bool Build::run(std::vector<Lane>& lanes,
                const std::function<void(std::uint64_t done, std::uint64_t total)>& progress) {
    lanes_ = std::max<std::size_t>(lanes.size(), 1);
    Decoded decoded = read(Position{});
    while (!decoded.appends.empty() || decoded.broken) {
        if (stop_) return false;
        const bool last = decoded.broken.has_value();
        const Position reached = decoded.appends.empty() ? Position{} : decoded.appends.back().last;
        auto following =
            last ? std::future<Decoded>{} : std::async(std::launch::async, [this, reached] { return read(reached); });
        apply(lanes, decoded);
        if (last) break;
        decoded = following.get();
        progress(reached.value(), std::max(log_.head().position, reached).value());
    }
    std::vector<std::future<void>> finishing;
    for (auto& lane : lanes) finishing.push_back(std::async(std::launch::async, [&] { finish(lane); }));
    for (auto& one : finishing) one.wait();
    for (auto& one : finishing) one.get();
    put_checkpoints(lanes);
    return !stop_;
}

void Build::put_checkpoints(const std::vector<Lane>& lanes) const {
    const auto head = log_.head();
    rocksdb::WriteBatch batch;
    for (const auto& lane : lanes) {
        store_->put_checkpoint(batch, *lane.generation,
                               {.workspace = head.workspace,
                                .epoch = head.epoch,
                                .position = lane.position,
                                .version = lane.projection->version()});
    }
    store_->write(batch, Durability::synced);
}

Decoded Build::read(Position after) {
    const auto page = log_.read(after, {.records = limits_.batch_events_max, .bytes = page_bytes_max});
    return decoder_.decode(page.records, after);
}

/// As many threads as the machine has cores, each with its own projections.
void Build::apply(std::vector<Lane>& lanes, const Decoded& decoded) {
    const std::size_t threads = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, lanes_);
    std::atomic<std::size_t> next = 0;
    const auto work = [&] {
        for (std::size_t i = next++; i < lanes.size(); i = next++) apply(lanes[i], decoded);
    };
    std::vector<std::future<void>> others;
    for (std::size_t i = 1; i < threads; ++i) others.push_back(std::async(std::launch::async, work));
    work();
    for (auto& other : others) other.get();
}

void Build::apply(Lane& lane, const Decoded& decoded) const {
    if (lane.stopped_by) return;
    for (const auto& append : decoded.appends) {
        if (!lane.apply(append)) break;
    }
    if (!lane.stopped_by && decoded.broken) lane.stop(decoded.broken->position, decoded.broken->reason);
    if (lane.writer->version_bytes() > limits_.run_bytes_max / lanes_) flush_versions(lane);
    if (lane.writer->remembered_bytes() <= limits_.remembered_bytes_max / lanes_) return;
    flush_versions(lane);
    flush_rows(lane);
    lane.writer->forget();
}

void Build::flush_versions(Lane& lane) const {
    lane.writer->sort_versions();
    write_run(*lane.generation, lane.generation->history(), lane.writer->versions());
    write_run(*lane.generation, lane.generation->rows(), lane.writer->facts());
    lane.writer->versions_taken();
}

void Build::flush_rows(Lane& lane) const {
    RunBuffer run;
    constexpr char puts = 'p';
    constexpr char erases = 'e';
    const auto keep = [&](std::string_view key, char what, std::string_view value) {
        run.add([&](std::string& out) { out += key; }, [&](std::string& out) { out += what, out += value; });
    };
    lane.writer->take_rows([&](std::string_view key, std::string_view value) { keep(key, puts, value); },
                           [&](std::string_view key) { keep(key, erases, {}); });
    run.sort();
    SortedFiles files(*lane.generation, lane.generation->rows());
    run.for_each([&](std::string_view key, std::string_view value) {
        if (value.front() == puts)
            files.put(key, value.substr(1));
        else
            files.erase(key);
    });
    files.ingest();
}

void Build::finish(Lane& lane) const {
    flush_versions(lane);
    flush_rows(lane);
    store_->finish_bulk_load(*lane.generation);
}

}  // namespace dealog::projections::engine
