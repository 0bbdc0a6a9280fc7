// The best k of the items that are offered, and of the scores of a row.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace {

// A score and its item, of which the greater ranks before the other: by score, then by the lower id.
template <class Score>
struct Candidate {
    Score value;
    int32_t id;

    Candidate(Score score, int32_t item) : value(score), id(item) {}
    Score score() const { return value; }
    int32_t item() const { return id; }
    bool operator>(const Candidate& other) const {
        return value > other.value || (value == other.value && id < other.id);
    }
};

// Both in one integer, so that one comparison without a branch does: the bits of a float are in the order of their
// values once those of negative numbers are turned round.
template <>
struct Candidate<float> {
    uint64_t key;

    Candidate(float score, int32_t item) {
        uint32_t bits;
        std::memcpy(&bits, &score, sizeof bits);
        if (bits == SIGN) bits = 0;  // -0 is equal to 0
        bits = bits & SIGN ? ~bits : bits | SIGN;
        key = static_cast<uint64_t>(bits) << 32 | ~static_cast<uint32_t>(item);
    }
    float score() const {
        uint32_t bits = static_cast<uint32_t>(key >> 32);
        bits = bits & SIGN ? bits & ~SIGN : ~bits;
        float score;
        std::memcpy(&score, &bits, sizeof score);
        return score;
    }
    int32_t item() const { return static_cast<int32_t>(~static_cast<uint32_t>(key)); }
    bool operator>(const Candidate& other) const { return key > other.key; }

   private:
    static constexpr uint32_t SIGN = 0x80000000u;
};

template <class Score>
class BestK {
   public:
    static constexpr Score NEVER = -std::numeric_limits<Score>::infinity();

    explicit BestK(int64_t k) : k_(static_cast<size_t>(k)) { heap_.reserve(k_); }

    void clear() { heap_.clear(); }
    bool full() const { return heap_.size() == k_; }

    // What is lower than this does not get in any more.
    Score threshold() const { return full() ? heap_.front().score() : NEVER; }

    void offer(Score score, int32_t item) {
        if (!full()) {
            if (score > NEVER) fill(Candidate<Score>(score, item));
        } else {
            const Candidate<Score> candidate(score, item);
            if (candidate > heap_.front()) replace_last(candidate);
        }
    }

    // Best first; the order of the heap is lost, so this ends it. Returns how many there are.
    int32_t write(int32_t* items) {
        std::sort(heap_.begin(), heap_.end(), Before());
        for (const Candidate<Score>& candidate : heap_) *items++ = candidate.item();
        return static_cast<int32_t>(heap_.size());
    }

   private:
    struct Before {
        bool operator()(const Candidate<Score>& a, const Candidate<Score>& b) const { return a > b; }
    };

    void fill(Candidate<Score> candidate) {
        heap_.push_back(candidate);
        if (full()) std::make_heap(heap_.begin(), heap_.end(), Before());  // the last of the ranking is at the front
    }

    void replace_last(Candidate<Score> candidate) {
        Candidate<Score>* heap = heap_.data();
        size_t node = 0, child = 1;
        while (child < k_) {
            if (child + 1 < k_) child += heap[child] > heap[child + 1];
            if (!(candidate > heap[child])) break;
            heap[node] = heap[child];
            node = child;
            child = 2 * node + 1;
        }
        heap[node] = candidate;
    }

    size_t k_;
    std::vector<Candidate<Score>> heap_;
};

// Offers the scores of all items of a row; false where one is NaN.
template <class Score>
bool offer_row(const Score* scores, int64_t n_items, BestK<Score>& best) {
    int64_t item = 0;
    for (; item < n_items && !best.full(); ++item) {
        if (scores[item] != scores[item]) return false;
        best.offer(scores[item], static_cast<int32_t>(item));
    }
    while (item < n_items) {
        // Ids ascend, so an equal score does not get in. Most stretches hold nothing better: the first loop has no
        // branch, and the compiler makes vectors of it. `not <=` lets NaN through as well.
        const int64_t stop = std::min<int64_t>(item + 64, n_items);
        const Score threshold = best.threshold();
        int promising = 0;
        for (int64_t i = item; i < stop; ++i) promising |= !(scores[i] <= threshold);
        if (promising) {
            for (int64_t i = item; i < stop; ++i) {
                if (scores[i] <= best.threshold()) continue;
                if (scores[i] != scores[i]) return false;
                best.offer(scores[i], static_cast<int32_t>(i));
            }
        }
        item = stop;
    }
    return true;
}

// Ranks every row of (n_rows, n_items) scores; the ids of row r go to `ids + r * k`. Returns the first row with a NaN,
// where it ends; else -1.
template <class Score>
int64_t rank_rows(const Score* scores, int64_t n_rows, int64_t n_items, int64_t k, int32_t* ids, int32_t* lengths) {
    BestK<Score> best(k);
    for (int64_t row = 0; row < n_rows; ++row) {
        best.clear();
        if (!offer_row(scores + row * n_items, n_items, best)) return row;
        lengths[row] = best.write(ids + row * k);
    }
    return -1;
}

}  // namespace
