"""Sparse matrices from lists of entries, where several entries of one cell are reduced to one value."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

Values = npt.NDArray[np.float64]


def _sums(values: Values, starts: npt.NDArray[np.int64]) -> Values:
    sums: Values = np.add.reduceat(values, starts)
    return sums


def _means(values: Values, starts: npt.NDArray[np.int64]) -> Values:
    means: Values = _sums(values, starts) / np.diff(starts, append=len(values))
    return means


def _lasts(values: Values, starts: npt.NDArray[np.int64]) -> Values:
    lasts: Values = values[np.append(starts[1:], len(values)) - 1]
    return lasts


def _largest(values: Values, starts: npt.NDArray[np.int64]) -> Values:
    largest: Values = np.maximum.reduceat(values, starts)
    return largest


# how the entries of one cell become its value; they are in the order in which they were given
REDUCTIONS: dict[str, Callable[[Values, npt.NDArray[np.int64]], Values]] = {
    "sum": _sums,
    "mean": _means,
    "last": _lasts,
    "max": _largest,
}


def _stable_order(codes: npt.NDArray[np.int32], n_codes: int) -> npt.NDArray[np.integer[Any]]:
    """Equivalent to: numpy.argsort(codes, kind="stable"), by counting, in time linear in their number."""
    n_entries = len(codes)
    one_to_a_row: npt.NDArray[Any] = np.arange(n_entries + 1, dtype=np.int32 if n_entries < 2**31 - 1 else np.int64)
    # scipy sorts by counting when it turns rows into columns
    marks: sps.csr_matrix = sps.csr_matrix(
        (np.zeros(n_entries, dtype=np.bool_), codes, one_to_a_row), shape=(n_entries, n_codes)
    )
    return marks.tocsc().indices


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
        by_col = _stable_order(cols, shape[1])
        self._order = by_col[_stable_order(rows[by_col], shape[0])]
        del by_col
        sorted_rows, self._cols = rows[self._order], cols[self._order]
        is_start = np.ones(len(rows), dtype=np.bool_)
        np.logical_or(sorted_rows[1:] != sorted_rows[:-1], self._cols[1:] != self._cols[:-1], out=is_start[1:])
        self.n_repeated = len(rows) - int(np.count_nonzero(is_start))
        # None where every cell has one entry, the usual case
        self._starts = np.flatnonzero(is_start) if self.n_repeated else None
        if self._starts is not None:
            sorted_rows, self._cols = sorted_rows[self._starts], self._cols[self._starts]
        self._indptr = np.concatenate([[0], np.cumsum(np.bincount(sorted_rows, minlength=shape[0]))])

    def reduce(self, values: Values, how: str) -> Values:
        """One value for each cell, in the order of the cells, from one for each entry; `how` is one of `REDUCTIONS`."""
        in_order = values[self._order]
        return in_order if self._starts is None else REDUCTIONS[how](in_order, self._starts)

    def to_csr(self, values: Values, kept: npt.NDArray[np.bool_] | None = None) -> sps.csr_matrix:
        """A matrix of the cells with these values, in canonical form; those that are 0 or not kept are left out."""
        matrix = sps.csr_matrix((values, self._cols, self._indptr), shape=self.shape, copy=True)
        matrix.has_canonical_format = True
        if kept is not None:
            matrix.data[~kept] = 0.0
        if np.count_nonzero(matrix.data) < matrix.nnz:
            matrix.eliminate_zeros()
        return matrix
