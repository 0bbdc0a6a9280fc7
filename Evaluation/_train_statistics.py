"""What the metrics need of the training data, computed once for a training matrix."""

import hashlib
import weakref
from typing import Any

import numpy as np
import scipy.sparse as sps

from Evaluation._kernels import train_statistics_kernel as kernel
from Evaluation._metric_base import divide, dot

# A kernel call holds back Ctrl-C.
_ENTRIES_A_CALL = 1 << 26
_ROWS_A_CALL = 1 << 18


class TrainStatistics:
    """What the metrics need of the training data, shared by all cutoffs.

    Parameters
    ----------
    URM_train : scipy sparse matrix, (n_users, n_items)

    Attributes
    ----------
    item_counts : ndarray, (n_items,) int64
        p_i, the number of training ratings of item i.
    relative_popularity : ndarray, (n_items,) float64
        p_i / max p.
    self_information : ndarray, (n_items,) float64
        -log2(p_i / number of training ratings); 0 for an item without any.
    profile_novelty, profile_popularity : float
        Novelty and AveragePopularity of the training profiles taken as lists of all n_users users.
    """

    def __init__(self, URM_train: Any) -> None:
        train = sps.csr_matrix(URM_train)
        n_users, n_items = train.shape
        counts = np.zeros(n_items, dtype=np.int64)
        for start in range(0, train.nnz, _ENTRIES_A_CALL):
            kernel.count_columns(train.indices[start : start + _ENTRIES_A_CALL], counts)
        self.item_counts = counts

        self.relative_popularity = divide(counts.astype(np.float64), np.full(n_items, counts.max(initial=0)))
        self.self_information = np.zeros(n_items)
        known = counts > 0
        self.self_information[known] = -np.log2(counts[known] / train.nnz)
        self.profile_novelty = dot(counts, self.self_information) / n_items / n_users
        of_profiles = np.empty(n_users)
        for start in range(0, n_users, _ROWS_A_CALL):
            rows = slice(start, start + _ROWS_A_CALL)
            indptr = train.indptr[start : start + _ROWS_A_CALL + 1]
            kernel.mean_over_rows(indptr, train.indices, self.relative_popularity, of_profiles[rows])
        self.profile_popularity = float(of_profiles.mean())

    @classmethod
    def of(cls, URM_train: Any) -> "TrainStatistics":
        """The statistics of a matrix, or the object itself if they are computed already."""
        return URM_train if isinstance(URM_train, cls) else cls(URM_train)


class TrainStatisticsCache:
    """The statistics of the last training matrix, told from another one by where its entries are."""

    def __init__(self) -> None:
        self._statistics: TrainStatistics | None = None
        self._digest = b""
        self._last: weakref.ref[Any] | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy, of an evaluator that is sent to another process, begins without a matrix."""
        return type(self), ()

    def of(self, URM_train: sps.csr_matrix) -> TrainStatistics:
        """The statistics of a matrix, which is kept no longer than its owner keeps it."""
        if self._statistics is None or not self._is_the_last(URM_train):
            digest = _digest(URM_train)
            if self._statistics is None or digest != self._digest:
                self._statistics, self._digest = TrainStatistics(URM_train), digest
            # a validation comes with the very arrays of the one before it
            self._last = weakref.ref(URM_train.indices)
        return self._statistics

    def _is_the_last(self, URM_train: sps.csr_matrix) -> bool:
        return self._last is not None and self._last() is URM_train.indices


def _digest(URM_train: sps.csr_matrix) -> bytes:
    """Of the shape and of the places of the entries."""
    digest = hashlib.blake2b(repr(URM_train.shape).encode(), digest_size=16)
    for array in (URM_train.indptr, URM_train.indices):
        digest.update(np.ascontiguousarray(array).view(np.uint8).data)
    return digest.digest()
