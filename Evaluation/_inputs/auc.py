"""Areas under the ROC curve, from a recommender's scores of all items."""

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Evaluation._inputs.protocols import RankingRecommender
from recsys_common.kernels import import_kernel
from recsys_common.validation import refuse

_kernel = import_kernel("Evaluation._inputs.auc_kernel")

# 16 MB of float32
_SCORES_AT_ONCE = 1 << 22


class AreaUnderCurve:
    """The area under the ROC curve of each user: test items against all other unseen items.

    The recommender's `recommend` is asked for scores. The entries of `seen`, if it is given, are left out for their
    user, and `ignore_items` for all users.
    """

    def __init__(
        self,
        recommender: RankingRecommender,
        URM_test: sps.csr_matrix,
        seen: sps.csr_matrix | None,
        ignore_items: npt.NDArray[np.int64],
    ) -> None:
        self._recommender = recommender
        self._test = URM_test
        self._seen = URM_test[:, :0] if seen is None else seen
        self._is_removed = np.zeros(URM_test.shape[1], dtype=np.uint8)
        self._is_removed[ignore_items] = 1

    def compute(self, user_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the areas of some users, (B,); NaN for a user without a pair of a test item and another item."""
        step = max(1, _SCORES_AT_ONCE // self._test.shape[1])
        return np.concatenate([self._compute_block(user_ids[i : i + step]) for i in range(0, user_ids.size, step)])

    def _compute_block(self, user_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        scores = self._scores(user_ids)
        auc = np.empty(user_ids.size)
        _kernel.auc_of_rows(
            scores,
            *_rows(self._test, user_ids),
            *_rows(self._seen, user_ids),
            self._is_removed,
            self._is_removed.copy(),
            np.empty(scores.shape[1], dtype=scores.dtype),
            auc,
        )
        return auc

    def _scores(self, user_ids: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Return the scores of all items, checked, (B, n_items) float32 or float64."""
        expected = (user_ids.size, self._test.shape[1])
        answer = self._recommender.recommend(user_ids, cutoff=1, remove_seen_flag=False, return_scores=True)
        if not isinstance(answer, tuple) or len(answer) != 2:
            allowed = "a tuple of lists and scores for AUC, which asks with return_scores=True"
            raise refuse(TypeError, "the answer of recommend", allowed, f"a {type(answer).__name__}")
        scores: npt.NDArray[Any] = np.asarray(answer[1])
        if scores.shape != expected:
            raise refuse(ValueError, "the recommender's scores", f"of shape {expected}", f"shape {scores.shape}")
        scores = np.ascontiguousarray(scores, dtype=np.float32 if scores.dtype == np.float32 else np.float64)
        if np.isnan(scores).any():
            raise refuse(ValueError, "the recommender's scores", "numbers or infinities", "NaN")
        return scores


def _rows(matrix: sps.csr_matrix, user_ids: npt.NDArray[np.int64]) -> tuple[Any, Any, Any]:
    """Return where the entries of some rows start and end, and the columns of all entries."""
    starts, ends = matrix.indptr[user_ids], matrix.indptr[user_ids + 1]
    return starts.astype(np.int64), ends.astype(np.int64), matrix.indices
