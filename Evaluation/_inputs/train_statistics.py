"""What evaluators compute of a training matrix, once for each matrix: statistics for metrics, and leaked test ratings.

A matrix is recognised by its arrays, through weak references: no cache keeps a matrix in memory.
"""

import hashlib
import weakref
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from recsys_common.kernels import import_kernel
from recsys_common.messages import warn
from recsys_common.validation import check_entries

_kernel = import_kernel("Evaluation._inputs.train_statistics_kernel")

# Ctrl-C waits for a kernel call.
_ENTRIES_PER_CALL = 1 << 26
_ROWS_PER_CALL = 1 << 18
# values of a known matrix that are compared: 0.1 ms, while reading all of it could be a tenth of an evaluation
_PROBES = 1 << 14


class TrainStatistics:
    """Statistics of the training data that metrics use, shared by all cutoffs.

    p_i is the number of training ratings of item i.
    """

    item_counts: npt.NDArray[np.int64]  # (n_items,): p_i
    relative_popularity: npt.NDArray[np.float64]  # (n_items,): p_i / max p
    self_information: npt.NDArray[np.float64]  # (n_items,): -log2(p_i / sum p), 0 for an item without ratings
    # Novelty and AveragePopularity of the training profiles of all users, taken as recommended lists
    profile_novelty: float
    profile_popularity: float

    def __init__(self, URM_train: sps.csr_matrix) -> None:
        n_users, n_items = URM_train.shape
        counts = np.zeros(n_items, dtype=np.int64)
        for start in range(0, URM_train.nnz, _ENTRIES_PER_CALL):
            _kernel.count_columns(URM_train.indices[start : start + _ENTRIES_PER_CALL], counts)
        self.item_counts = counts

        self.relative_popularity = counts / counts.max(initial=1)
        self.self_information = np.zeros(n_items)
        known = counts > 0
        self.self_information[known] = -np.log2(counts[known] / URM_train.nnz)
        # not by `@`, whose last bits depend on the threads of BLAS
        self.profile_novelty = float(np.sum(counts * self.self_information)) / n_items / n_users
        popularity = np.empty(n_users)  # of each user's profile
        for start in range(0, n_users, _ROWS_PER_CALL):
            rows = slice(start, start + _ROWS_PER_CALL)
            indptr = URM_train.indptr[start : start + _ROWS_PER_CALL + 1]
            _kernel.mean_over_rows(indptr, URM_train.indices, self.relative_popularity, popularity[rows])
        self.profile_popularity = float(popularity.mean())

    @classmethod
    def from_matrix(cls, URM_train: Any) -> "TrainStatistics":
        """Compute the statistics of a sparse matrix; statistics are returned as they are."""
        return URM_train if isinstance(URM_train, cls) else cls(check_entries("URM_train", URM_train))


class TrainStatisticsCache:
    """The statistics of the last training matrix; matrices are told apart by the places of their entries.

    The matrix of the call before is recognised by its arrays and some of their values, since arrays can be changed in
    place. Up to `_PROBES` rows and entries every change is noticed; in larger matrices, every change that is large
    enough to show in the statistics. All other matrices are read whole.
    """

    def __init__(self) -> None:
        # replaced in one step and never changed, since other threads may be reading it
        self._last: _CachedStatistics | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy as an empty cache, for an evaluator that is sent to another process."""
        return type(self), ()

    def get(self, URM_train: sps.csr_matrix) -> TrainStatistics:
        """Return the statistics of a matrix."""
        last = self._last
        if last is not None and last.is_of(URM_train):
            return last.statistics
        digest = _digest(URM_train)
        statistics = last.statistics if last is not None and last.digest == digest else TrainStatistics(URM_train)
        arrays = weakref.ref(URM_train.indptr), weakref.ref(URM_train.indices)
        self._last = _CachedStatistics(statistics, digest, URM_train.shape, *arrays, _probe(URM_train))
        return statistics


class SeenTestRatings:
    """Warns of test ratings that are in the training matrix.

    Nothing is counted for the matrix of the call before, as in the validations of a training. The matrices of a
    recommender that returns copies are counted each time, which takes less time than the copy, and the warning is
    repeated only if the numbers change.
    """

    def __init__(self, name: str, URM_test: sps.csr_matrix) -> None:
        self._name = name  # the warning begins with it
        self._URM_test = URM_test  # without duplicates and stored zeros
        self._last: weakref.ref[Any] | None = None
        self._told = (0, 0)

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy without the last matrix, for an evaluator that is sent to another process."""
        return type(self), (self._name, self._URM_test)

    def warn_of(self, URM_train: sps.csr_matrix, *, is_checked: bool, stacklevel: int) -> None:
        """Warn of the test ratings in a csr matrix of the test data's shape.

        Without `is_checked` its columns are checked first, which costs as much as the counting; `stacklevel` is as in
        `warnings.warn`.
        """
        if self._last is not None and self._last() is URM_train.indices:
            return
        train = URM_train if is_checked else check_entries("URM_train", URM_train, self._URM_test.shape)
        n_seen = count_common(train, self._URM_test)
        self._last = weakref.ref(URM_train.indices)
        if n_seen > 0 and self._told != (n_seen, train.nnz):
            self._told = (n_seen, train.nnz)
            warn(
                f"{self._name}: {n_seen} of {self._URM_test.nnz} test interactions are in the training matrix, so that "
                "the model has seen them; split the data into parts without a common interaction",
                stacklevel=stacklevel + 1,
            )


def count_common(URM_train: sps.csr_matrix, URM_test: sps.csr_matrix) -> int:
    """Return how many entries of URM_test are entries of URM_train too; both are csr, of one shape, and consistent."""
    n_users, n_items = URM_test.shape
    # a matrix that was put together by hand can have two types of integers
    train_items, test_items = (
        np.ascontiguousarray(URM.indices, dtype=URM.indptr.dtype) for URM in (URM_train, URM_test)
    )
    n_common = 0
    for start in range(0, n_users, _ROWS_PER_CALL):
        rows = slice(start, start + _ROWS_PER_CALL + 1)
        marks = np.zeros(n_items, dtype=np.int32)
        n_common += _kernel.count_common(URM_train.indptr[rows], train_items, URM_test.indptr[rows], test_items, marks)
    return n_common


class _CachedStatistics(NamedTuple):
    """The statistics of a matrix, and what the matrix is recognised by."""

    statistics: TrainStatistics
    digest: bytes
    shape: tuple[int, int]
    indptr: weakref.ref[Any]
    indices: weakref.ref[Any]
    probe: bytes

    def is_of(self, URM_train: sps.csr_matrix) -> bool:
        """Return whether it is certainly the same matrix, without reading all of it."""
        same = self.indptr() is URM_train.indptr and self.indices() is URM_train.indices
        return same and self.shape == URM_train.shape and self.probe == _probe(URM_train)


def _digest(URM_train: sps.csr_matrix) -> bytes:
    """Hash the shape and the places of the entries."""
    # processors have instructions for sha256, which make it twice as fast as hashes that are made for software
    digest = hashlib.sha256(repr(URM_train.shape).encode())
    for array in (URM_train.indptr, URM_train.indices):
        digest.update(np.ascontiguousarray(array).view(np.uint8).data)
    return digest.digest()


def _probe(URM_train: sps.csr_matrix) -> bytes:
    """Return evenly spread values of both arrays; all values of small arrays."""
    arrays = (URM_train.indptr, URM_train.indices)
    return b"".join(array[:: -(-array.size // _PROBES)].tobytes() for array in arrays if array.size)
