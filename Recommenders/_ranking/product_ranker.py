"""Rankings by the product of two sparse matrices, of which one row of scores a thread is there at a time."""

from typing import Any

import numpy as np
import scipy.sparse as sps

from Recommenders._ranking.request import RankingRequest
from Recommenders._ranking.top_k import Profiles
from recsys_common.kernels import import_kernel
from recsys_common.threads import for_each_slice
from recsys_common.validation import check_ids

_kernel = import_kernel("Recommenders._ranking.product_kernel")

# A kernel call holds back Ctrl-C: this many products of entries, or scores looked at, take some 0.1 s.
_STEPS_A_CALL = 1 << 26


def can_multiply(left: Any, right: Any) -> bool:
    """Whether the kernel takes two matrices: csr of float32, with ids of 32 bits."""
    return all(
        isinstance(matrix, sps.csr_matrix) and matrix.dtype == np.float32 and matrix.indices.dtype == np.int32
        for matrix in (left, right)
    )


class ProductRanker:
    """Ranks by score(u, i) = (left @ right)[u, i].

    Parameters
    ----------
    URM_train : csr_matrix (n_users, n_items), with ids of 32 bits
        What the users have seen.
    request : RankingRequest
        Without candidates.
    left, right : csr_matrix (n_users, M) and (M, n_items), as `can_multiply` takes them
    """

    def __init__(
        self, URM_train: sps.csr_matrix, request: RankingRequest, left: sps.csr_matrix, right: sps.csr_matrix
    ) -> None:
        self._URM_train = URM_train
        self._request = request
        self._left, self._right = left, right
        self._right_indptr = right.indptr.astype(np.int64)
        self._removed = np.flatnonzero(~request.is_ranked(right.shape[1])).astype(np.int32)

    def rank(self, user_ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """See Ranker; ValueError for NaN among the scores."""
        user_ids = check_ids("user_ids", user_ids, self._left.shape[0])
        n_users, n_items = user_ids.size, self._right.shape[1]
        left = Profiles.of(self._left, user_ids)
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
        """Users that one call may rank, by the longest row of left and the mean one of right."""
        longest = int((left.ends - left.starts).max(initial=0))
        products = longest * self._right.nnz / max(1, self._right.shape[0])
        return max(1, int(_STEPS_A_CALL / (products + self._right.shape[1])))
