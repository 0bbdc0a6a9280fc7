"""A random share of the users of a data set."""

from typing import Any

import numpy as np

from Data_manager.DataPostprocessing import DataPostprocessing
from Data_manager.DataReader import DataReader
from Data_manager.Dataset import Dataset
from recsys_common.validation import check_float, check_int


class DataPostprocessing_User_sample(DataPostprocessing):
    """Takes a random share of the users, with all that they have, for trying things on less data.

    Every item stays, also one that none of the sampled users has interacted with, and so do the item features.
    `DataPostprocessing_K_Cores` with k = 1 around this drops such items.
    Cached in ``user_sample_<quota>_seed_<seed>/``.

    Parameters
    ----------
    dataReader_object : DataReader
    user_quota : float in (0, 1]
        The share; the sample has at least one user.
    random_seed : int >= 0, default 42
        Never None: a sample that could not be drawn again must not be cached. With the same seed a larger sample has
        all users of a smaller one.

    Raises
    ------
    TypeError, ValueError
        For an argument that is not as described; a ValueError also from `load_data`, if none of the sampled users has
        an interaction.

    Examples
    --------
    >>> from Data_manager.synthetic_reader import SyntheticReader
    >>> reader = DataPostprocessing_User_sample(SyntheticReader(verbose=False), 0.1)
    >>> reader.load_data().get_URM_all().shape
    (200, 800)
    """

    def __init__(self, dataReader_object: DataReader, user_quota: float, *, random_seed: int = 42) -> None:
        self.user_quota = check_float("user_quota", user_quota, above=0, maximum=1)
        self.random_seed = check_int("random_seed", random_seed, minimum=0)
        super().__init__(dataReader_object)

    def _subfolder(self) -> str:
        return f"user_sample_{np.format_float_positional(self.user_quota, trim='-')}_seed_{self.random_seed}/"

    def _options(self) -> dict[str, Any]:
        return {"user_quota": self.user_quota, "random_seed": self.random_seed}

    def _process(self, dataset: Dataset) -> Dataset:
        n_users, _ = dataset.get_URM_all().shape
        n_kept = max(1, round(n_users * self.user_quota))
        in_random_order = np.random.default_rng(self.random_seed).permutation(n_users)
        self._print(f"Keeping {n_kept} of {n_users} users")
        dataset._remove_items_and_users(None, in_random_order[n_kept:], verbose=self.verbose)
        return dataset
