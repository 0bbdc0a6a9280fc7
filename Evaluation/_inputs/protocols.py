"""What an evaluator asks of a recommender; any object with these methods will do."""

from typing import Any, Protocol

import numpy as np


class RankingRecommender(Protocol):
    """Ranks items for users; `set_items_to_ignore` and `reset_items_to_ignore` are needed where items are ignored."""

    def recommend(self, user_id_array: np.ndarray, *args: Any, **kwargs: Any) -> Any:
        """Lists of item ids, best first, one for each user."""

    def get_URM_train(self) -> Any:
        """The training ratings, a scipy sparse matrix."""


class RatingRecommender(Protocol):
    """Predicts ratings."""

    def predict(self, user_id_array: np.ndarray, item_id_array: np.ndarray) -> Any:
        """The ratings of the pairs (user_id_array[k], item_id_array[k]), (n,)."""
