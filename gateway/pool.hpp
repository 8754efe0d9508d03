#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace dealog::gateway {

/// Threads for what blocks: queries and reads of the log.
class Pool {
public:
    Pool(std::size_t threads, std::size_t queue_max);
    /// Finishes what was taken.
    ~Pool();
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;

    /// False when the queue is full: the work was not taken. Work must not throw.
    [[nodiscard]] bool submit(std::function<void()> work);

private:
    void run();

    const std::size_t queue_max_;
    std::mutex mutex_;
    std::condition_variable came_;
    std::deque<std::function<void()>> queue_;
    bool stopping_ = false;
    std::vector<std::jthread> threads_;
};

}  // namespace dealog::gateway
