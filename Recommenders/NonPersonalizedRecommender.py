"""Baselines: the most popular items, the best rated ones, and random ones."""

from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from Recommenders._model_archive import Array, Range, Scalar, check_fitted
from Recommenders._ranking.top_k import mask_other_columns
from Recommenders.BaseRecommender import BaseRecommender
from recsys_common.validation import check_bool, check_entries, check_float, check_ids, check_int, check_pairs


class _NonPersonalizedRecommender(BaseRecommender):
    """A recommender with the same scores for every user."""

    _SCORES: ClassVar[str]  # the attribute that has the score of every item, (n_items,)

    def __init__(self, URM_train: Any, *, verbose: bool = True) -> None:
        super().__init__(URM_train, verbose)

    def _compute_item_score(self, user_id_array: Any, items_to_compute: Any = None) -> npt.NDArray[Any]:
        """Return the scores as float32, or as float64 where float32 would make ties, as for counts above 2^24."""
        user_ids = check_ids("user_id_array", user_id_array, self.n_users)
        check_fitted(self, self._SCORES)
        item_scores = getattr(self, self._SCORES)
        with np.errstate(over="ignore"):
            rounded = item_scores.astype(np.float32)
        item_scores = rounded if np.array_equal(rounded, item_scores) else item_scores.astype(np.float64)
        scores = np.repeat(item_scores[np.newaxis], user_ids.size, axis=0)  # (B, n_items)
        if items_to_compute is not None:
            mask_other_columns(scores, check_ids("items_to_compute", items_to_compute, self.n_items))
        return scores


class TopPop(_NonPersonalizedRecommender):
    """The most popular items: score(u, i) = number of training interactions of the item.

    Parameters
    ----------
    URM_train, verbose
        As in `BaseRecommender`.

    Attributes
    ----------
    item_pop : np.ndarray of int32, shape (n_items,)
        The number of interactions of each item.
    """

    RECOMMENDER_NAME = "TopPopRecommender"
    _SCORES = "item_pop"
    _SAVED: ClassVar = {"item_pop": Array("n_items", kinds="iuf")}

    def fit(self) -> Self:
        """Count the interactions of each item.

        Returns
        -------
        self
        """
        URM = check_entries("URM_train", self.URM_train, (self.n_users, self.n_items))  # it may have been set by hand
        self.item_pop = np.bincount(URM.indices, minlength=self.n_items).astype(np.int32)
        return self


class GlobalEffects(_NonPersonalizedRecommender):
    """The best rated items: ratings explained by how users and items differ from the mean rating.

        mu = mean rating
        b_i = sum over the item's ratings of (r - mu) / (lambda_item + their number)
        b_u = sum over the user's ratings of (r - mu - b_i) / (lambda_user + their number)

    The ranking is by b_i, the same for every user; cold items get -inf. `predict` returns mu + b_u + b_i.

    Parameters
    ----------
    URM_train, verbose
        As in `BaseRecommender`.

    Attributes
    ----------
    global_mean : float
        mu, None after loading an archive of the host framework, as are `user_bias` and `rating_range`.
    item_bias : np.ndarray of float32, shape (n_items,)
        b_i, -inf for cold items.
    user_bias : np.ndarray of float32, shape (n_users,)
        b_u, 0 for cold users.
    rating_range : np.ndarray of float64, shape (2,)
        Lowest and highest training rating.
    """

    RECOMMENDER_NAME = "GlobalEffectsRecommender"
    _SCORES = "item_bias"
    # an archive of the host framework has item_bias alone: its model ranks, and cannot predict
    _SAVED: ClassVar = {
        "item_bias": Array("n_items", or_minus_infinity=True),
        "user_bias": Array("n_users", default=None),
        "global_mean": Scalar(check_float, default=None),
        "rating_range": Range(default=None),
    }

    def fit(self, lambda_user: float = 10, lambda_item: float = 25) -> Self:
        """Compute the biases.

        Parameters
        ----------
        lambda_user : float >= 0, default 10
            How many ratings equal to the mean each user is given in addition.
        lambda_item : float >= 0, default 25
            The same for each item.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If an argument is not as described.
        """
        lambda_user = check_float("lambda_user", lambda_user, minimum=0)
        lambda_item = check_float("lambda_item", lambda_item, minimum=0)
        URM = check_entries("URM_train", self.URM_train, (self.n_users, self.n_items))  # it may have been set by hand
        ratings = URM.data.astype(np.float64)
        users = np.repeat(np.arange(self.n_users), np.diff(URM.indptr))
        global_mean = float(ratings.mean())

        residuals = ratings - global_mean
        item_bias = _shrunk_means(URM.indices, residuals, self.n_items, lambda_item)
        residuals -= item_bias[URM.indices]
        user_bias = _shrunk_means(users, residuals, self.n_users, lambda_user)
        item_bias[self._get_cold_item_mask()] = -np.inf

        self.global_mean: float | None = global_mean
        self.item_bias = item_bias.astype(np.float32)
        self.user_bias: npt.NDArray[Any] | None = user_bias.astype(np.float32)
        self.rating_range: npt.NDArray[Any] | None = np.array([ratings.min(), ratings.max()])
        return self

    def predict(self, user_id_array: Any, item_id_array: Any, clip: bool = False) -> npt.NDArray[Any]:
        """Predict the ratings mu + b_u + b_i of pairs of user and item; the bias of a cold user or item is 0.

        Parameters
        ----------
        user_id_array, item_id_array : int, or list or array of int, of the same length n
            A single id goes with every id of the other side.
        clip : bool, default False
            Whether to clip the predictions to the range of the training ratings.

        Returns
        -------
        np.ndarray of float64, shape (n,)

        Raises
        ------
        TypeError, ValueError
            For ids out of range or of a wrong type, and for different lengths.
        RuntimeError
            Before fit(), and after loading an archive of the host framework, which lacks mu and b_u.
        """
        users, items = check_pairs(user_id_array, item_id_array, self.n_users, self.n_items)
        clip = check_bool("clip", clip)
        check_fitted(self, "item_bias", "user_bias", "global_mean", "rating_range")
        item_bias = self.item_bias[items].astype(np.float64)  # (n,)
        item_bias[item_bias == -np.inf] = 0
        predictions: npt.NDArray[Any] = self.global_mean + self.user_bias[users] + item_bias  # type: ignore[index]
        return np.clip(predictions, *self.rating_range) if clip else predictions  # type: ignore[misc]


class Random(BaseRecommender):
    """Random items: uniform scores in [0, 1) that depend on the seed, the user and the item alone.

    So a user gets the same ranking at every call and in every batch. (In the host framework the scores change with
    every call, and fit seeds numpy's global state.)

    Parameters
    ----------
    URM_train, verbose
        As in `BaseRecommender`.

    Attributes
    ----------
    random_seed : int
        The seed of `fit`.
    """

    RECOMMENDER_NAME = "RandomRecommender"
    # an archive of the host framework is empty: its model gets fit's default seed
    _SAVED: ClassVar = {"random_seed": Scalar(check_int, minimum=0, maximum=2**63 - 1, default=42)}

    def __init__(self, URM_train: Any, *, verbose: bool = True) -> None:
        super().__init__(URM_train, verbose)

    def fit(self, random_seed: int | None = 42) -> Self:
        """Choose the seed.

        Parameters
        ----------
        random_seed : int in 0..2**63-1, default 42
            None draws one from the operating system.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If the seed is not as described.
        """
        if random_seed is None:
            random_seed = int(np.random.SeedSequence().generate_state(1, np.uint64)[0] >> np.uint64(1))
        self.random_seed = check_int("random_seed", random_seed, minimum=0, maximum=2**63 - 1)
        return self

    def _compute_item_score(self, user_id_array: Any, items_to_compute: Any = None) -> npt.NDArray[Any]:
        """Return the scores as float64, since float32 has too few values to tell many items apart."""
        check_fitted(self, "random_seed")
        user_ids = check_ids("user_id_array", user_id_array, self.n_users)
        seed = np.array([self.random_seed], dtype=np.uint64)
        streams = _splitmix64(_splitmix64(seed) + _steps(user_ids))
        bits = _splitmix64(streams[:, np.newaxis] + _steps(np.arange(self.n_items)))  # (B, n_items)
        bits >>= np.uint64(11)
        scores: npt.NDArray[Any] = bits * 2.0**-53
        if items_to_compute is not None:
            mask_other_columns(scores, check_ids("items_to_compute", items_to_compute, self.n_items))
        return scores


def _steps(ids: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Return how far the counters of a SplitMix64 generator with these ids are from its seed, uint64."""
    return (ids.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)


def _splitmix64(state: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Compute the output function of SplitMix64, uint64 modulo 2**64.

    A counter-based generator carries no state from user to user, and makes all scores of a batch in a few array
    operations. Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014.
    """
    bits = state.copy()
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits ^= bits >> np.uint64(shift)
        bits *= np.uint64(factor)
    bits ^= bits >> np.uint64(31)
    return bits


def _shrunk_means(groups: npt.NDArray[Any], values: npt.NDArray[Any], n_groups: int, shrink: float) -> npt.NDArray[Any]:
    """Return the sum of each group's values / (shrink + their number), 0 for a group without values; (n_groups,)."""
    sums = np.bincount(groups, weights=values, minlength=n_groups)
    denominators = shrink + np.bincount(groups, minlength=n_groups)
    means: npt.NDArray[Any] = np.divide(sums, denominators, out=np.zeros(n_groups), where=denominators > 0)
    return means
