#pragma once

#include <atomic>
#include <memory>
#include <string>

namespace rocksdb {
class Env;
}

namespace dealog::test {

/// The machine's disk, until it is told to fail. Must outlive the log that uses it.
class FailingDisk {
public:
    FailingDisk();
    ~FailingDisk();
    [[nodiscard]] rocksdb::Env* env() const { return env_.get(); }

    enum class Fault { none, sync_of_wal, append_to_wal, write_of_table };
    void fail(Fault fault) { fault_ = fault; }

private:
    std::atomic<Fault> fault_{Fault::none};
    std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace dealog::test
