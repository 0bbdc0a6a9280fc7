"""What an evaluator needs from a recommender: its methods, and a training matrix of the test data's shape."""

from collections.abc import Iterable
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from recsys_common.fast_path import faster_form
from recsys_common.validation import check_entries, refuse


class RankingRecommender(Protocol):
    """Ranks items for users; `set_items_to_ignore` and `reset_items_to_ignore` are needed if items are ignored."""

    def recommend(self, user_id_array: npt.NDArray[np.int64], *args: Any, **kwargs: Any) -> Any:
        """Return a list of item ids for each user, best first."""

    def get_URM_train(self) -> Any:
        """Return the training ratings, a scipy sparse matrix."""


class RatingRecommender(Protocol):
    """Predicts ratings."""

    def predict(self, user_id_array: npt.NDArray[np.int64], item_id_array: npt.NDArray[np.int64]) -> Any:
        """Return the ratings of the pairs (user_id_array[k], item_id_array[k]), (n,)."""


def check_methods(recommender: Any, methods: Iterable[str]) -> None:
    """Refuse an object that lacks one of the methods."""
    missing = [method for method in methods if not callable(getattr(recommender, method, None))]
    if missing:
        allowed = "an object with the methods " + ", ".join(f"{method}()" for method in methods)
        raise refuse(
            TypeError, "recommender_object", allowed, f"a {type(recommender).__name__} without {', '.join(missing)}"
        )


def check_same_shape(recommender: Any, trained: Any, tested: tuple[int, ...]) -> None:
    """Refuse test data whose shape (n_users, n_items) is not the shape of the training data."""
    if tuple(trained) != tuple(tested):
        name = getattr(recommender, "RECOMMENDER_NAME", type(recommender).__name__)
        raise refuse(ValueError, "URM_test", f"of the shape {tuple(trained)} that {name} was trained on", tuple(tested))


def training_matrix(recommender: RankingRecommender) -> sps.csr_matrix:
    """Return the training ratings, without a copy if the recommender is this project's."""
    own = faster_form(recommender, "get_URM_train", "_URM_train_not_copied")
    matrix = recommender.get_URM_train() if own is None else own()
    # the very object, since a new matrix around the same arrays would not be found in the caches of an evaluator
    if own is not None and isinstance(matrix, sps.csr_matrix):
        return matrix
    return check_entries("get_URM_train()", matrix)
