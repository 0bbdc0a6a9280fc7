"""Cells of csr matrices: in canonical form, their keys, and a matrix with some of them only."""

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from recsys_common.validation import check_sparse


def canonical_csr(name: str, matrix: Any) -> sps.csr_matrix:
    """A checked copy of a sparse matrix: sorted, without duplicates or explicit zeros.

    Of its own dtype, but float64 where a sum of duplicates does not fit into it.
    """
    return check_sparse(name, matrix, dtype=None, allow_empty=True)


def cell_keys(matrix: sps.csr_matrix) -> npt.NDArray[np.int64]:
    """One number for each cell, row * n_cols + column, in the order of `matrix.data`.

    Equal for equal cells of matrices of one shape; ascending and distinct if the matrix is in canonical form.
    """
    n_rows, n_cols = matrix.shape
    rows = np.repeat(np.arange(n_rows, dtype=np.int64), np.diff(matrix.indptr))
    return rows * n_cols + matrix.indices


def with_cells(matrix: sps.csr_matrix, kept: npt.NDArray[np.bool_]) -> sps.csr_matrix:
    """A new matrix of the same shape and dtype that has only the kept cells.

    Parameters
    ----------
    matrix : scipy.sparse.csr_matrix
        It is not changed.
    kept : numpy.ndarray of bool, shape (matrix.nnz,)
        Whether each cell stays, in the order of `matrix.data`.
    """
    # positions once, then plain gathers: several times as fast as a boolean index into each array
    cells = np.flatnonzero(kept)
    indptr = np.searchsorted(cells, matrix.indptr).astype(matrix.indptr.dtype)
    return sps.csr_matrix((matrix.data[cells], matrix.indices[cells], indptr), shape=matrix.shape)
