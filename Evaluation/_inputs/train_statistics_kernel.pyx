"""Statistics of all entries of a sparse matrix, without arrays of that size."""

from libc.stdint cimport int32_t, int64_t

ctypedef fused index:
    int32_t
    int64_t

ctypedef fused test_index:
    int32_t
    int64_t


def count_columns(
    const index[::1] columns,  # in 0..n_columns-1
    int64_t[::1] counts,  # (n_columns,), added to
):
    """Count the entries of every column. Equivalent to `counts += np.bincount(columns, minlength=counts.size)`."""
    cdef Py_ssize_t j

    with nogil:
        for j in range(columns.shape[0]):
            counts[columns[j]] += 1


def mean_over_rows(
    const index[::1] indptr,  # (n_rows + 1,)
    const index[::1] columns,
    const double[::1] weights,  # (n_columns,)
    double[::1] means,  # (n_rows,), written
):
    """Compute the mean weight of the columns of every row of a csr matrix, 0 for an empty row.

    Equivalent to `means[row] = weights[columns[indptr[row]:indptr[row + 1]]].mean()`.
    """
    cdef Py_ssize_t row, j
    cdef double total

    with nogil:
        for row in range(means.shape[0]):
            total = 0.0
            for j in range(indptr[row], indptr[row + 1]):
                total += weights[columns[j]]
            means[row] = total / (indptr[row + 1] - indptr[row]) if indptr[row + 1] > indptr[row] else 0.0


def count_common(
    const index[::1] indptr,  # (n_rows + 1,), n_rows < 2^31
    const index[::1] columns,  # in 0..n_columns-1, in any order
    const test_index[::1] test_indptr,
    const test_index[::1] test_columns,  # the same, without repetition in a row
    int32_t[::1] marks,  # (n_columns,), zeros, written over
):
    """Count the entries of a csr matrix that are entries of another csr matrix of the same shape too.

    Equivalent to `(other.astype(bool).multiply(test.astype(bool))).nnz`. Only rows with test entries are read.
    """
    cdef Py_ssize_t row, j
    cdef int32_t mark
    cdef int64_t n_common = 0

    with nogil:
        for row in range(indptr.shape[0] - 1):
            if test_indptr[row] == test_indptr[row + 1]:
                continue
            mark = <int32_t> (row + 1)
            for j in range(indptr[row], indptr[row + 1]):
                marks[columns[j]] = mark
            for j in range(test_indptr[row], test_indptr[row + 1]):
                n_common += marks[test_columns[j]] == mark
    return n_common
