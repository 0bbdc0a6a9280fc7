"""A split that is not what its splitter promises is found out, in the memory and in the archives."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps

from Data_manager._splits.verification import (
    verify_no_cold_users,
    verify_not_empty,
    verify_partition,
    verify_profile_length,
    verify_times,
)
from Data_manager.Dataset import Dataset
from Data_manager.DataSplitter import DataSplitter
from Data_manager.DataSplitter_global_time import DataSplitter_global_time
from Data_manager.DataSplitter_Holdout import DataSplitter_Holdout
from Data_manager.DataSplitter_leave_k_out import DataSplitter_leave_k_out
from tests.reference.data_splitters import MemoryReader, some_dataset

TRAIN, TEST = sps.csr_matrix([[5.0, 0, 3], [1, 0, 0]]), sps.csr_matrix([[0.0, 2, 0], [0, 4, 0]])
PARTS = ("URM_train", "URM_test")


def test_what_is_right_passes() -> None:
    URMs = {"URM_train": TRAIN, "URM_test": TEST}
    verify_partition(URMs, PARTS, sps.csr_matrix(TRAIN + TEST))
    verify_not_empty(URMs, PARTS)
    verify_no_cold_users(TRAIN)
    verify_profile_length(URMs, ["URM_test"], 1)
    times = {
        "URM_train": np.array([1.0, 4.9]),
        "URM_validation": np.array([5.0, 6.9]),
        "URM_test": np.array([7.0, 9.0]),
    }
    verify_times(times, 5.0, 7.0)
    verify_times({**times, "URM_validation": np.empty(0), "URM_train": np.array([6.9])}, 7.0, 7.0)


NEGATIVE = sps.csr_matrix([[-5.0, 0, 0], [0, 0, 0]])
BAD_PARTITIONS = {
    "part missing": ({"URM_train": TRAIN}, "must have the parts URM_train, URM_test, got URM_train"),
    "nothing": ({}, "must have the parts URM_train, URM_test, got nothing"),
    "part too many": ({"URM_train": TRAIN, "URM_test": TEST, "URM_all": TEST}, "got URM_train, URM_test, URM_all"),
    "shape": ({"URM_train": TRAIN, "URM_test": TEST[:1]}, r"URM_test must be of shape \(2, 3\), as the data set is"),
    "shared cell": ({"URM_train": TRAIN, "URM_test": sps.csr_matrix(TEST + NEGATIVE)}, "must be disjoint, got 1 cells"),
    "cell missing": (
        {"URM_train": TRAIN, "URM_test": sps.csr_matrix([[0.0, 2, 0], [0, 0, 0]])},
        "5 inter.* got 4 others",
    ),
    "cell too many": ({"URM_train": TRAIN, "URM_test": sps.csr_matrix([[0.0, 2, 0], [0, 4, 1]])}, "got 6 others"),
    "cell elsewhere": ({"URM_train": TRAIN, "URM_test": sps.csr_matrix([[0.0, 2, 0], [0, 0, 4]])}, "got 5 others"),
    "value": ({"URM_train": TRAIN, "URM_test": TEST * 2}, "got 5 others"),
}


@pytest.mark.parametrize(("URMs", "message"), BAD_PARTITIONS.values(), ids=BAD_PARTITIONS)
def test_parts_that_are_no_partition_are_refused(URMs: dict[str, sps.csr_matrix], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        verify_partition(URMs, PARTS, sps.csr_matrix(TRAIN + TEST))


def test_empty_parts_cold_users_and_other_profile_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="URM_test must have at least one interaction, got none"):
        verify_not_empty({"URM_train": TRAIN, "URM_test": 0 * sps.csr_matrix((2, 3))}, PARTS)
    with pytest.raises(ValueError, match="URM_train must have an interaction of every user, but 1 users have none"):
        verify_no_cold_users(sps.csr_matrix([[1.0, 2], [0, 0]]))
    with pytest.raises(ValueError, match="URM_train must have 1 interactions of every user, got 2 of user 0"):
        verify_profile_length({"URM_train": TRAIN, "URM_test": TEST}, PARTS, 1)


@pytest.mark.parametrize(
    ("part", "time"),
    [("URM_train", 5.0), ("URM_validation", 4.9), ("URM_validation", 7.0), ("URM_test", 6.9)],
)
def test_an_interaction_of_another_time_is_refused(part: str, time: float) -> None:
    times = {"URM_train": np.array([1.0]), "URM_validation": np.array([5.0]), "URM_test": np.array([7.0])}
    times[part] = np.append(times[part], time)
    with pytest.raises(ValueError, match=f"{part} must have timestamps >= .* got {time}"):
        verify_times(times, 5.0, 7.0)


def exchange_of_first_user(URMs: dict[str, sps.csr_matrix], one: str, other: str, both: bool) -> None:
    """Move one interaction of the first user from one part to the other, and one back if it is to be both ways."""
    moved = []
    for part in (one, other) if both else (one,):
        cell = URMs[part].copy()
        cell.data[1:] = 0
        cell.eliminate_zeros()
        moved.append(cell)
    for part, cell, other_part in zip((one, other), moved, (other, one)):
        URMs[part] = sps.csr_matrix(URMs[part] - cell)
        URMs[part].eliminate_zeros()
        URMs[other_part] = sps.csr_matrix(URMs[other_part] + cell)


BROKEN: dict[str, tuple[type[DataSplitter], dict[str, Any], Callable[[dict[str, Any]], None], str]] = {
    "k of a user": (
        DataSplitter_leave_k_out,
        {},
        lambda URMs: exchange_of_first_user(URMs, "URM_train", "URM_test", both=False),
        "URM_test must have 1 interactions of every user, got 2 of user 0",
    ),
    "k of a user in validation": (
        DataSplitter_leave_k_out,
        {},
        lambda URMs: exchange_of_first_user(URMs, "URM_train", "URM_validation", both=False),
        "URM_validation must have 1 interactions",
    ),
    "time": (
        DataSplitter_global_time,
        {"allow_cold_users": True},
        lambda URMs: exchange_of_first_user(URMs, "URM_train", "URM_test", both=True),
        "URM_train must have timestamps|URM_test must have timestamps",
    ),
    "validation for a quota of 0": (
        DataSplitter_Holdout,
        {"split_interaction_quota_list": [80, 0, 20]},
        lambda URMs: exchange_of_first_user(URMs, "URM_train", "URM_validation", both=False),
        "URM_validation must be empty for a quota of 0",
    ),
    "cold user": (
        DataSplitter_Holdout,
        {},
        lambda URMs: [exchange_of_first_user(URMs, "URM_train", "URM_test", both=False) for _ in range(20)],
        "URM_train must have an interaction of every user",
    ),
}


@pytest.mark.parametrize(("kind", "arguments", "damage", "message"), BROKEN.values(), ids=BROKEN)
def test_a_broken_division_is_neither_handed_out_nor_saved(
    kind: type[DataSplitter], arguments: dict[str, Any], damage: Callable, message: str, tmp_path: Path
) -> None:
    class Broken(kind):
        def _divide(self, dataset: Dataset, random_seed: int) -> Any:
            kept, URMs, found = super()._divide(dataset, random_seed)
            damage(URMs)
            return kept, URMs, found

    splitter = Broken(MemoryReader(some_dataset()), **arguments, verbose=False)
    with pytest.raises(ValueError, match=message):
        splitter.load_data(tmp_path / "split")
    assert not (tmp_path / "split").exists()
    with pytest.raises(RuntimeError, match="must be called"):
        splitter.get_holdout_split()
