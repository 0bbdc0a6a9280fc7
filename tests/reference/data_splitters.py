"""A reader that gives a data set out of the memory, data sets by chance, and a split told one interaction at a time."""

from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sps

from Data_manager.DataReader import DataReader
from Data_manager.Dataset import Dataset
from Data_manager.DataSplitter import DataSplitter

Cell = tuple[str, str, float]


class MemoryReader(DataReader):
    """Always the same Dataset object, as a reader may that a user has written: nobody must change it."""

    AVAILABLE_URM: ClassVar[list[str]] = ["URM_all", "URM_timestamp"]
    AVAILABLE_ICM: ClassVar[list[str]] = ["ICM_genres"]
    AVAILABLE_UCM: ClassVar[list[str]] = ["UCM_age"]
    DATASET_SUBFOLDER = "Memory/"
    KEEPS_DATASET = False

    def __init__(self, dataset: Dataset, **arguments: Any) -> None:
        super().__init__(**{"verbose": False, **arguments})
        self.dataset = dataset

    def _load_from_original_file(self) -> Dataset:
        return self.dataset


def some_dataset(
    seed: int = 0, n_users: int = 30, n_items: int = 20, with_times: bool = True, **changes: Any
) -> Dataset:
    """Profiles of 0 to n_items - 1 interactions, ratings that tell them apart, times that tie, ids of odd text."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, n_items, n_users)
    lengths[0] = n_items - 1
    is_rated = np.array([rng.permutation(n_items) < length for length in lengths])
    ratings = np.where(is_rated, 0.5 + np.arange(n_users * n_items).reshape(n_users, n_items), 0)
    times = np.where(is_rated, rng.integers(1, max(2, is_rated.sum() // 2), is_rated.shape), 0.0)
    genres = rng.random((n_items, 4)) < 0.4
    genres[0] = True
    ages = np.eye(3)[rng.integers(0, 3, n_users)]
    URMs = {"URM_all": sps.csr_matrix(ratings)}
    if with_times:
        URMs["URM_timestamp"] = sps.csr_matrix(times)
    return Dataset(
        **{
            "dataset_name": "Memory",
            "URM_dictionary": URMs,
            "ICM_dictionary": {"ICM_genres": sps.csr_matrix(genres.astype(float))},
            "UCM_dictionary": {"UCM_age": sps.csr_matrix(ages)},
            "user_original_ID_to_index": {f"u{user}": user for user in range(n_users)},
            "item_original_ID_to_index": {f"i, {item}": item for item in range(n_items)},
            **changes,
        }
    )


def cells_by_id(URM: sps.csr_matrix, mappers: dict[str, dict[str, int]]) -> set[Cell]:
    """The interactions as (user id, item id, value)."""
    users = {index: user for user, index in mappers["user_original_ID_to_index"].items()}
    items = {index: item for item, index in mappers["item_original_ID_to_index"].items()}
    coo = URM.tocoo()
    return {(users[u], items[i], v) for u, i, v in zip(coo.row.tolist(), coo.col.tolist(), coo.data.tolist())}


def split_by_id(splitter: DataSplitter) -> dict[str, set[Cell]]:
    """The parts of a loaded split."""
    return {name: cells_by_id(URM, splitter.SPLIT_GLOBAL_MAPPER_DICT) for name, URM in splitter.SPLIT_URM_DICT.items()}


def dataset_by_id(dataset: Dataset, URM_name: str = "URM_all") -> set[Cell]:
    """The interactions of a data set."""
    return cells_by_id(dataset.get_URM_from_name(URM_name), dataset.get_global_mapper_dict())


def users_of(cells: set[Cell]) -> set[str]:
    return {user for user, _, _ in cells}


def latest_out(cells: set[Cell], time: dict[tuple[str, str], float], items: list[str], k: int, n_out: int) -> list[set]:
    """Test, validation (if n_out is 2) and train of the users with enough interactions, user by user."""
    parts: list[set] = [set() for _ in range(n_out + 1)]
    for user in users_of(cells):
        profile = [cell for cell in cells if cell[0] == user]
        if len(profile) < n_out * k + 1:
            continue
        latest_first = sorted(profile, key=lambda cell: (time[cell[:2]], items.index(cell[1])), reverse=True)
        for part in range(n_out):
            parts[part] |= set(latest_first[part * k : (part + 1) * k])
        parts[n_out] |= set(latest_first[n_out * k :])
    return parts
