#include "eventstore/frontier.hpp"

#include <bit>
#include <memory>

#include <openssl/evp.h>

#include "base/assert.hpp"
#include "eventstore/bytes.hpp"

namespace dealog::eventstore {
namespace {

class Digest {
public:
    Digest() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
        DEALOG_ASSERT(algorithm_ && context_, "OpenSSL offers SHA-256");
    }
    void begin() { DEALOG_ASSERT(EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) == 1, "digest begins"); }
    void add(const void* bytes, std::size_t size) {
        DEALOG_ASSERT(EVP_DigestUpdate(context_.get(), bytes, size) == 1, "digest takes bytes");
    }
    Hash end() {
        Hash hash;
        DEALOG_ASSERT(EVP_DigestFinal_ex(context_.get(), hash.data(), nullptr) == 1, "digest ends");
        return hash;
    }

private:
    struct FreeAlgorithm {
        void operator()(EVP_MD* md) const noexcept { EVP_MD_free(md); }
    };
    struct FreeContext {
        void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD, FreeAlgorithm> algorithm_;
    std::unique_ptr<EVP_MD_CTX, FreeContext> context_;
};

// Fetching the algorithm costs more than hashing a record.
Digest& digest() {
    thread_local Digest of_this_thread;
    of_this_thread.begin();
    return of_this_thread;
}

}  // namespace

Hash sha256(std::string_view bytes) {
    Digest& d = digest();
    d.add(bytes.data(), bytes.size());
    return d.end();
}

Hash leaf_hash(std::string_view record) {
    Digest& d = digest();
    const char kind = 0x00;
    d.add(&kind, 1);
    d.add(record.data(), record.size());
    return d.end();
}

Hash node_hash(const Hash& left, const Hash& right) {
    Digest& d = digest();
    const char kind = 0x01;
    d.add(&kind, 1);
    d.add(left.data(), left.size());
    d.add(right.data(), right.size());
    return d.end();
}

void Frontier::add(const Hash& leaf) {
    peaks_.push_back(leaf);
    for (std::uint64_t n = size_; n & 1; n >>= 1) {
        const Hash right = peaks_.back();
        peaks_.pop_back();
        peaks_.back() = node_hash(peaks_.back(), right);
    }
    ++size_;
}

Hash Frontier::root() const {
    if (peaks_.empty()) return sha256({});
    Hash hash = peaks_.back();
    for (std::size_t i = peaks_.size() - 1; i > 0; --i) hash = node_hash(peaks_[i - 1], hash);
    return hash;
}

std::string Frontier::encode() const {
    std::string bytes;
    bytes.reserve(8 + peaks_.size() * sizeof(Hash));
    put_u64(bytes, size_);
    for (const Hash& peak : peaks_) bytes.append(peak.begin(), peak.end());
    return bytes;
}

std::optional<Frontier> Frontier::decode(std::string_view bytes) {
    if (bytes.size() < 8) return std::nullopt;
    Frontier frontier;
    frontier.size_ = get_u64(bytes);
    bytes.remove_prefix(8);
    const auto peaks = static_cast<std::size_t>(std::popcount(frontier.size_));
    if (bytes.size() != peaks * sizeof(Hash)) return std::nullopt;
    frontier.peaks_.resize(peaks);
    for (Hash& peak : frontier.peaks_) {
        for (std::size_t i = 0; i < peak.size(); ++i) peak[i] = static_cast<std::uint8_t>(bytes[i]);
        bytes.remove_prefix(peak.size());
    }
    return frontier;
}

}  // namespace dealog::eventstore
