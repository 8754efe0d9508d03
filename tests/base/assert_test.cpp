#include "base/assert.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <string>

namespace dealog::test {

TEST_CASE("assert: what holds goes on; what does not ends the process and says where and why", "[assert]") {
    DEALOG_ASSERT(1 + 1 == 2, "arithmetic");
    int ends[2] = {};
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(ends[1], STDERR_FILENO);
        std::signal(SIGABRT, SIG_DFL);  // the test runner's own handler would report a failure
        DEALOG_ASSERT(1 + 1 == 3, "arithmetic is broken");
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string text;
    char piece[256];
    for (ssize_t got = ::read(ends[0], piece, sizeof piece); got > 0; got = ::read(ends[0], piece, sizeof piece)) {
        text.append(piece, static_cast<std::size_t>(got));
    }
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == SIGABRT);
    CHECK(text.find("assert_test.cpp") != std::string::npos);
    CHECK(text.find("1 + 1 == 3: arithmetic is broken") != std::string::npos);
}

}  // namespace dealog::test
