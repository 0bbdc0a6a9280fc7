"""Sums of so many float32 numbers that the last ones would be lost.

One float32 after the other, a sum of n equal terms may be off by n 2^-26 of itself, and from 2^24 terms on it does not
grow any more. So the gradients of rows with more than MANY_TERMS ratings in a batch are summed up in float64.
"""

import numpy as np
import scipy.sparse as sps
from numpy.typing import NDArray

from Recommenders.MatrixFactorization.PyTorch._parameters import Array

MANY_TERMS = 1 << 12  # some 5e-5 of the sum at the worst


def rows_of_long_sums(URM: sps.csr_matrix, batch_size: int) -> tuple[NDArray[np.int64], int]:
    """Users u and items n_users + i for which a batch is expected to have more than MANY_TERMS ratings.

    Returns
    -------
    rows : int64 array
    n_ratings : int >= 1
        So many ratings have about MANY_TERMS of the user or the item that has most; without one, the batch's.
    """
    batch_size = min(batch_size, URM.nnz)
    if batch_size <= MANY_TERMS:
        return np.empty(0, dtype=np.int64), batch_size
    counts = np.concatenate([np.diff(URM.indptr), np.bincount(URM.indices, minlength=URM.shape[1])])
    rows = np.flatnonzero(counts * (batch_size / URM.nnz) > MANY_TERMS)
    return rows, int(MANY_TERMS * (URM.nnz / counts.max())) if rows.size else batch_size


class LongSums:
    """Moves the sums of some rows out of float32 arrays now and then, and back in the end.

    Parameters
    ----------
    rows : int64 array of shape (R,)
    slots : int32 array
        Where in `sums` each row is, -1 where it is not.
    sums : float32 array of shape (C, L)
    """

    def __init__(self, rows: NDArray[np.int64], slots: NDArray[np.int32], sums: Array) -> None:
        self._rows, self._slots, self._sums = rows, slots, sums
        self._so_far = np.zeros((rows.size, sums.shape[1]), dtype=np.float64)

    def take(self) -> None:
        """Add the sums to those so far; the arrays start again from 0."""
        slots = self._slots[self._rows]
        are_there = slots >= 0
        self._so_far[are_there] += self._sums[slots[are_there]]
        self._sums[slots[are_there]] = 0

    def give_back(self) -> None:
        """Put into the arrays all that was summed up."""
        self.take()
        slots = self._slots[self._rows]
        are_there = slots >= 0
        self._sums[slots[are_there]] = self._so_far[are_there]
        self._so_far[:] = 0
