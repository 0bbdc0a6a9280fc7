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
    real[:, ::1] scores,
    const int64_t[::1] starts,
    const int64_t[::1] ends,
    const index[::1] items,
    const int64_t[::1] columns,
):
    """Set some items of every row, and some columns, to -inf.

    Equivalent to, for every row::

        scores[row, items[starts[row]:ends[row]]] = -np.inf
        scores[row, columns] = -np.inf

    Parameters
    ----------
    scores : (B, n_items) float32 or float64
    starts, ends : (B,) int64
    items : int32 or int64, in 0..n_items-1
    columns : int64, in 0..n_items-1
    """
    cdef Py_ssize_t row, j

    with nogil:
        for row in range(scores.shape[0]):
            for j in range(starts[row], ends[row]):
                scores[row, items[j]] = -INFINITY
            for j in range(columns.shape[0]):
                scores[row, columns[j]] = -INFINITY


def top_k_of_rows(const real[:, ::1] scores, int32_t[:, ::1] ids, int32_t[::1] lengths):
    """Write the best k of every row, best first, equal scores by ascending id; -inf is never among them.

    Equivalent to, for every row::

        order = np.lexsort((np.arange(n_items), -scores[row]))
        order = order[scores[row, order] > -np.inf][:k]
        ids[row, :order.size], lengths[row] = order, order.size

    Parameters
    ----------
    scores : (B, n_items) float32 or float64, n_items < 2**31
    ids, lengths : (B, k) and (B,) int32, k <= n_items, written; ids after a row's length do not change

    Returns
    -------
    int
        The first row with a NaN, where the work stopped; -1 without a NaN.
    """
    cdef int64_t n_rows = scores.shape[0], n_items = scores.shape[1], k = ids.shape[1]
    cdef int64_t nan_row

    if n_rows == 0 or n_items == 0:
        lengths[:] = 0
        return -1
    with nogil:
        nan_row = rank_rows(&scores[0, 0], n_rows, n_items, k, &ids[0, 0], &lengths[0])
    return nan_row
