#include "gateway/event_streams.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_set>
#include <vector>

#include "base/log.hpp"
#include "eventstore/event_log.hpp"
#include "gateway/history_rights.hpp"
#include "gateway/json/write.hpp"
#include "gateway/owners.hpp"
#include "projections/engine/table.hpp"

namespace dealog::gateway {

namespace {

using Monotonic = std::chrono::steady_clock;

constexpr eventstore::ReadLimits page_limits{.records = 500, .bytes = 256u << 10};

/// One record, its JSON made when the first reader needs it.
struct Shown {
    log::v1::Record record;
    std::string json;
};

/// What stands after a position: decoded once for everybody who reads on from there.
struct DecodedPage {
    Position after;
    std::vector<Shown> records;
};

void append_frame(std::string& out, std::string_view event, std::uint32_t epoch, Position position,
                  std::string_view data) {
    out.append("event: ").append(event).append("\nid: ");
    out.append(std::to_string(epoch)).append(":").append(std::to_string(position.value()));
    out.append("\ndata: ").append(data).append("\n\n");
}

void append_checkpoint(std::string& out, std::uint32_t epoch, Position position) {
    append_frame(out, "checkpoint", epoch, position, R"({"position":")" + std::to_string(position.value()) + "\"}");
}

}  // namespace

/// One reader. `waiting` is the server's call for the next chunk; the rest belongs to the hub's thread.
struct Subscriber {
    Subscriber(std::string its_secret, EventFilter its_filter, Position after)
        : secret(std::move(its_secret)), filter(std::move(its_filter)), cursor(after), told(after) {}

    std::string secret;
    EventFilter filter;
    Position cursor;                  // read up to here
    Position told;                    // the last id that was sent
    Monotonic::time_point said = {};  // when something was sent; at first never
    std::mutex mutex;
    BodyStream::Chunk waiting = {};
    std::atomic<bool> closed = false;

    void deliver(std::optional<std::string> chunk) {
        BodyStream::Chunk call;
        {
            const std::lock_guard lock(mutex);
            call = std::exchange(waiting, nullptr);
        }
        if (call) call(std::move(chunk));
    }
};

using Reader = std::shared_ptr<Subscriber>;

class EventStreams::Hub final : public std::enable_shared_from_this<Hub> {
public:
    explicit Hub(Lent lent) : lent_(std::move(lent)) {}

    void start() {
        head_ = lent_.log.on_head([weak = weak_from_this()](Position) {
            if (const auto self = weak.lock()) self->wake();
        });
        thread_ = std::jthread([this] { run(); });
    }

    void stop() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        came_.notify_all();
        if (thread_.joinable()) thread_.join();
        head_.reset();
    }

    [[nodiscard]] bool admit() {
        const std::lock_guard lock(mutex_);
        if (stopping_ || admitted_ >= lent_.subscribers_max) return false;
        ++admitted_;
        return true;
    }

    [[nodiscard]] std::size_t admitted() const {
        const std::lock_guard lock(mutex_);
        return admitted_;
    }

    void enqueue(const Reader& reader) {
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) return;
            ready_.push_back(reader);
        }
        came_.notify_one();
    }

    void leave(const Reader& reader) {
        const std::lock_guard lock(mutex_);
        --admitted_;
        idle_.erase(reader);
    }

private:
    using Rights = std::map<std::string, std::optional<HistoryRights>, std::less<>>;

    void wake() {
        {
            const std::lock_guard lock(mutex_);
            moved_ = true;
        }
        came_.notify_one();
    }

    void run() {
        const auto tick = std::max(lent_.checkpoint_interval / 4, std::chrono::milliseconds{5});
        while (true) {
            std::deque<Reader> readers;
            {
                std::unique_lock lock(mutex_);
                came_.wait_for(lock, tick, [this] { return stopping_ || moved_ || !ready_.empty(); });
                if (stopping_) return;
                readers = take_ready();
            }
            if (readers.empty()) continue;
            try {
                serve_all(readers);
            } catch (const std::exception& failure) {
                log::error("event_streams_failed", {{"error", failure.what()}});
                for (const Reader& reader : readers) reader->deliver(std::nullopt);
            }
        }
    }

    /// Under the lock: who asked, and of the idle ones all when the log has moved, else those due for a checkpoint.
    std::deque<Reader> take_ready() {
        std::deque<Reader> readers = std::exchange(ready_, {});
        const bool moved = std::exchange(moved_, false);
        const auto due = Monotonic::now() - lent_.checkpoint_interval;
        for (auto reader = idle_.begin(); reader != idle_.end();) {
            if (moved || (*reader)->said <= due) {
                readers.push_back(*reader);
                reader = idle_.erase(reader);
            } else {
                ++reader;
            }
        }
        return readers;
    }

    void serve_all(const std::deque<Reader>& readers) {
        Rights rights = read_rights(readers);
        for (const Reader& reader : readers) {
            const auto entry = rights.find(reader->secret);
            if (entry == rights.end()) return;  // the server stops
            if (!entry->second || !entry->second->any()) {
                reader->deliver(std::nullopt);
                continue;
            }
            if (auto chunk = produce(*reader, *entry->second)) {
                reader->deliver(std::move(*chunk));
            } else {
                const std::lock_guard lock(mutex_);
                if (!reader->closed) idle_.insert(reader);
            }
        }
        page_ = {};  // opened values do not outlive the round: their subject may be erased before the next one
    }

    /// The present rights of every key among the readers, asked on the dispatcher's thread. Empty when the hub stops.
    Rights read_rights(const std::deque<Reader>& readers) {
        struct Asked {
            std::set<std::string> secrets;
            std::map<std::string, std::optional<Principal>, std::less<>> principals;
            bool done = false;
        };
        const auto asked = std::make_shared<Asked>();
        for (const Reader& reader : readers) asked->secrets.insert(reader->secret);
        lent_.post([weak = weak_from_this(), asked] {
            const auto self = weak.lock();
            if (!self) return;
            for (const auto& secret : asked->secrets) asked->principals[secret] = self->lent_.authenticate(secret);
            {
                const std::lock_guard lock(self->mutex_);
                asked->done = true;
            }
            self->came_.notify_all();
        });
        {
            std::unique_lock lock(mutex_);
            came_.wait(lock, [&] { return stopping_ || asked->done; });
            if (!asked->done) return {};
        }
        const auto directory = lent_.directory();
        Rights rights;
        for (const auto& [secret, principal] : asked->principals) {
            auto& entry = rights[secret];
            if (principal) entry.emplace(*principal, directory.get(), lent_.owners);
        }
        return rights;
    }

    DecodedPage& page_after(Position after) {
        if (page_.after == after && !page_.records.empty()) return page_;
        page_ = DecodedPage{.after = after, .records = {}};
        for (const auto& bytes : lent_.log.read(after, page_limits).records) {
            auto& shown = page_.records.emplace_back();
            if (!shown.record.ParseFromString(bytes)) throw eventstore::StoreBroken("a record does not parse");
        }
        return page_;
    }

    const std::string& json_of(Shown& shown) {
        if (shown.json.empty()) {
            history::v1::EventView view;
            show_event(shown.record, lent_.vault, view);
            json::write(view, shown.json);
        }
        return shown.json;
    }

    /// The next bytes for this reader; nothing when there is nothing to say.
    std::optional<std::string> produce(Subscriber& reader, HistoryRights& rights) {
        DecodedPage& page = page_after(reader.cursor);
        std::string chunk;
        std::string events;
        for (std::size_t i = 0; i < page.records.size(); ++i) {
            Shown& shown = page.records[i];
            if (reader.filter.takes(shown.record) && rights.sees(shown.record.stream())) {
                events.append(events.empty() ? R"({"events":[)" : ",").append(json_of(shown));
            }
            const bool last = i + 1 == page.records.size() ||
                              page.records[i + 1].record.append_first() != shown.record.append_first();
            if (!last) continue;
            reader.cursor = Position{shown.record.position()};
            if (events.empty()) continue;
            append_frame(chunk, "append", lent_.log.head().epoch, reader.cursor, events + "]}");
            reader.told = reader.cursor;
            events.clear();
        }
        const bool withheld = reader.cursor > reader.told;
        const bool silent = chunk.empty() && Monotonic::now() - reader.said >= lent_.checkpoint_interval;
        if (withheld || silent) append_checkpoint(chunk, lent_.log.head().epoch, reader.cursor);
        if (chunk.empty()) return std::nullopt;
        reader.told = reader.cursor;
        reader.said = Monotonic::now();
        return chunk;
    }

    Lent lent_;
    mutable std::mutex mutex_;
    std::condition_variable came_;
    bool stopping_ = false;
    bool moved_ = false;
    std::size_t admitted_ = 0;
    std::deque<Reader> ready_;
    std::unordered_set<Reader> idle_;
    DecodedPage page_;  // the hub's thread only
    std::shared_ptr<void> head_;
    std::jthread thread_;
};

namespace {

/// What the server holds: asks the hub for the next chunk.
template <class Hub>
class EventBody final : public BodyStream {
public:
    EventBody(std::shared_ptr<Hub> hub, Reader reader) : hub_(std::move(hub)), reader_(std::move(reader)) {}
    ~EventBody() override { closed(); }

    void next(Chunk chunk) override {
        {
            const std::lock_guard lock(reader_->mutex);
            reader_->waiting = std::move(chunk);
        }
        hub_->enqueue(reader_);
    }

    void closed() override {
        {
            const std::lock_guard lock(reader_->mutex);
            if (reader_->closed.exchange(true)) return;
            reader_->waiting = nullptr;
        }
        hub_->leave(reader_);
    }

private:
    std::shared_ptr<Hub> hub_;
    Reader reader_;
};

}  // namespace

EventStreams::EventStreams(Lent lent) : hub_(std::make_shared<Hub>(std::move(lent))) { hub_->start(); }
EventStreams::~EventStreams() { hub_->stop(); }

std::shared_ptr<BodyStream> EventStreams::open(std::string secret, EventFilter filter, Position after) {
    if (!hub_->admit()) return nullptr;
    auto reader = std::make_shared<Subscriber>(std::move(secret), std::move(filter), after);
    return std::make_shared<EventBody<Hub>>(hub_, std::move(reader));
}

std::size_t EventStreams::subscribers() const { return hub_->admitted(); }

}  // namespace dealog::gateway
