#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include "bench/measure.hpp"

namespace dealog::bench {

namespace {

void expect(bool held, const char* doing) {
    if (!held) throw std::system_error(errno, std::generic_category(), doing);
}

}  // namespace

void raw_sync(const std::filesystem::path& directory, std::size_t bytes, double seconds) {
    std::filesystem::create_directories(directory);
    const auto path = directory / "raw-sync";
    const int file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    expect(file >= 0, "open");
    const std::string line(bytes, 'x');
    Samples each;
    const Stopwatch all;
    while (all.seconds() < seconds) {
        const Stopwatch one;
        expect(::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()), "write");
        expect(::fdatasync(file) == 0, "fdatasync");
        each.add(one.microseconds());
    }
    ::close(file);
    std::filesystem::remove(path);
    Report report;
    report.set("perSecond", static_cast<double>(each.count()) / all.seconds());
    report.set("us", each);
    report.print();
}

}  // namespace dealog::bench
