"""The test ratings of the evaluated users, with gains, discounts and ideal DCG: what NDCG divides by."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from recsys_common.kernels import import_kernel

_kernel = import_kernel("Evaluation._inputs.ranking_kernel")

# 2^rel overflows float64 from rel = 1024 on; the gains of a user with a larger rating than this are scaled down
_LARGEST_EXPONENT = 1000.0

# Ctrl-C waits for a kernel call.
_USERS_PER_CALL = 1 << 17


class HeldOutRatings:
    """Test ratings of the U evaluated users, and the arrays that are computed from them.

    URM_test is csr, sorted, without duplicates and stored zeros; `given_cutoffs` are the C cutoffs in ascending order.
    """

    def __init__(self, URM_test: sps.csr_matrix, user_ids: npt.NDArray[np.int64], cutoffs: Sequence[int]) -> None:
        self.user_ids = user_ids  # (U,)
        self.n_items: int = URM_test.shape[1]
        self.given_cutoffs = sorted(map(int, cutoffs))
        # at most n_items, as a longer list has no more items; a given cutoff may be larger than 64 bits hold
        self.cutoffs = np.array([min(cutoff, self.n_items) for cutoff in self.given_cutoffs], dtype=np.int64)
        # the test items of user u are items[starts[u]:ends[u]]
        self.starts = URM_test.indptr[user_ids].astype(np.int64)
        self.ends = URM_test.indptr[user_ids + 1].astype(np.int64)
        self.items = URM_test.indices
        self._lengths = np.diff(URM_test.indptr)
        self._ratings = URM_test.data

    @property
    def n_users(self) -> int:
        """Return U."""
        return len(self.starts)

    @cached_property
    def gains(self) -> npt.NDArray[np.float64]:
        """Return the gain 2^rel - 1 of every test rating, times a power of two for each user that keeps it finite.

        NDCG is a ratio within a user, so this scale cancels out; up to rel = 1000 it is 1.
        """
        ratings = self._ratings.astype(np.float64)
        if ratings.max(initial=0.0) <= _LARGEST_EXPONENT:
            return np.exp2(ratings) - 1.0
        users = np.repeat(np.arange(self._lengths.size), self._lengths)
        largest = np.full(self._lengths.size, -np.inf)
        np.maximum.at(largest, users, ratings)
        shift = np.maximum(0.0, np.floor(largest) - _LARGEST_EXPONENT)[users]
        gains: npt.NDArray[np.float64] = np.exp2(ratings - shift) - np.exp2(-shift)
        return gains

    @cached_property
    def discounts(self) -> npt.NDArray[np.float64]:
        """Return the discounts 1 / log2(rank + 1) of ranks 1, 2, ... up to the largest cutoff."""
        return 1.0 / np.log2(np.arange(2, self.cutoffs[-1] + 2))

    @cached_property
    def ideal_dcg(self) -> npt.NDArray[np.float64]:
        """Return the largest DCG that a list of each cutoff's length can have, (C, U)."""
        most = int((self.ends - self.starts).max(initial=0))
        ideal = np.empty((self.cutoffs.size, self.n_users))
        for start in range(0, self.n_users, _USERS_PER_CALL):
            users = slice(start, start + _USERS_PER_CALL)
            block = np.empty((self.cutoffs.size, len(self.starts[users])))
            _kernel.ideal_dcg(
                self.starts[users], self.ends[users], self.gains, self.discounts, self.cutoffs, np.empty(most), block
            )
            ideal[:, users] = block
        return ideal
