#include "tests/eventstore/failing_disk.hpp"

#include <utility>

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

namespace dealog::test {
namespace {

using Fault = FailingDisk::Fault;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

class FailingFile final : public rocksdb::FSWritableFileOwnerWrapper {
public:
    FailingFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::string name, const std::atomic<Fault>& fault)
        : FSWritableFileOwnerWrapper(std::move(file)), name_(std::move(name)), fault_(fault) {}

    IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, IODebugContext* debug) override {
        if (append_fails()) return IOStatus::NoSpace("injected");
        return target()->Append(data, options, debug);
    }
    IOStatus Append(const rocksdb::Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo& info,
                    IODebugContext* debug) override {
        if (append_fails()) return IOStatus::NoSpace("injected");
        return target()->Append(data, options, info, debug);
    }
    IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
        if (is(".log") && fault_ == Fault::sync_of_wal) return IOStatus::IOError("injected");
        return target()->Sync(options, debug);
    }

private:
    [[nodiscard]] bool is(const char* ending) const { return name_.ends_with(ending); }
    [[nodiscard]] bool append_fails() const {
        return (is(".log") && fault_ == Fault::append_to_wal) || (is(".sst") && fault_ == Fault::write_of_table);
    }
    std::string name_;
    const std::atomic<Fault>& fault_;
};

class FailingFileSystem final : public rocksdb::FileSystemWrapper {
public:
    explicit FailingFileSystem(const std::atomic<Fault>& fault)
        : FileSystemWrapper(rocksdb::FileSystem::Default()), fault_(fault) {}
    [[nodiscard]] const char* Name() const override { return "FailingFileSystem"; }
    IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* file, IODebugContext* debug) override {
        std::unique_ptr<rocksdb::FSWritableFile> real;
        IOStatus status = target()->NewWritableFile(name, options, &real, debug);
        if (status.ok()) *file = std::make_unique<FailingFile>(std::move(real), name, fault_);
        return status;
    }

private:
    const std::atomic<Fault>& fault_;
};

}  // namespace

FailingDisk::FailingDisk() : env_(rocksdb::NewCompositeEnv(std::make_shared<FailingFileSystem>(fault_))) {}
FailingDisk::~FailingDisk() = default;

}  // namespace dealog::test
