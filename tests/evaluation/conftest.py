"""A recommender that ranks by a given score matrix, following the recommenders' contract and nothing else."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps

from Recommenders.BaseRecommender import BaseRecommender


class ScoreRecommender:
    """Ranks by `scores` (n_users, n_items), ties by the lower id; -inf is never recommended."""

    RECOMMENDER_NAME = "ScoreRecommender"

    def __init__(self, URM_train: Any, scores: np.ndarray) -> None:
        self.URM_train = sps.csr_matrix(URM_train)
        self.n_users, self.n_items = self.URM_train.shape
        self.scores = np.asarray(scores, dtype=np.float64)
        self.items_to_ignore_ID: list[int] = []
        self.calls: list[dict[str, Any]] = []

    def get_URM_train(self) -> sps.csr_matrix:
        return self.URM_train.copy()

    def set_items_to_ignore(self, items: Any) -> None:
        self.items_to_ignore_ID = [int(item) for item in items]

    def reset_items_to_ignore(self) -> None:
        self.items_to_ignore_ID = []

    def recommend(self, user_id_array: Any, cutoff: int | None = None, **kwargs: Any) -> Any:
        self.calls.append({"user_id_array": np.array(user_id_array), "cutoff": cutoff, **kwargs})
        lists = [self.rank(int(user), self.n_items if cutoff is None else cutoff, **kwargs) for user in user_id_array]
        return (lists, self.scores[user_id_array]) if kwargs.get("return_scores") else lists

    def rank(
        self,
        user: int,
        cutoff: int,
        remove_seen_flag: bool = True,
        items_to_compute: Any = None,
        remove_top_pop_flag: bool = False,
        remove_custom_items_flag: bool = False,
        return_scores: bool = False,
    ) -> list[int]:
        allowed = set(range(self.n_items)) if items_to_compute is None else {int(item) for item in items_to_compute}
        if remove_seen_flag:
            allowed -= {int(item) for item in self.URM_train[user].indices}
        if remove_custom_items_flag:
            allowed -= set(self.items_to_ignore_ID)
        scores = self.scores[user]
        ranked = sorted((item for item in allowed if np.isfinite(scores[item])), key=lambda item: (-scores[item], item))
        return ranked[:cutoff]


class OwnScoreRecommender(BaseRecommender):
    """The same scores in a recommender of the framework, whose `recommend` has a faster form."""

    RECOMMENDER_NAME = "OwnScoreRecommender"

    def __init__(self, URM_train: Any, scores: np.ndarray) -> None:
        super().__init__(URM_train, verbose=False)
        self.scores = np.asarray(scores)

    def _compute_item_score(self, user_id_array: Any, items_to_compute: Any = None) -> np.ndarray:
        return self.scores[user_id_array]


@pytest.fixture
def own_score_recommender() -> Callable[..., OwnScoreRecommender]:
    return OwnScoreRecommender


@pytest.fixture
def score_recommender() -> Callable[..., ScoreRecommender]:
    return ScoreRecommender


@pytest.fixture
def hand_made() -> tuple[ScoreRecommender, sps.csr_matrix]:
    """3 users x 5 items: user 0 gets [2, 3], user 1 [0, 2, 3, 4], user 2 has no test rating.

    Their test items: user 0 {3: 4, 4: 5}, of which 4 scores -inf; user 1 {0: 1, 4: 2}.
    """
    URM_train = sps.csr_matrix([[5, 4, 0, 0, 0], [0, 3, 0, 0, 0], [1, 1, 0, 0, 0]], dtype=np.float32)
    URM_test = sps.csr_matrix([[0, 0, 0, 4, 5], [1, 0, 0, 0, 2], [0, 0, 0, 0, 0]], dtype=np.float32)
    scores = np.array([[9, 8, 7, 6, -np.inf], [5, 9, 4, 3, 2], [1, 1, 1, 1, 1]])
    return ScoreRecommender(URM_train, scores), URM_test
