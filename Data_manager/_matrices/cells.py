"""Sparse matrices from lists of entries, where several entries of one cell are reduced to one value."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

Values = npt.NDArray[np.float64]


def _sums(values: Values, is_first: npt.NDArray[np.bool_]) -> Values:
    sums: Values = np.add.reduceat(values, np.flatnonzero(is_first))
    return sums


def _means(values: Values, is_first: npt.NDArray[np.bool_]) -> Values:
    starts = np.flatnonzero(is_first)
    means: Values = np.add.reduceat(values, starts) / np.diff(starts, append=len(values))
    return means


def _lasts(values: Values, is_first: npt.NDArray[np.bool_]) -> Values:
    lasts: Values = values[np.append(is_first[1:], True)]
    return lasts


def _largest(values: Values, is_first: npt.NDArray[np.bool_]) -> Values:
    largest: Values = np.maximum.reduceat(values, np.flatnonzero(is_first))
    return largest


# how the entries of one cell become its value; they are in the order in which they were given, and marked is the first
REDUCTIONS: dict[str, Callable[[Values, npt.NDArray[np.bool_]], Values]] = {
    "sum": _sums,
    "mean": _means,
    "last": _lasts,
    "max": _largest,
}


def _sorted_by_row(
    rows: npt.NDArray[np.int32], cols: npt.NDArray[np.int32], shape: tuple[int, int]
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """Where each row starts, the columns by row and column, and the order that puts the entries so.

    Equivalent to: order = numpy.lexsort((cols, rows)), by counting, in time linear in their number: scipy counts when
    it turns rows into columns, and leaves what falls on one cell apart and in its order.
    """
    n_entries = len(rows)
    position_type = np.int32 if n_entries < 2**31 - 1 else np.int64
    one_to_a_row: npt.NDArray[Any] = np.arange(n_entries + 1, dtype=position_type)
    marks: sps.csr_matrix = sps.csr_matrix(
        (np.zeros(n_entries, dtype=np.bool_), cols, one_to_a_row), shape=(n_entries, shape[1])
    )
    by_col = marks.tocsc()
    order: npt.NDArray[Any] = by_col.indices
    transposed: sps.csr_matrix = sps.csr_matrix((order, rows[order], by_col.indptr), shape=(shape[1], shape[0]))
    by_row = transposed.tocsc()
    return by_row.indptr, by_row.indices, by_row.data


class Cells:
    """The distinct cells of a matrix, row by row and by column within a row, and the entries that fall on each.

    Several matrices of one pattern, such as ratings and timestamps, are made from one sort.

    Parameters
    ----------
    rows, cols : numpy.ndarray of int32, shape (n_entries,)
        In range; at least one entry. Not changed.
    shape : tuple of two ints
        Number of rows and columns.
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

    def reduce(self, values: Values, how: str) -> Values:
        """One value for each cell, in the order of the cells, from one for each entry; `how` is one of `REDUCTIONS`."""
        in_order = values[self._order]
        return in_order if self._is_first is None else REDUCTIONS[how](in_order, self._is_first)

    def to_csr(self, values: Values, kept: npt.NDArray[np.bool_] | None = None) -> sps.csr_matrix:
        """A matrix of the cells with these values, in canonical form; those that are 0 or not kept are left out.

        `values`, an array of `reduce`, becomes part of the matrix.
        """
        matrix = sps.csr_matrix((values, self._cols.copy(), self._indptr.copy()), shape=self.shape)
        matrix.has_canonical_format = True
        if kept is not None:
            matrix.data[~kept] = 0.0
        if np.count_nonzero(matrix.data) < matrix.nnz:
            matrix.eliminate_zeros()
        return matrix
