"""The area under the ROC curve of the scores of many users."""

from libc.math cimport NAN
from libc.stdint cimport int32_t, int64_t, uint8_t

ctypedef fused real:
    float
    double

ctypedef fused index:
    int32_t
    int64_t

ctypedef fused seen_index:
    int32_t
    int64_t


def auc_of_rows(
    const real[:, ::1] scores,  # (B, n_items), without NaN
    const int64_t[::1] test_starts,  # (B,)
    const int64_t[::1] test_ends,  # (B,): user b's test items are test_items[test_starts[b]:test_ends[b]]
    const index[::1] test_items,
    const int64_t[::1] seen_starts,  # (B,)
    const int64_t[::1] seen_ends,  # (B,): as for the test items
    const seen_index[::1] seen_items,
    const uint8_t[::1] is_removed,  # (n_items,)
    uint8_t[::1] is_out,  # (n_items,), equal to is_removed before and after
    real[::1] others,  # (n_items,), written over
    double[::1] auc,  # (B,), written; NaN without a pair
):
    """Compute the share of the pairs of a test item and another item in which the test item has the higher score.

    Equivalent to, for user b with the scores t, (P,), of the test items and o, (N,), of all other items, both without
    seen and removed items::

        ((t[:, None] > o).sum() + 0.5 * (t[:, None] == o).sum()) / (P * N)
    """
    cdef Py_ssize_t user, item, n_items = scores.shape[1]
    cdef int64_t j, n_tests, n_others
    cdef int32_t n_below, n_equal  # as wide as the compared floats, so that the loop is vectorised
    cdef double wins
    cdef real score

    with nogil:
        for user in range(scores.shape[0]):
            for j in range(seen_starts[user], seen_ends[user]):
                is_out[seen_items[j]] = 1
            # a 2 marks the test items that take part
            for j in range(test_starts[user], test_ends[user]):
                if is_out[test_items[j]] == 0:
                    is_out[test_items[j]] = 2
            n_others = 0
            for item in range(n_items):
                others[n_others] = scores[user, item]
                n_others += is_out[item] == 0
            n_tests = 0
            wins = 0.0
            for j in range(test_starts[user], test_ends[user]):
                if is_out[test_items[j]] == 2:
                    n_tests += 1
                    score = scores[user, test_items[j]]
                    n_below = n_equal = 0
                    for item in range(n_others):
                        n_below += others[item] < score
                        n_equal += others[item] == score
                    wins += <double> n_below + 0.5 * n_equal
            auc[user] = wins / (<double> n_tests * n_others) if n_tests > 0 and n_others > 0 else NAN
            for j in range(test_starts[user], test_ends[user]):
                is_out[test_items[j]] = is_removed[test_items[j]]
            for j in range(seen_starts[user], seen_ends[user]):
                is_out[seen_items[j]] = is_removed[seen_items[j]]
