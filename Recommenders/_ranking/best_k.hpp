// The best k of offered items, of rows of scores, and of rows of a sparse product.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <vector>

namespace {

// A score and its item. The greater candidate ranks first: by score, then by the lower id.
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

// Score and item in one integer, so that one comparison without a branch is enough: the bits of floats are in the order
// of their values after the bits of negative numbers are inverted.
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

    // A lower score than this cannot enter any more.
    Score threshold() const { return full() ? heap_.front().score() : NEVER; }

    void offer(Score score, int32_t item) {
        if (!full()) {
            if (score > NEVER) fill(Candidate<Score>(score, item));
        } else {
            const Candidate<Score> candidate(score, item);
            if (candidate > heap_.front()) replace_last(candidate);
        }
    }

    // Writes the items, best first, and returns their number; nothing can be offered afterwards until `clear`.
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
        if (full()) std::make_heap(heap_.begin(), heap_.end(), Before());  // the worst candidate is at the front
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

// Offers the scores of all items of a row; returns false at a NaN.
template <class Score>
bool offer_row(const Score* scores, int64_t n_items, BestK<Score>& best) {
    int64_t item = 0;
    for (; item < n_items && !best.full(); ++item) {
        if (scores[item] != scores[item]) return false;
        best.offer(scores[item], static_cast<int32_t>(item));
    }
    while (item < n_items) {
        // Ids ascend, so an equal score cannot enter. Most stretches of 64 have no better score: the first loop has no
        // branch, and the compiler vectorises it. `not <=` is true for NaN too.
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

// Ranks every row of (n_rows, n_items) scores; the ids of row r go to `ids + r * k`. Stops at the first row with a NaN
// and returns it; else returns -1.
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

struct SparseRows {
    const int64_t* starts;
    const int64_t* ends;
    const int32_t* columns;
    const float* values;
};

struct ItemSets {  // of the users, as in `Profiles`, and one for all users
    const int64_t* seen_starts;
    const int64_t* seen_ends;
    const int32_t* seen;
    const int32_t* removed;
    int64_t n_removed;
};

// Ranks every row of left @ right: scores(u, i) = sum over j of left(u, j) right(j, i), summed in the order in which j is
// stored. `scores` has room for one row of n_items. Otherwise as `rank_rows`.
inline int64_t rank_products(const SparseRows& left, int64_t n_rows, const SparseRows& right, int64_t n_items,
                             const ItemSets& hidden, int64_t k, float* scores, int32_t* ids, int32_t* lengths) {
    BestK<float> best(k);
    for (int64_t row = 0; row < n_rows; ++row) {
        std::fill(scores, scores + n_items, 0.0f);
        for (int64_t j = left.starts[row]; j < left.ends[row]; ++j) {
            const float value = left.values[j];
            const int64_t other = left.columns[j], end = right.ends[other];
            for (int64_t l = right.starts[other]; l < end; ++l) scores[right.columns[l]] += value * right.values[l];
        }
        for (int64_t j = hidden.seen_starts[row]; j < hidden.seen_ends[row]; ++j) scores[hidden.seen[j]] = best.NEVER;
        for (int64_t j = 0; j < hidden.n_removed; ++j) scores[hidden.removed[j]] = best.NEVER;
        best.clear();
        if (!offer_row(scores, n_items, best)) return row;
        lengths[row] = best.write(ids + row * k);
    }
    return -1;
}

}  // namespace
