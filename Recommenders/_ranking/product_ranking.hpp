// Ranks items by the product of two sparse matrices, a row of scores at a time.
#pragma once

#include <algorithm>
#include <cstdint>

#include "best_k.hpp"

namespace {

struct SparseRows {
    const int64_t* starts;
    const int64_t* ends;
    const int32_t* columns;
    const float* values;
};

struct Items {
    const int32_t* columns;
    int64_t size;
};

// scores(u, i) = sum over j of left(u, j) right(j, i), summed in the order in which j is stored. `scores` is the place
// for one row of n_items. Returns the first row with a NaN, where it ends; else -1.
inline int64_t rank_products(const SparseRows& left, int64_t n_rows, const SparseRows& right, int64_t n_items,
                             const int64_t* seen_starts, const int64_t* seen_ends, const int32_t* seen,
                             const Items& removed, int64_t k, float* scores, int32_t* ids, int32_t* lengths) {
    BestK<float> best(k);
    for (int64_t row = 0; row < n_rows; ++row) {
        std::fill(scores, scores + n_items, 0.0f);
        for (int64_t j = left.starts[row]; j < left.ends[row]; ++j) {
            const float value = left.values[j];
            const int64_t other = left.columns[j], end = right.ends[other];
            for (int64_t l = right.starts[other]; l < end; ++l) scores[right.columns[l]] += value * right.values[l];
        }
        for (int64_t j = seen_starts[row]; j < seen_ends[row]; ++j) scores[seen[j]] = best.NEVER;
        for (int64_t j = 0; j < removed.size; ++j) scores[removed.columns[j]] = best.NEVER;
        best.clear();
        if (!offer_row(scores, n_items, best)) return row;
        lengths[row] = best.write(ids + row * k);
    }
    return -1;
}

}  // namespace
