"""Rankings by the product of two sparse matrices; the loops are in `best_k.hpp`."""

from libc.stdint cimport int32_t, int64_t


cdef extern from "best_k.hpp" nogil:
    struct SparseRows:
        const int64_t* starts
        const int64_t* ends
        const int32_t* columns
        const float* values

    struct ItemSets:
        const int64_t* seen_starts
        const int64_t* seen_ends
        const int32_t* seen
        const int32_t* removed
        int64_t n_removed

    int64_t rank_products(
        const SparseRows& left, int64_t n_rows, const SparseRows& right, int64_t n_items, const ItemSets& hidden,
        int64_t k, float* scores, int32_t* ids, int32_t* lengths
    ) except +


cdef inline const int32_t* _start(const int32_t[::1] array) noexcept:
    return &array[0] if array.shape[0] > 0 else NULL


cdef inline const float* _start_of_values(const float[::1] array) noexcept:
    return &array[0] if array.shape[0] > 0 else NULL


def rank_by_products(
    const int64_t[::1] left_starts,  # (B,)
    const int64_t[::1] left_ends,  # (B,): user b has the entries left_starts[b]:left_ends[b] of left
    const int32_t[::1] left_columns,  # in 0..M-1
    const float[::1] left_values,
    const int64_t[::1] right_indptr,  # (M + 1,)
    const int32_t[::1] right_columns,  # in 0..n_items-1
    const float[::1] right_values,
    const int64_t[::1] seen_starts,  # (B,)
    const int64_t[::1] seen_ends,  # (B,): user b has seen the items seen[seen_starts[b]:seen_ends[b]]
    const int32_t[::1] seen,
    const int32_t[::1] removed,  # items in 0..n_items-1 that are left out for all users
    float[::1] scores,  # (n_items,), room for one row of scores
    int32_t[:, ::1] ids,  # (B, k), k <= n_items, written up to each list's length
    int32_t[::1] lengths,  # (B,), written
):
    """Write the best k items of every user, best first, equal scores by ascending id.

    Equivalent to `mask_of_rows` and `top_k_of_rows` on `(left @ right).toarray()`, one row at a time, for B users and M
    rows of `right`. Return the first row with a NaN, where the work stops, or -1 without a NaN.
    """
    cdef SparseRows left, right
    cdef ItemSets hidden
    cdef int64_t n_users = lengths.shape[0], n_items = scores.shape[0], k = ids.shape[1], nan_row

    if n_users == 0:
        return -1
    left.starts, left.ends = &left_starts[0], &left_ends[0]
    left.columns, left.values = _start(left_columns), _start_of_values(left_values)
    right.starts, right.ends = &right_indptr[0], &right_indptr[0] + 1
    right.columns, right.values = _start(right_columns), _start_of_values(right_values)
    hidden.seen_starts, hidden.seen_ends, hidden.seen = &seen_starts[0], &seen_ends[0], _start(seen)
    hidden.removed, hidden.n_removed = _start(removed), removed.shape[0]
    with nogil:
        nan_row = rank_products(
            left, n_users, right, n_items, hidden, k, &scores[0], &ids[0, 0], &lengths[0]
        )
    return nan_row
