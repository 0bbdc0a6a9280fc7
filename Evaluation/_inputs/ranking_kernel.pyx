"""The sums from which metrics are computed, in one pass over the rankings of many users."""

from libc.stdint cimport int32_t, int64_t, uint8_t
from libcpp.algorithm cimport sort

ctypedef fused index:
    int32_t
    int64_t


cdef inline int64_t _place(const index[::1] items, int64_t start, int64_t end, int64_t item) noexcept nogil:
    """Return the place of an item among the ascending `items[start:end]`, which contain it."""
    cdef int64_t middle

    while end - start > 1:
        middle = (start + end) // 2
        if items[middle] <= item:
            start = middle
        else:
            end = middle
    return start


def measure_rankings(
    const int32_t[:, ::1] ids,  # (B, K), in 0..n_items-1 up to the list's length
    const int32_t[::1] lengths,  # (B,), 0..K
    const int64_t[::1] test_starts,  # (B,)
    const int64_t[::1] test_ends,  # (B,): user b's test items are test_items[test_starts[b]:test_ends[b]]
    const index[::1] test_items,  # ascending and distinct within a user
    const double[::1] gains,  # one for each of test_items
    const double[::1] discounts,  # of at least K ranks
    const int64_t[::1] cutoffs,  # (C,), ascending; a cutoff above K counts as K
    uint8_t[::1] is_test,  # (n_items,), 0 before and after
    uint8_t[:, ::1] is_hit,  # (B, K), written; 0 after a list's length
    int64_t[:, ::1] n_hits,  # (C, B), written, as the four arrays below
    double[:, ::1] precision_sum,
    double[:, ::1] reciprocal_rank_sum,
    double[:, ::1] first_reciprocal_rank,
    double[:, ::1] dcg,
):
    """Compute sums over the hits of every user's list, at every cutoff.

    Equivalent to, for user b and cutoff c, with h = np.isin(ids[b, :min(c, lengths[b])], the user's test items) and
    ranks = np.arange(1, h.size + 1)::

        n_hits = h.sum()
        precision_sum = (h * np.cumsum(h) / ranks).sum()
        reciprocal_rank_sum = (h / ranks).sum()
        first_reciprocal_rank = (h / ranks).max()
        dcg = (h * gain of each item * discounts[:h.size]).sum()

    B users, K places of a list, C cutoffs.
    """
    cdef Py_ssize_t user, k, c, n_cutoffs = cutoffs.shape[0], n_places = ids.shape[1]
    cdef int64_t j, hits
    cdef int32_t item
    cdef double precisions, reciprocals, first, gain

    with nogil:
        for user in range(ids.shape[0]):
            for j in range(test_starts[user], test_ends[user]):
                is_test[test_items[j]] = 1
            hits = 0
            precisions = reciprocals = first = gain = 0.0
            k = 0
            for c in range(n_cutoffs):
                while k < min(cutoffs[c], <int64_t> lengths[user]):
                    item = ids[user, k]
                    is_hit[user, k] = is_test[item]
                    if is_test[item]:
                        hits += 1
                        precisions += <double> hits / (k + 1)
                        reciprocals += 1.0 / (k + 1)
                        if hits == 1:
                            first = 1.0 / (k + 1)
                        gain += gains[_place(test_items, test_starts[user], test_ends[user], item)] * discounts[k]
                    k += 1
                n_hits[c, user] = hits
                precision_sum[c, user] = precisions
                reciprocal_rank_sum[c, user] = reciprocals
                first_reciprocal_rank[c, user] = first
                dcg[c, user] = gain
            while k < n_places:
                is_hit[user, k] = 0
                k += 1
            for j in range(test_starts[user], test_ends[user]):
                is_test[test_items[j]] = 0


def ideal_dcg(
    const int64_t[::1] test_starts,  # (B,)
    const int64_t[::1] test_ends,  # (B,): user b's gains are gains[test_starts[b]:test_ends[b]]
    const double[::1] gains,
    const double[::1] discounts,  # at least as many as the smaller of the largest cutoff and the most test items
    const int64_t[::1] cutoffs,  # (C,), ascending
    double[::1] best_first,  # at least as long as the most test items; written over
    double[:, ::1] ideal,  # (C, B), written
):
    """Compute the largest possible dcg of a list, for every user at every cutoff.

    Equivalent to `np.sort(user's gains)[::-1][:c] @ discounts[:c]` for user b and cutoff c.
    """
    cdef Py_ssize_t user, k, c
    cdef int64_t n
    cdef double total

    with nogil:
        for user in range(test_starts.shape[0]):
            n = test_ends[user] - test_starts[user]
            if n > 0:
                for k in range(n):
                    best_first[k] = -gains[test_starts[user] + k]
                sort(&best_first[0], &best_first[0] + n)
            total = 0.0
            k = 0
            for c in range(cutoffs.shape[0]):
                while k < min(cutoffs[c], n):
                    total -= best_first[k] * discounts[k]
                    k += 1
                ideal[c, user] = total


def count_items(
    const int32_t[:, ::1] ids,  # (B, K), in 0..n_items-1 up to the list's length
    const int32_t[::1] lengths,  # (B,), 0..K
    const uint8_t[:, ::1] is_hit,  # (B, K)
    const int64_t[::1] cutoffs,  # (C,), ascending; a cutoff above K counts as K
    int64_t[:, ::1] counts,  # (C, n_items), added to, as hit_counts
    int64_t[:, ::1] hit_counts,
):
    """Count how often every item is in the lists, and is a hit, in the places between two cutoffs.

    Equivalent to, for cutoff c and the cutoff before it, 0 before the first::

        counts[c] += np.bincount(all lists' ids[before:c], minlength=n_items)
    """
    cdef Py_ssize_t user, k, c

    with nogil:
        for user in range(ids.shape[0]):
            k = 0
            for c in range(cutoffs.shape[0]):
                while k < min(cutoffs[c], <int64_t> lengths[user]):
                    counts[c, ids[user, k]] += 1
                    hit_counts[c, ids[user, k]] += is_hit[user, k]
                    k += 1


def sum_over_lists(
    const int32_t[:, ::1] ids,  # (B, K), in 0..n_items-1 up to the list's length
    const int32_t[::1] lengths,  # (B,), 0..K
    const double[::1] weights,  # (n_items,)
    const int64_t[::1] cutoffs,  # (C,), ascending; a cutoff above K counts as K
    double[:, ::1] sums,  # (C, B), written
):
    """Sum the weights of the items of every user's list, at every cutoff.

    Equivalent to `weights[ids[b, :min(c, lengths[b])]].sum()` for user b and cutoff c.
    """
    cdef Py_ssize_t user, k, c
    cdef double total

    with nogil:
        for user in range(ids.shape[0]):
            total = 0.0
            k = 0
            for c in range(cutoffs.shape[0]):
                while k < min(cutoffs[c], <int64_t> lengths[user]):
                    total += weights[ids[user, k]]
                    k += 1
                sums[c, user] = total
