"""Ratings that are drawn at random: for trying things without a network, and for tests."""

import os
from typing import ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from Data_manager.DataReader import DataReader
from Data_manager.Dataset import Dataset
from Data_manager.DatasetMapperManager import DatasetMapperManager
from recsys_common.validation import check_int

GENRES = np.array(
    ["Adventure", "Animation", "Comedy", "Crime", "Documentary", "Drama", "Romance", "Science Fiction"], dtype=object
)
N_LATENT_FACTORS = 6
MEAN_RATING = 3.2
FIRST_SECOND, N_SECONDS = 978_307_200, 4 * 365 * 86_400  # four years from the first of January 2001
USER_BIAS_STD, ITEM_BIAS_STD, TASTE_STD, NOISE_STD = 0.35, 0.40, 0.75, 0.50


class SyntheticReader(DataReader):
    """A data set with the shape of MovieLens, drawn from a model that a matrix factorisation can learn.

    The rating is ``3.2 + b_u + b_i + p_u . q_i + noise``, rounded to half stars in 0.5..5: normal biases of standard
    deviation 0.35 (users) and 0.40 (items), 6 latent factors whose product has one of 0.75, and noise of 0.50, so that
    the lowest RMSE that a model can reach is about 0.5. Every item has one or two genres (ICM_genres) and q_i lies near
    their centre, so that neighbours in the factor space share a genre. Activity of users and popularity of items have
    long tails, and users meet the items that they like more often. The times of the ratings (URM_timestamp, seconds
    since 1970) are drawn from four years, independent of all else. It says nothing about the quality on real ratings.

    Parameters
    ----------
    reload_from_original_data : bool, default False
        Without effect: the data is always made anew, and the same arguments give the same data.
    n_users : int >= 1, default 2000
    n_items : int >= 1, default 800
        Every user and every item has at least one rating.
    n_ratings : int, default 100000
        At least `n_users` + `n_items`, at most a quarter of all pairs.
    random_seed : int >= 0, default 42
    data_folder : str or path, optional
        As in `DataReader`; nothing is cached there unless `load_data` is given a folder.
    verbose : bool, default True
    """

    DATASET_SUBFOLDER = "Synthetic/"
    AVAILABLE_URM: ClassVar[list[str]] = ["URM_all", "URM_timestamp"]
    AVAILABLE_ICM: ClassVar[list[str]] = ["ICM_genres"]
    KEEPS_DATASET = False

    def __init__(
        self,
        reload_from_original_data: bool = False,
        *,
        n_users: int = 2000,
        n_items: int = 800,
        n_ratings: int = 100_000,
        random_seed: int = 42,
        data_folder: str | os.PathLike[str] | None = None,
        verbose: bool = True,
    ) -> None:
        self.n_users = check_int("n_users", n_users, minimum=1)
        self.n_items = check_int("n_items", n_items, minimum=1)
        fewest, most = self.n_users + self.n_items, self.n_users * self.n_items // 4
        if most < fewest:
            raise ValueError(
                f"n_users and n_items must be so large that a quarter of all pairs is at least their sum, "
                f"got {self.n_users} and {self.n_items}"
            )
        self.n_ratings = check_int("n_ratings", n_ratings, minimum=fewest, maximum=most)
        self.random_seed = check_int("random_seed", random_seed, minimum=0)
        super().__init__(reload_from_original_data, data_folder=data_folder, verbose=verbose)

    def _load_from_original_file(self) -> Dataset:
        rng = np.random.default_rng(self.random_seed)
        genres = _draw_genres(rng, self.n_items)
        item_factors = _draw_item_factors(rng, genres)
        user_factors = rng.normal(0.0, 1.0, (self.n_users, N_LATENT_FACTORS))
        users, items = _draw_pairs(rng, user_factors, item_factors, self.n_ratings)
        ratings = _draw_ratings(rng, users, items, user_factors, item_factors)

        # ids from 1, as MovieLens has them
        manager = DatasetMapperManager()
        pairs = pd.DataFrame({"UserID": users + 1, "ItemID": items + 1})
        manager.add_URM(pairs.assign(Data=ratings), "URM_all")
        manager.add_URM(pairs.assign(Data=FIRST_SECOND + rng.integers(N_SECONDS, size=users.size)), "URM_timestamp")
        rows, columns = np.nonzero(genres)
        features = pd.DataFrame({"ItemID": rows + 1, "FeatureID": GENRES[columns], "Data": np.ones(rows.size)})
        manager.add_ICM(features, "ICM_genres")
        return manager.generate_Dataset(self.get_dataset_name(), self.IS_IMPLICIT)


def _draw_genres(rng: np.random.Generator, n_items: int) -> npt.NDArray[np.bool_]:
    """Draw one genre for each item, and a second one for about a third of them: (n_items, n_genres)."""
    genres = np.zeros((n_items, GENRES.size), dtype=bool)
    genres[np.arange(n_items), rng.integers(GENRES.size, size=n_items)] = True
    with_second = np.flatnonzero(rng.random(n_items) < 0.35)
    genres[with_second, rng.integers(GENRES.size, size=with_second.size)] = True
    return genres


def _draw_item_factors(rng: np.random.Generator, genres: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Draw factors near the mean of the centres of an item's genres, so that p_u . q_i deviates by TASTE_STD."""
    centres = rng.normal(0.0, 1.0, (GENRES.size, N_LATENT_FACTORS))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    factors = genres @ centres / genres.sum(axis=1, keepdims=True)
    factors += rng.normal(0.0, 0.2, factors.shape)
    scaled: npt.NDArray[np.float64] = factors * (TASTE_STD / np.sqrt((factors**2).sum(axis=1).mean()))
    return scaled


def _draw_pairs(
    rng: np.random.Generator,
    user_factors: npt.NDArray[np.float64],
    item_factors: npt.NDArray[np.float64],
    n_ratings: int,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Draw n_ratings distinct (user, item) pairs in random order; every user and every item is in one at least."""
    n_users, n_items = len(user_factors), len(item_factors)
    # the floor leaves enough of a user's ratings for a split
    activity = 0.25 + rng.lognormal(0.0, 1.0, n_users)
    activity /= activity.sum()
    popularity = 1.0 / (rng.permutation(n_items) + n_items / 30) ** 1.2
    popularity /= popularity.sum()

    for_every_user = np.arange(n_users) * n_items + rng.choice(n_items, n_users, p=popularity)
    for_every_item = rng.choice(n_users, n_items, p=activity) * n_items + np.arange(n_items)
    must_be = np.unique(np.concatenate([for_every_user, for_every_item]))
    others = np.empty(0, dtype=np.int64)
    while must_be.size + others.size < n_ratings:
        users = rng.choice(n_users, n_ratings, p=activity)
        items = rng.choice(n_items, n_ratings, p=popularity)
        taste = np.einsum("nk,nk->n", user_factors[users], item_factors[items])
        liked = rng.random(n_ratings) < 1.0 / (1.0 + np.exp(-1.5 * taste))
        others = np.union1d(others, (users * n_items + items)[liked])
        others = np.setdiff1d(others, must_be, assume_unique=True)
    others = rng.choice(others, n_ratings - must_be.size, replace=False)
    pairs = rng.permutation(np.concatenate([must_be, others]))
    return pairs // n_items, pairs % n_items


def _draw_ratings(
    rng: np.random.Generator,
    users: npt.NDArray[np.int64],
    items: npt.NDArray[np.int64],
    user_factors: npt.NDArray[np.float64],
    item_factors: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    score = MEAN_RATING + rng.normal(0.0, USER_BIAS_STD, len(user_factors))[users]
    score += rng.normal(0.0, ITEM_BIAS_STD, len(item_factors))[items]
    score += np.einsum("nk,nk->n", user_factors[users], item_factors[items])
    score += rng.normal(0.0, NOISE_STD, users.size)
    ratings: npt.NDArray[np.float64] = np.clip(np.round(score * 2) / 2, 0.5, 5.0)
    return ratings
