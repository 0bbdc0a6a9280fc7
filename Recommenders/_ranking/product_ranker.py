"""Rankings by the product of two sparse matrices, with one row of scores per thread in memory."""

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Recommenders._ranking.request import RankingRequest
from Recommenders._ranking.top_k import Profiles
from recsys_common.kernels import import_kernel
from recsys_common.threads import for_each_slice
from recsys_common.validation import check_ids

_kernel = import_kernel("Recommenders._ranking.product_kernel")

# Ctrl-C waits for a kernel call; this many products of entries, or scores looked at, take some 0.1 s.
_STEPS_PER_CALL = 1 << 26


def can_multiply(left: Any, right: Any) -> bool:
    """Return whether the kernel takes two matrices: csr, float32 values, int32 ids."""
    return all(
        isinstance(matrix, sps.csr_matrix) and matrix.dtype == np.float32 and matrix.indices.dtype == np.int32
        for matrix in (left, right)
    )


class ProductRanker:
    """Ranks by score(u, i) = (left @ right)[u, i], for requests without candidates.

    `left` is (n_users, M), `right` is (M, n_items), and `can_multiply` is true for them. `URM_train`, with int32 ids,
    has the items that the users have seen.
    """

    def __init__(
        self, URM_train: sps.csr_matrix, request: RankingRequest, left: sps.csr_matrix, right: sps.csr_matrix
    ) -> None:
        self._URM_train = URM_train
        self._request = request
        self._left, self._right = left, right
        self._right_indptr = right.indptr.astype(np.int64)
        self._removed = np.flatnonzero(~request.is_ranked(right.shape[1])).astype(np.int32)

    def rank(self, user_ids: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Rank as `Ranker.rank` says; a NaN among the scores is a ValueError."""
        user_ids = check_ids("user_ids", user_ids, self._left.shape[0])
        n_users, n_items = user_ids.size, self._right.shape[1]
        left = Profiles.from_matrix(self._left, user_ids)
        seen = self._request.seen(self._URM_train, user_ids)
        ids = np.full((n_users, self._request.cutoff), -1, dtype=np.int32)
        lengths = np.zeros(n_users, dtype=np.int32)

        def rank(rows: slice) -> None:
            nan_row = _kernel.rank_by_products(
                left.starts[rows],
                left.ends[rows],
                left.items,
                self._left.data,
                self._right_indptr,
                self._right.indices,
                self._right.data,
                seen.starts[rows],
                seen.ends[rows],
                seen.items,
                self._removed,
                np.empty(n_items, dtype=np.float32),
                ids[rows],
                lengths[rows],
            )
            if nan_row >= 0:
                user = user_ids[rows.start + nan_row]
                raise ValueError(f"scores must be numbers or infinities, got NaN in the row of id {user}")

        share = -(-n_users // (4 * self._request.num_threads))
        for_each_slice(rank, n_users, max(1, min(share, self._longest_slice(left))), self._request.num_threads)
        return ids, lengths

    def _longest_slice(self, left: Profiles) -> int:
        """Return how many users one call may rank, from the longest row of left and the mean row of right."""
        longest = int((left.ends - left.starts).max(initial=0))
        products = longest * self._right.nnz / max(1, self._right.shape[0])
        return max(1, int(_STEPS_PER_CALL / (products + self._right.shape[1])))
