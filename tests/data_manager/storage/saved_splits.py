"""Splits saved in a folder and loaded from it, and whether two are the same."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from Data_manager.Dataset import Dataset
from Data_manager.DataSplitter import DataSplitter
from Data_manager.DataSplitter_Holdout import DataSplitter_Holdout
from tests.reference.data_splitters import MemoryReader, some_dataset, split_by_id

ARCHIVES = (
    "split_parameters",
    "split_mappers",
    "split_URM",
    "split_ICM",
    "split_ICM_mappers",
    "split_UCM",
    "split_UCM_mappers",
)
# a copy of the seed, where there is one; the host does not look for it
SEED_ARCHIVE = "split_random_seed"
# what the host does not save
OUR_KEYS = {"random_seed", "dataset_fingerprint", "format_version", "_archive_sha256"}

Make = Callable[..., DataSplitter]


def load(folder: Path, make: Make = DataSplitter_Holdout, dataset: Dataset | None = None, **more: Any) -> DataSplitter:
    splitter = make(MemoryReader(dataset or some_dataset()), verbose=False, **more)
    splitter.load_data(folder)
    return splitter


def load_quietly(folder: Path, make: Make = DataSplitter_Holdout, **more: Any) -> DataSplitter:
    """No warning, and no new split."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return load(folder, make, forbid_new_split=True, **more)


def assert_same_split(first: DataSplitter, second: DataSplitter) -> None:
    assert split_by_id(first) == split_by_id(second)
    assert list(first.SPLIT_URM_DICT) == list(second.SPLIT_URM_DICT)
    assert first.SPLIT_GLOBAL_MAPPER_DICT == second.SPLIT_GLOBAL_MAPPER_DICT
    assert first.SPLIT_ICM_MAPPER_DICT == second.SPLIT_ICM_MAPPER_DICT
    assert first.SPLIT_UCM_MAPPER_DICT == second.SPLIT_UCM_MAPPER_DICT
    for one, other in ((first.SPLIT_ICM_DICT, second.SPLIT_ICM_DICT), (first.SPLIT_UCM_DICT, second.SPLIT_UCM_DICT)):
        assert one.keys() == other.keys()
        assert all((one[name] != other[name]).nnz == 0 for name in one)
