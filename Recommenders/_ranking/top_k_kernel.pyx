"""Masks over a block of scores, and the best k items of every row."""

from libc.math cimport INFINITY
from libc.stdint cimport int32_t, int64_t


cdef extern from "best_k.hpp" nogil:
    int64_t rank_rows[Score](
        const Score* scores, int64_t n_rows, int64_t n_items, int64_t k, int32_t* ids, int32_t* lengths
    ) except +


ctypedef fused real:
    float
    double

ctypedef fused index:
    int32_t
    int64_t


def mask_of_rows(
    real[:, ::1] scores,  # (B, n_items)
    const int64_t[::1] starts,  # (B,)
    const int64_t[::1] ends,  # (B,)
    const index[::1] items,  # in 0..n_items-1
    const int64_t[::1] columns,  # in 0..n_items-1
):
    """Set some items of every row, and some columns, to -inf.

    Equivalent to, for every row::

        scores[row, items[starts[row]:ends[row]]] = -np.inf
        scores[row, columns] = -np.inf
    """
    cdef Py_ssize_t row, j

    with nogil:
        for row in range(scores.shape[0]):
            for j in range(starts[row], ends[row]):
                scores[row, items[j]] = -INFINITY
            for j in range(columns.shape[0]):
                scores[row, columns[j]] = -INFINITY


def top_k_of_rows(
    const real[:, ::1] scores,  # (B, n_items), n_items < 2**31
    int32_t[:, ::1] ids,  # (B, k), k <= n_items, written up to each list's length
    int32_t[::1] lengths,  # (B,), written
):
    """Write the best k of every row, best first, equal scores by ascending id; -inf is never among them.

    Equivalent to, for every row::

        order = np.lexsort((np.arange(n_items), -scores[row]))
        order = order[scores[row, order] > -np.inf][:k]
        ids[row, :order.size], lengths[row] = order, order.size

    Return the first row with a NaN, where the work stops, or -1 without a NaN.
    """
    cdef int64_t n_rows = scores.shape[0], n_items = scores.shape[1], k = ids.shape[1]
    cdef int64_t nan_row

    if n_rows == 0 or n_items == 0:
        lengths[:] = 0
        return -1
    with nogil:
        nan_row = rank_rows(&scores[0, 0], n_rows, n_items, k, &ids[0, 0], &lengths[0])
    return nan_row
