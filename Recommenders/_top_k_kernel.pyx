"""The best k of every row of a block of scores, in the order of a ranking."""

from libc.math cimport INFINITY

ctypedef fused real:
    float
    double


cdef inline int _sift_down(real[::1] heap_scores, int[::1] heap_ids, Py_ssize_t node, Py_ssize_t size) except -1 nogil:
    """Move the entry at `node` down until no child ranks behind it; the root is then the last of the ranking."""
    cdef real score = heap_scores[node]
    cdef int item = heap_ids[node]
    cdef Py_ssize_t child = 2 * node + 1

    while child < size:
        # a ranks behind b:  a.score < b.score  or  a.score = b.score and a.id > b.id
        if child + 1 < size and (
            heap_scores[child + 1] < heap_scores[child]
            or (heap_scores[child + 1] == heap_scores[child] and heap_ids[child + 1] > heap_ids[child])
        ):
            child += 1
        if not (heap_scores[child] < score or (heap_scores[child] == score and heap_ids[child] > item)):
            break
        heap_scores[node] = heap_scores[child]
        heap_ids[node] = heap_ids[child]
        node = child
        child = 2 * node + 1

    heap_scores[node] = score
    heap_ids[node] = item
    return 0


cdef inline Py_ssize_t _select(
    const real[:, ::1] scores, Py_ssize_t row, real[::1] heap_scores, int[::1] heap_ids
) except -2 nogil:
    """Put the best of one row into the heap; their number, or -1 for a row with a NaN."""
    cdef Py_ssize_t n_items = scores.shape[1]
    cdef Py_ssize_t k = heap_ids.shape[0]
    cdef Py_ssize_t item = 0, size = 0, node, stop
    cdef real score, threshold
    cdef int promising

    while item < n_items and size < k:
        score = scores[row, item]
        if score != score:
            return -1
        if score > -INFINITY:
            heap_scores[size] = score
            heap_ids[size] = <int> item
            size += 1
        item += 1
    for node in range(size // 2 - 1, -1, -1):
        _sift_down(heap_scores, heap_ids, node, size)
    if item == n_items:
        return size

    # Ids ascend, so an item that only equals the last of the full heap ranks behind it. `not <=` lets NaN through too.
    threshold = heap_scores[0]
    while item < n_items:
        # Most stretches hold nothing better: this loop has no branch, and the compiler makes vectors of it.
        stop = min(item + 64, n_items)
        promising = 0
        for node in range(item, stop):
            promising |= not (scores[row, node] <= threshold)
        if promising:
            for node in range(item, stop):
                score = scores[row, node]
                if not (score <= threshold):
                    if score != score:
                        return -1
                    heap_scores[0] = score
                    heap_ids[0] = <int> node
                    _sift_down(heap_scores, heap_ids, 0, k)
                    threshold = heap_scores[0]
        item = stop
    return size


def top_k_of_rows(
    const real[:, ::1] scores, real[::1] heap_scores, int[::1] heap_ids, int[:, ::1] ids, int[::1] lengths
):
    """Write the best k of every row, best first, equal scores by ascending id; -inf is never among them.

    Equivalent to, for every row::

        order = np.lexsort((np.arange(n_items), -scores[row]))
        order = order[scores[row, order] > -np.inf][:k]
        ids[row, :order.size], lengths[row] = order, order.size

    Parameters
    ----------
    scores : (B, n_items) float32 or float64, C-contiguous, n_items < 2**31
    heap_scores, heap_ids : (k,) of the scores' dtype and (k,) int32, k <= n_items; work space
    ids, lengths : (B, k) and (B,) int32, written; ids after a row's length are left alone

    Returns
    -------
    int
        The first row that holds a NaN, where the work ended; -1 where there is none.
    """
    cdef Py_ssize_t row, size, last
    cdef Py_ssize_t nan_row = -1

    with nogil:
        for row in range(scores.shape[0]):
            size = _select(scores, row, heap_scores, heap_ids)
            if size < 0:
                nan_row = row
                break
            lengths[row] = <int> size
            # The root is the last of the ranking: it goes to the end of the output, the heap's last entry to the root.
            for last in range(size - 1, -1, -1):
                ids[row, last] = heap_ids[0]
                heap_scores[0] = heap_scores[last]
                heap_ids[0] = heap_ids[last]
                _sift_down(heap_scores, heap_ids, 0, last)
    return nan_row
