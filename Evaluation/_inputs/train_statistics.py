"""What the metrics need of the training data, computed once for a training matrix."""

import hashlib
import weakref
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sps

from Evaluation._inputs.kernels import train_statistics_kernel as kernel
from Evaluation._metrics.base import divide, dot
from recsys_common.validation import check_entries

# A kernel call holds back Ctrl-C.
_ENTRIES_A_CALL = 1 << 26
_ROWS_A_CALL = 1 << 18
# what is read of the matrix of the call before: a tenth of a millisecond, where all of it could be a tenth of the work
_PROBES = 1 << 14


class TrainStatistics:
    """What the metrics need of the training data, shared by all cutoffs.

    Parameters
    ----------
    URM_train : scipy.sparse.csr_matrix, (n_users, n_items)
        Checked.

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

    def __init__(self, URM_train: sps.csr_matrix) -> None:
        n_users, n_items = URM_train.shape
        counts = np.zeros(n_items, dtype=np.int64)
        for start in range(0, URM_train.nnz, _ENTRIES_A_CALL):
            kernel.count_columns(URM_train.indices[start : start + _ENTRIES_A_CALL], counts)
        self.item_counts = counts

        self.relative_popularity = divide(counts.astype(np.float64), np.full(n_items, counts.max(initial=0)))
        self.self_information = np.zeros(n_items)
        known = counts > 0
        self.self_information[known] = -np.log2(counts[known] / URM_train.nnz)
        self.profile_novelty = dot(counts, self.self_information) / n_items / n_users
        of_profiles = np.empty(n_users)
        for start in range(0, n_users, _ROWS_A_CALL):
            rows = slice(start, start + _ROWS_A_CALL)
            indptr = URM_train.indptr[start : start + _ROWS_A_CALL + 1]
            kernel.mean_over_rows(indptr, URM_train.indices, self.relative_popularity, of_profiles[rows])
        self.profile_popularity = float(of_profiles.mean())

    @classmethod
    def of(cls, URM_train: Any) -> "TrainStatistics":
        """The statistics of any sparse matrix, or the object itself if they are computed already."""
        return URM_train if isinstance(URM_train, cls) else cls(check_entries("URM_train", URM_train))


class _Remembered(NamedTuple):
    """A matrix of an earlier call, by what tells it from others, and its statistics."""

    statistics: TrainStatistics
    digest: bytes
    shape: tuple[int, int]
    indptr: weakref.ref[Any]
    indices: weakref.ref[Any]
    probe: bytes

    def is_of(self, URM_train: sps.csr_matrix) -> bool:
        """Whether it is certainly the same matrix, without reading all of it."""
        same = self.indptr() is URM_train.indptr and self.indices() is URM_train.indices
        return same and self.shape == URM_train.shape and self.probe == _probe(URM_train)


class TrainStatisticsCache:
    """The statistics of the last training matrix, told from another one by where its entries are.

    The matrix of the call before is known by its two arrays of places, and by some of their values, since arrays can be
    changed in place: up to `_PROBES` rows and entries no change goes unseen, beyond that every change of a share of
    them that would show in the statistics. All other matrices are read whole.
    """

    def __init__(self) -> None:
        # replaced at once, never changed: other threads may be reading it
        self._last: _Remembered | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy, of an evaluator that is sent to another process, begins without a matrix."""
        return type(self), ()

    def of(self, URM_train: sps.csr_matrix) -> TrainStatistics:
        """The statistics of a matrix, which is kept no longer than its owner keeps it."""
        last = self._last
        if last is not None and last.is_of(URM_train):
            return last.statistics
        digest = _digest(URM_train)
        statistics = last.statistics if last is not None and last.digest == digest else TrainStatistics(URM_train)
        arrays = weakref.ref(URM_train.indptr), weakref.ref(URM_train.indices)
        self._last = _Remembered(statistics, digest, URM_train.shape, *arrays, _probe(URM_train))
        return statistics


def _digest(URM_train: sps.csr_matrix) -> bytes:
    """Of the shape and of the places of the entries."""
    # processors have instructions for it, with which it takes half the time of the hashes made for software
    digest = hashlib.sha256(repr(URM_train.shape).encode())
    for array in (URM_train.indptr, URM_train.indices):
        digest.update(np.ascontiguousarray(array).view(np.uint8).data)
    return digest.digest()


def _probe(URM_train: sps.csr_matrix) -> bytes:
    """Values of both arrays at places that are evenly spread; all values of small ones."""
    arrays = (URM_train.indptr, URM_train.indices)
    return b"".join(array[:: -(-array.size // _PROBES)].tobytes() for array in arrays if array.size)
