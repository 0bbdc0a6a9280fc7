"""The test ratings of the users that are evaluated, in the form in which many rankings are measured against them."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import scipy.sparse as sps

from Evaluation._inputs.kernels import ranking_kernel as kernel

# 2^rel overflows float64 from rel = 1024 on; a user whose largest rel is above this has all gains scaled down
_LARGEST_EXPONENT = 1000.0

# A kernel call holds back Ctrl-C.
_USERS_A_CALL = 1 << 17


class HeldOutRatings:
    """Test ratings, and what of them does not depend on the rankings.

    Parameters
    ----------
    URM_test : scipy.sparse.csr_matrix, (n_users, n_items)
        Canonical: sorted, no duplicates, no stored zeros.
    user_ids : ndarray of int64, (U,)
        The users that are evaluated.
    cutoffs : sequence of int >= 1
        In any order.

    Attributes
    ----------
    user_ids : ndarray of int64, (U,)
    given_cutoffs : list of int, ascending
    cutoffs : ndarray of int64, (C,), ascending
        The same, at most n_items: a longer list has no more items.
    n_items : int
    starts, ends : ndarray of int64, (U,)
        The test items of user u are `items[starts[u]:ends[u]]`.
    items : ndarray of int32 or int64
    """

    def __init__(self, URM_test: sps.csr_matrix, user_ids: np.ndarray, cutoffs: Sequence[int]) -> None:
        self.user_ids = user_ids
        self.n_items: int = URM_test.shape[1]
        self.given_cutoffs = sorted(map(int, cutoffs))
        # an integer of Python's may be larger than any of 64 bits
        self.cutoffs = np.array([min(cutoff, self.n_items) for cutoff in self.given_cutoffs], dtype=np.int64)
        self.starts = URM_test.indptr[user_ids].astype(np.int64)
        self.ends = URM_test.indptr[user_ids + 1].astype(np.int64)
        self.items = URM_test.indices
        self._lengths = np.diff(URM_test.indptr)
        self._ratings = URM_test.data

    @property
    def n_users(self) -> int:
        """U."""
        return len(self.starts)

    @cached_property
    def gains(self) -> np.ndarray:
        """2^rel - 1 of every test rating, times a power of two of the user's own that keeps it finite; float64.

        NDCG is a ratio within a user, so the scale cancels; below rel = 1000 it is 1.
        """
        ratings = self._ratings.astype(np.float64)
        if ratings.max(initial=0.0) <= _LARGEST_EXPONENT:
            return np.exp2(ratings) - 1.0
        users = np.repeat(np.arange(self._lengths.size), self._lengths)
        largest = np.full(self._lengths.size, -np.inf)
        np.maximum.at(largest, users, ratings)
        shift = np.maximum(0.0, np.floor(largest) - _LARGEST_EXPONENT)[users]
        gains: np.ndarray = np.exp2(ratings - shift) - np.exp2(-shift)
        return gains

    @cached_property
    def discounts(self) -> np.ndarray:
        """1 / log2(rank + 1) of all ranks from 1 on that a list or an ideal one may have, float64."""
        return 1.0 / np.log2(np.arange(2, self.cutoffs[-1] + 2))

    @cached_property
    def ideal_dcg(self) -> np.ndarray:
        """The largest discounted gain that a list cut at each cutoff can have, (C, U) float64."""
        most = int((self.ends - self.starts).max(initial=0))
        ideal = np.empty((self.cutoffs.size, self.n_users))
        for start in range(0, self.n_users, _USERS_A_CALL):
            users = slice(start, start + _USERS_A_CALL)
            of_users = np.empty((self.cutoffs.size, len(self.starts[users])))
            kernel.ideal_dcg(
                self.starts[users], self.ends[users], self.gains, self.discounts, self.cutoffs, np.empty(most), of_users
            )
            ideal[:, users] = of_users
        return ideal
