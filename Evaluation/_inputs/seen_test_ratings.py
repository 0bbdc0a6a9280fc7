"""Test ratings that a recommender was trained on: how many there are, said once for a training matrix."""

import weakref
from typing import Any

import numpy as np
import scipy.sparse as sps

from Evaluation._inputs.kernels import train_statistics_kernel as kernel
from recsys_common.messages import warn
from recsys_common.validation import check_entries

# A kernel call holds back Ctrl-C.
_ROWS_A_CALL = 1 << 18


class SeenTestRatings:
    """Warns of test ratings that are in the training matrix.

    A validation comes with the very arrays of the one before it, and nothing is counted then. Those of a recommender
    that hands out copies are counted again, which takes less than the copy, and told again only if there are others.

    Parameters
    ----------
    name : str
        Begins the warning.
    URM_test : scipy.sparse.csr_matrix, (n_users, n_items)
        Canonical: no duplicates, no stored zeros.
    """

    def __init__(self, name: str, URM_test: sps.csr_matrix) -> None:
        self._name = name
        self._URM_test = URM_test
        self._last: weakref.ref[Any] | None = None
        self._told = (0, 0)

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy, of an evaluator that is sent to another process, has seen no matrix."""
        return type(self), (self._name, self._URM_test)

    def warn_of(self, URM_train: sps.csr_matrix, *, is_checked: bool, stacklevel: int) -> None:
        """Warn of the test ratings in a csr matrix.

        Parameters
        ----------
        URM_train : scipy.sparse.csr_matrix, of the shape of URM_test
        is_checked : bool
            Whether its columns are known to be in their range; it costs as much as the counting to find out.
        stacklevel : int
            As in `warnings.warn`.
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
                "this is no test of what is not known yet; split the data into parts without a common interaction",
                stacklevel=stacklevel + 1,
            )


def count_common(URM_train: sps.csr_matrix, URM_test: sps.csr_matrix) -> int:
    """How many entries of URM_test are entries of URM_train too, both csr of one shape with columns in their range."""
    n_users, n_items = URM_test.shape
    # a matrix that was put together by hand can have two types of integers
    train_items, test_items = (
        np.ascontiguousarray(URM.indices, dtype=URM.indptr.dtype) for URM in (URM_train, URM_test)
    )
    n_common = 0
    for start in range(0, n_users, _ROWS_A_CALL):
        rows = slice(start, start + _ROWS_A_CALL + 1)
        marks = np.zeros(n_items, dtype=np.int32)
        n_common += kernel.count_common(URM_train.indptr[rows], train_items, URM_test.indptr[rows], test_items, marks)
    return n_common
