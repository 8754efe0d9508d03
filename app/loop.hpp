#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>

namespace dealog::app {

/// Runs posted functions on the thread that waits. What the verbs without sockets use in place of an io_context.
class Loop {
public:
    /// Any thread.
    void post(std::function<void()> work) {
        {
            const std::lock_guard lock(mutex_);
            queue_.push_back(std::move(work));
        }
        arrived_.notify_one();
    }
    /// Runs what arrives until `done` says so; it is asked after each function.
    void run_until(const std::function<bool()>& done) {
        while (!done()) {
            std::function<void()> work;
            {
                std::unique_lock lock(mutex_);
                arrived_.wait(lock, [&] { return !queue_.empty(); });
                work = std::move(queue_.front());
                queue_.pop_front();
            }
            work();
        }
    }

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<std::function<void()>> queue_;
};

}  // namespace dealog::app
