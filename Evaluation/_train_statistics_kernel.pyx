"""Statistics of all entries of a matrix, without arrays of their number."""

from libc.stdint cimport int32_t, int64_t

ctypedef fused index:
    int32_t
    int64_t


def count_columns(const index[::1] columns, int64_t[::1] counts):
    """Add how many entries every column has. Equivalent to `counts += np.bincount(columns, minlength=counts.size)`.

    Parameters
    ----------
    columns : (nnz,) int32 or int64, in 0..n_columns-1
    counts : (n_columns,) int64, added to
    """
    cdef Py_ssize_t j

    with nogil:
        for j in range(columns.shape[0]):
            counts[columns[j]] += 1


def mean_over_rows(const index[::1] indptr, const index[::1] columns, const double[::1] weights, double[::1] means):
    """Mean weight of the columns of every row of a csr matrix; 0 for an empty row.

    Equivalent to `means[row] = weights[columns[indptr[row]:indptr[row + 1]]].mean()`.

    Parameters
    ----------
    indptr : (n_rows + 1,) int32 or int64
    columns : (nnz,) of the same type
    weights : (n_columns,) float64
    means : (n_rows,) float64, written
    """
    cdef Py_ssize_t row, j
    cdef double total

    with nogil:
        for row in range(means.shape[0]):
            total = 0.0
            for j in range(indptr[row], indptr[row + 1]):
                total += weights[columns[j]]
            means[row] = total / (indptr[row + 1] - indptr[row]) if indptr[row + 1] > indptr[row] else 0.0
