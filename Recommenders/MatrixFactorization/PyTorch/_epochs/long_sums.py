"""Sums of so many float32 numbers that the last ones would be lost.

One float32 after the other, a sum of n equal terms may be off by n 2^-26 of itself, and from 2^24 terms on it does not
grow any more. So the gradients of rows with more than MANY_TERMS ratings in a batch are summed in float64.
"""

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

MANY_TERMS = 1 << 12  # an error of some 5e-5 of the sum at the worst


def rows_of_long_sums(URM: sps.csr_matrix, batch_size: int) -> tuple[npt.NDArray[np.int64], int]:
    """Find the users u and items n_users + i that are expected to have more than MANY_TERMS ratings in a batch.

    Return them, and how many ratings of a batch have about MANY_TERMS of the largest row; all of the batch without
    such a row.
    """
    batch_size = min(batch_size, URM.nnz)
    if batch_size <= MANY_TERMS:
        return np.empty(0, dtype=np.int64), batch_size
    counts = np.concatenate([np.diff(URM.indptr), np.bincount(URM.indices, minlength=URM.shape[1])])
    rows = np.flatnonzero(counts * (batch_size / URM.nnz) > MANY_TERMS)
    return rows, int(MANY_TERMS * (URM.nnz / counts.max())) if rows.size else batch_size


class LongSums:
    """Sums of some rows, (R,), in float64: they are moved out of float32 arrays now and then, and back in the end.

    `slots` says where in `sums`, (C, L), a row is, or -1.
    """

    def __init__(
        self, rows: npt.NDArray[np.int64], slots: npt.NDArray[np.int32], sums: npt.NDArray[np.float32]
    ) -> None:
        self._rows, self._slots, self._sums = rows, slots, sums
        self._so_far = np.zeros((rows.size, sums.shape[1]), dtype=np.float64)

    def take(self) -> None:
        """Add the float32 sums to the float64 ones, and set them to 0."""
        slots = self._slots[self._rows]
        has_slot = slots >= 0
        self._so_far[has_slot] += self._sums[slots[has_slot]]
        self._sums[slots[has_slot]] = 0

    def give_back(self) -> None:
        """Write the float64 sums into the float32 arrays, and set them to 0."""
        self.take()
        slots = self._slots[self._rows]
        has_slot = slots >= 0
        self._sums[slots[has_slot]] = self._so_far[has_slot]
        self._so_far[:] = 0
