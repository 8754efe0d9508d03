#include <memory>
#include <stdexcept>

#include <rocksdb/db.h>

#include "bench/measure.hpp"

namespace dealog::bench {

namespace {

/// RocksDB's own log would be written beside the data.
class Silent final : public rocksdb::Logger {
public:
    using rocksdb::Logger::Logv;
    void Logv(const char*, va_list) override {}
};

void expect(const rocksdb::Status& status) {
    if (!status.ok()) throw std::runtime_error(status.ToString());
}

void weigh_store(const std::string& name, const std::filesystem::path& directory, Report& report) {
    rocksdb::DBOptions options;
    options.info_log = std::make_shared<Silent>();
    std::vector<std::string> names;
    expect(rocksdb::DB::ListColumnFamilies(options, directory, &names));
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto& family : names) families.emplace_back(family, rocksdb::ColumnFamilyOptions{});
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* opened = nullptr;
    expect(rocksdb::DB::OpenForReadOnly(options, directory, families, &handles, &opened));
    const std::unique_ptr<rocksdb::DB> db(opened);
    for (std::size_t i = 0; i < handles.size(); ++i) {
        rocksdb::ColumnFamilyMetaData files;
        db->GetColumnFamilyMetaData(handles[i], &files);
        report.set(name + "/" + names[i], static_cast<std::uint64_t>(files.size));
        expect(db->DestroyColumnFamilyHandle(handles[i]));
    }
}

}  // namespace

void weigh(const std::filesystem::path& data) {
    Report report;
    weigh_store("log", data / "log", report);
    weigh_store("projections", data / "projections", report);
    report.print();
}

}  // namespace dealog::bench
