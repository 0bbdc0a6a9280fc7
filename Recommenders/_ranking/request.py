"""The settings of a ranking, and the ranker that works for every recommender: block by block of its scores."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Recommenders._ranking.top_k import Profiles, mask_items, mask_other_columns, top_k

# Scores of user-item pairs in memory at a time: 8 MB of float32, which fit into the processor's caches.
_SCORES_PER_BLOCK = 1 << 21


@dataclass(frozen=True)
class RankingRequest:
    """The checked arguments of `BaseRecommender.recommend`, without the users."""

    cutoff: int  # 1..n_items
    remove_seen: bool
    removed: npt.NDArray[np.int64]  # items that are left out for every user
    items_to_compute: npt.NDArray[np.int64] | None  # rank these items only
    candidates: sps.csr_matrix | None  # (n_users, n_items): rank for each user the stored entries only
    num_threads: int  # >= 1

    def seen(self, URM_train: Any, user_ids: npt.NDArray[np.int64]) -> Profiles:
        """Return the items that are left out for each user, since the user has seen them."""
        return Profiles.from_matrix(URM_train, user_ids) if self.remove_seen else Profiles.empty(user_ids.size)

    def is_ranked(self, n_items: int) -> npt.NDArray[np.bool_]:
        """Return for each item whether it may be in any user's list, (n_items,)."""
        ranked = np.zeros(n_items, dtype=bool)
        ranked[slice(None) if self.items_to_compute is None else self.items_to_compute] = True
        ranked[self.removed] = False
        return ranked


class ScoreRanker:
    """Ranks by the scores of `_compute_item_score`, a block of users at a time.

    The blocks are scored on the calling thread, and have the same size for any number of threads: a scorer may be a
    user's code, and the last bits of a matrix product depend on how its rows are grouped.
    """

    def __init__(self, recommender: Any, request: RankingRequest) -> None:
        self._recommender = recommender
        self._request = request

    def rank(self, user_ids: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Rank as `Ranker.rank` says."""
        cutoff, num_threads = self._request.cutoff, self._request.num_threads
        step = max(1, _SCORES_PER_BLOCK // self._recommender.n_items)
        blocks = [user_ids[start : start + step] for start in range(0, max(1, user_ids.size), step)]
        parts = [top_k(self.scores(users), cutoff, row_ids=users, num_threads=num_threads) for users in blocks]
        return np.concatenate([ids for ids, _ in parts]), np.concatenate([lengths for _, lengths in parts])

    def scores(self, user_ids: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Return the scores of some users, -inf for the items that are left out: a new array, (B, n_items)."""
        request = self._request
        scores = self._fresh_scores(user_ids)
        if request.items_to_compute is not None:
            # a scorer written by a user may ignore its second argument
            mask_other_columns(scores, request.items_to_compute)
        mask_items(scores, request.seen(self._recommender.URM_train, user_ids), request.removed)
        return scores if request.candidates is None else _entries_of(request.candidates[user_ids], scores)

    def _fresh_scores(self, user_ids: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """Return the recommender's scores, checked, as a writable float32 or float64 array, (B, n_items)."""
        recommender, expected = self._recommender, (user_ids.size, self._recommender.n_items)
        scores = np.asarray(recommender._compute_item_score(user_ids, items_to_compute=self._request.items_to_compute))
        if scores.shape != expected:
            raise ValueError(
                f"the scores of {recommender.RECOMMENDER_NAME} must be of shape {expected}, got {scores.shape}"
            )
        dtype = scores.dtype if scores.dtype in (np.float32, np.float64) else np.float64
        return np.require(scores, dtype=dtype, requirements=["C", "W"])


def _entries_of(candidates: sps.csr_matrix, scores: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return the scores at the stored entries of a matrix of their shape, and -inf elsewhere."""
    rows = np.repeat(np.arange(scores.shape[0]), np.diff(candidates.indptr))
    kept = np.full_like(scores, -np.inf)
    kept[rows, candidates.indices] = scores[rows, candidates.indices]
    return kept
