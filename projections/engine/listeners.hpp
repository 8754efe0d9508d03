#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "projections/engine/engine.hpp"

namespace dealog::projections::engine {

/// Who is told of changes. A listener is not called any more once its handle is gone, even from another thread.
class Listeners {
public:
    using Wake = std::function<void(const ChangeSet&)>;

    [[nodiscard]] std::shared_ptr<void> add(Wake wake) {
        auto listener = std::make_shared<Listener>();
        listener->wake = std::move(wake);
        const std::lock_guard lock(mutex_);
        std::erase_if(listeners_, [](const auto& one) { return one.expired(); });
        listeners_.push_back(listener);
        return std::shared_ptr<void>(listener.get(), [listener](void*) mutable {
            const std::lock_guard calls(listener->calling);
            listener->wake = nullptr;
        });
    }
    [[nodiscard]] bool any() const {
        const std::lock_guard lock(mutex_);
        return std::any_of(listeners_.begin(), listeners_.end(), [](const auto& one) { return !one.expired(); });
    }
    void tell(const ChangeSet& changes) const {
        std::vector<std::shared_ptr<Listener>> present;
        {
            const std::lock_guard lock(mutex_);
            for (const auto& one : listeners_) {
                if (auto listener = one.lock()) present.push_back(std::move(listener));
            }
        }
        for (const auto& listener : present) {
            const std::lock_guard calls(listener->calling);
            if (const auto wake = listener->wake) wake(changes);  // a copy: it may drop its own handle
        }
    }

private:
    struct Listener {
        std::recursive_mutex calling;
        Wake wake;
    };
    mutable std::mutex mutex_;
    std::vector<std::weak_ptr<Listener>> listeners_;
};

}  // namespace dealog::projections::engine
