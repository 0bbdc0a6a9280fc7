"""Baselines: the most popular items, the best rated ones, and chance."""

from typing import Any, ClassVar, Self

import numpy as np

from Recommenders._model_archive import Array, Range, Scalar, check_fitted
from Recommenders._ranking.top_k import mask_other_columns
from Recommenders.BaseRecommender import BaseRecommender
from recsys_common.validation import check_bool, check_entries, check_float, check_ids, check_int, check_pairs


class _NonPersonalizedRecommender(BaseRecommender):
    """A recommender that has the same scores for every user."""

    def __init__(self, URM_train: Any, *, verbose: bool = True) -> None:
        super().__init__(URM_train, verbose)

    def _item_scores(self) -> np.ndarray:
        """The score of every item, shape (n_items,)."""
        raise NotImplementedError

    def _compute_item_score(self, user_id_array: Any, items_to_compute: Any = None) -> np.ndarray:
        """See BaseRecommender; float32, and float64 where float32 would make ties, of counts from 2^24 on."""
        user_ids = check_ids("user_id_array", user_id_array, self.n_users)
        of_items = self._item_scores()
        with np.errstate(over="ignore"):
            rounded = of_items.astype(np.float32)
        of_items = rounded if np.array_equal(rounded, of_items) else of_items.astype(np.float64)
        scores = np.repeat(of_items[np.newaxis], user_ids.size, axis=0)  # (B, n_items)
        if items_to_compute is not None:
            mask_other_columns(scores, check_ids("items_to_compute", items_to_compute, self.n_items))
        return scores


class TopPop(_NonPersonalizedRecommender):
    """score(u, i) = number of training interactions of the item.

    Attributes
    ----------
    item_pop : np.ndarray of int, shape (n_items,)
    """

    RECOMMENDER_NAME = "TopPopRecommender"
    _SAVED: ClassVar = {"item_pop": Array("n_items", kinds="iuf")}

    def fit(self) -> Self:
        """Count the interactions."""
        URM = check_entries("URM_train", self.URM_train, (self.n_users, self.n_items))  # it may have been set by hand
        self.item_pop = np.bincount(URM.indices, minlength=self.n_items).astype(np.int32)
        return self

    def _item_scores(self) -> np.ndarray:
        check_fitted(self, "item_pop")
        return self.item_pop


class GlobalEffects(_NonPersonalizedRecommender):
    """Ratings explained by how users and items differ from the mean rating.

        mu = mean rating
        b_i = sum over the item's ratings of (r - mu) / (lambda_item + their number)
        b_u = sum over the user's ratings of (r - mu - b_i) / (lambda_user + their number)

    The ranking is by b_i, the same for every user; cold items get -inf. `predict` is mu + b_u + b_i.

    Attributes
    ----------
    global_mean : float
    item_bias : np.ndarray of float32, shape (n_items,)
        -inf for cold items.
    user_bias : np.ndarray of float32, shape (n_users,)
        0 for cold users.
    rating_range : np.ndarray of float64, shape (2,)
        Lowest and highest training rating.
    """

    RECOMMENDER_NAME = "GlobalEffectsRecommender"
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
        lambda_user, lambda_item : float >= 0, default 10 and 25
            How many ratings equal to the mean each user and item is given beside its own.
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
        self.user_bias: np.ndarray | None = user_bias.astype(np.float32)
        self.rating_range: np.ndarray | None = np.array([ratings.min(), ratings.max()])
        return self

    def _item_scores(self) -> np.ndarray:
        check_fitted(self, "item_bias")
        return self.item_bias

    def predict(self, user_id_array: Any, item_id_array: Any, clip: bool = False) -> np.ndarray:
        """The ratings mu + b_u + b_i of pairs of user and item; a cold user's or item's own bias is 0.

        Parameters
        ----------
        user_id_array, item_id_array : int, or list or array of int, of the same length n
            A single id goes with every id of the other side.
        clip : bool, default False
            Bring the predictions into the range of the training ratings.

        Returns
        -------
        np.ndarray of float64, shape (n,)

        Raises
        ------
        TypeError, ValueError
            For ids out of range or of wrong type, and different lengths.
        RuntimeError
            Before fit(), and after loading an archive of the host framework, which lacks mu and b_u.
        """
        users, items = check_pairs(user_id_array, item_id_array, self.n_users, self.n_items)
        clip = check_bool("clip", clip)
        check_fitted(self, "item_bias", "user_bias", "global_mean", "rating_range")
        item_bias = self.item_bias[items].astype(np.float64)  # (n,)
        item_bias[item_bias == -np.inf] = 0
        predictions: np.ndarray = self.global_mean + self.user_bias[users] + item_bias  # type: ignore[index]
        return np.clip(predictions, *self.rating_range) if clip else predictions  # type: ignore[misc]


def _shrunk_means(groups: np.ndarray, values: np.ndarray, n_groups: int, shrink: float) -> np.ndarray:
    """Sum of each group's values / (shrink + their number); 0 for a group without values. float64, (n_groups,)."""
    sums = np.bincount(groups, weights=values, minlength=n_groups)
    denominators = shrink + np.bincount(groups, minlength=n_groups)
    means: np.ndarray = np.divide(sums, denominators, out=np.zeros(n_groups), where=denominators > 0)
    return means


class Random(BaseRecommender):
    """Uniform random scores in [0, 1) that depend on the seed, the user and the item alone.

    So the same user gets the same ranking at every call and in every batch. (In the host framework they change with
    every call, and fit seeds numpy's global state.)

    Attributes
    ----------
    random_seed : int
    """

    RECOMMENDER_NAME = "RandomRecommender"
    # an archive of the host framework is empty: its model gets fit's default seed
    _SAVED: ClassVar = {"random_seed": Scalar(check_int, minimum=0, maximum=2**63 - 1, default=42)}

    def __init__(self, URM_train: Any, *, verbose: bool = True) -> None:
        super().__init__(URM_train, verbose)

    def fit(self, random_seed: int | None = 42) -> Self:
        """Choose the seed: an integer in 0..2**63-1, or None for one drawn by the operating system."""
        if random_seed is None:
            random_seed = int(np.random.SeedSequence().generate_state(1, np.uint64)[0] >> np.uint64(1))
        self.random_seed = check_int("random_seed", random_seed, minimum=0, maximum=2**63 - 1)
        return self

    def _compute_item_score(self, user_id_array: Any, items_to_compute: Any = None) -> np.ndarray:
        """See BaseRecommender; float64, since float32 has too few values to tell many items apart."""
        check_fitted(self, "random_seed")
        user_ids = check_ids("user_id_array", user_id_array, self.n_users)
        seed = np.array([self.random_seed], dtype=np.uint64)
        streams = _splitmix64(_splitmix64(seed) + _steps(user_ids))
        bits = _splitmix64(streams[:, np.newaxis] + _steps(np.arange(self.n_items)))  # (B, n_items)
        bits >>= np.uint64(11)
        scores: np.ndarray = bits * 2.0**-53
        if items_to_compute is not None:
            mask_other_columns(scores, check_ids("items_to_compute", items_to_compute, self.n_items))
        return scores


def _steps(ids: np.ndarray) -> np.ndarray:
    """How far the counters of a SplitMix64 generator with these ids are from its seed, uint64."""
    return (ids.astype(np.uint64) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)


def _splitmix64(state: np.ndarray) -> np.ndarray:
    """The output function of SplitMix64, uint64 modulo 2**64.

    A counter-based generator: no state to carry from user to user, and all scores of a batch in a few array operations.
    Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014.
    """
    bits = state.copy()
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        bits ^= bits >> np.uint64(shift)
        bits *= np.uint64(factor)
    bits ^= bits >> np.uint64(31)
    return bits
