"""Cells of sparse matrices: made from lists of entries, reduced to one value each, numbered, and left out."""

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from recsys_common.validation import check_sparse


class GrowingArray:
    """A 1-D array that is collected in parts.

    Equivalent to: numpy.concatenate(parts), without the parts and their sum in memory at one time. A bytearray grows
    where it lies or is moved by its pages, where most of the cost of a large array is touching new memory.
    """

    def __init__(self, dtype: npt.DTypeLike) -> None:
        self.dtype = np.dtype(dtype)
        self._bytes = bytearray()

    def __len__(self) -> int:
        return len(self._bytes) // self.dtype.itemsize

    def extend(self, values: npt.NDArray[Any]) -> None:
        self._bytes += np.ascontiguousarray(values, dtype=self.dtype).view(np.uint8).data

    def to_array(self) -> npt.NDArray[Any]:
        """Return all values without a copy; nothing can be appended any more."""
        return np.frombuffer(self._bytes, dtype=self.dtype)


class Cells:
    """The distinct cells of a matrix, row by row and by column within a row, and the entries that fall on each.

    Several matrices of one pattern, such as ratings and timestamps, are made from one sort. There is at least one
    entry; the arrays that are given are not changed.
    """

    def __init__(self, rows: npt.NDArray[np.int32], cols: npt.NDArray[np.int32], shape: tuple[int, int]) -> None:
        self.shape = shape
        self._indptr, self._cols, self._order = _sorted_by_row(rows, cols, shape)
        is_first = np.ones(len(cols), dtype=np.bool_)
        np.not_equal(self._cols[1:], self._cols[:-1], out=is_first[1:])
        is_first[self._indptr[:-1][np.diff(self._indptr) > 0]] = True
        self.n_repeated = len(cols) - int(np.count_nonzero(is_first))
        # None where every cell has one entry, the usual case
        self._is_first = is_first if self.n_repeated else None
        if self._is_first is not None:
            self._indptr = np.searchsorted(np.flatnonzero(is_first), self._indptr)
            self._cols = self._cols[is_first]

    def reduce(self, values: npt.NDArray[np.float64], how: str) -> npt.NDArray[np.float64]:
        """Return one value for each cell from one for each entry; `how` is one of `REDUCTIONS`."""
        in_order = values[self._order]
        return in_order if self._is_first is None else REDUCTIONS[how](in_order, self._is_first)

    def to_csr(self, values: npt.NDArray[np.float64], kept: npt.NDArray[np.bool_] | None = None) -> sps.csr_matrix:
        """Return a canonical matrix of the cells without those that are 0 or not kept; it takes over `values`."""
        matrix = sps.csr_matrix((values, self._cols.copy(), self._indptr.copy()), shape=self.shape)
        matrix.has_canonical_format = True
        if kept is not None:
            matrix.data[~kept] = 0.0
        if np.count_nonzero(matrix.data) < matrix.nnz:
            matrix.eliminate_zeros()
        return matrix


def canonical_csr(name: str, matrix: Any) -> sps.csr_matrix:
    """Return a checked copy of a sparse matrix: sorted, without duplicates or explicit zeros.

    It has its own dtype, but is float64 where a sum of duplicates does not fit into that.
    """
    return check_sparse(name, matrix, dtype=None, allow_empty=True)


def cell_keys(matrix: sps.csr_matrix) -> npt.NDArray[np.int64]:
    """Return one number for each cell, row * n_cols + column, in the order of `matrix.data`.

    Equal for equal cells of matrices of one shape; ascending and distinct if the matrix is in canonical form.
    """
    n_rows, n_cols = matrix.shape
    rows = np.repeat(np.arange(n_rows, dtype=np.int64), np.diff(matrix.indptr))
    return rows * n_cols + matrix.indices


def with_cells(matrix: sps.csr_matrix, kept: npt.NDArray[np.bool_]) -> sps.csr_matrix:
    """Return a new matrix of the same shape and dtype with the kept cells only; the mask is for `matrix.data`."""
    # positions once, then plain gathers: several times as fast as a boolean index into each array
    cells = np.flatnonzero(kept)
    indptr = np.searchsorted(cells, matrix.indptr).astype(matrix.indptr.dtype)
    return sps.csr_matrix((matrix.data[cells], matrix.indices[cells], indptr), shape=matrix.shape)


def _sums(values: npt.NDArray[np.float64], is_first: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    sums: npt.NDArray[np.float64] = np.add.reduceat(values, np.flatnonzero(is_first))
    return sums


def _means(values: npt.NDArray[np.float64], is_first: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    return _sums(values, is_first) / np.diff(np.flatnonzero(is_first), append=len(values))


def _lasts(values: npt.NDArray[np.float64], is_first: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    lasts: npt.NDArray[np.float64] = values[np.append(is_first[1:], True)]
    return lasts


def _largest(values: npt.NDArray[np.float64], is_first: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    largest: npt.NDArray[np.float64] = np.maximum.reduceat(values, np.flatnonzero(is_first))
    return largest


# how the entries of one cell become its value, from all entries in their order and marks at each cell's first one
REDUCTIONS = {"sum": _sums, "mean": _means, "last": _lasts, "max": _largest}


def _sorted_by_row(
    rows: npt.NDArray[np.int32], cols: npt.NDArray[np.int32], shape: tuple[int, int]
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """Return where each row starts, the columns by row and column, and the order that sorts the entries so.

    Equivalent to: order = numpy.lexsort((cols, rows)), by counting: scipy counts when it turns rows into columns, and
    keeps entries of one cell apart and in their order. For 2 million entries it takes an eighth of the time, which
    "first" of benchmarks/data_speed.py needs.
    """
    n_entries = len(rows)
    position_type = np.int32 if n_entries < 2**31 - 1 else np.int64
    one_per_row: npt.NDArray[Any] = np.arange(n_entries + 1, dtype=position_type)
    marks: sps.csr_matrix = sps.csr_matrix(
        (np.zeros(n_entries, dtype=np.bool_), cols, one_per_row), shape=(n_entries, shape[1])
    )
    by_col = marks.tocsc()
    order: npt.NDArray[Any] = by_col.indices
    transposed: sps.csr_matrix = sps.csr_matrix((order, rows[order], by_col.indptr), shape=(shape[1], shape[0]))
    by_row = transposed.tocsc()
    return by_row.indptr, by_row.indices, by_row.data
