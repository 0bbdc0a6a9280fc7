"""The parts of each splitter against what its quotas, k or times say, told one interaction at a time."""

import doctest
import re
from functools import partial
from types import ModuleType
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
import scipy.sparse as sps
from hypothesis import given, settings

from Data_manager import DataSplitter_global_time as global_time_module
from Data_manager import DataSplitter_Holdout as holdout_module
from Data_manager import DataSplitter_leave_k_out as leave_k_out_module
from Data_manager.Dataset import Dataset
from Data_manager.DataSplitter import DataSplitter
from Data_manager.DataSplitter_global_time import DataSplitter_global_time
from Data_manager.DataSplitter_Holdout import DataSplitter_Holdout
from Data_manager.DataSplitter_leave_k_out import DataSplitter_leave_k_out
from tests.reference.data_splitters import (
    MemoryReader,
    dataset_by_id,
    latest_out,
    some_dataset,
    split_by_id,
    users_of,
)

PARTS = ("URM_train", "URM_validation", "URM_test")
few = settings(max_examples=25, deadline=None)


def loaded(make: Any, dataset: Dataset, *arguments: Any, **more: Any) -> DataSplitter:
    splitter = make(MemoryReader(dataset), *arguments, verbose=False, **more)
    splitter.load_data(save_folder_path=False)
    return splitter


def all_ones(*shape: int) -> Dataset:
    times = np.arange(1.0, np.prod(shape) + 1).reshape(shape)
    URMs = {"URM_all": sps.csr_matrix(np.ones(shape)), "URM_timestamp": sps.csr_matrix(times)}
    return Dataset("Memory", URMs)


def sizes(splitter: DataSplitter) -> list[int]:
    return [URM.nnz for URM in splitter.SPLIT_URM_DICT.values()]


@few
@given(
    seed=st.integers(0, 1000),
    train=st.integers(30, 80),
    share=st.floats(0.2, 0.8),
    allow_cold_users=st.booleans(),
)
def test_global_hold_out_has_the_rounded_quotas_of_all(
    seed: int, train: int, share: float, allow_cold_users: bool
) -> None:
    dataset = some_dataset(seed)
    validation = round((100 - train) * share)
    quotas = [train, validation, 100 - train - validation]
    splitter = loaded(DataSplitter_Holdout, dataset, quotas, False, allow_cold_users, random_seed=seed)
    parts, everything = split_by_id(splitter), dataset_by_id(dataset)
    n = len(everything)
    if allow_cold_users:
        n_train, n_both = round(n * train / 100), round(n * (train + validation) / 100)
        assert [len(parts[part]) for part in PARTS] == [n_train, n_both - n_train, n - n_both]
    else:
        kept = set(splitter.SPLIT_GLOBAL_MAPPER_DICT["user_original_ID_to_index"])
        assert users_of(parts["URM_train"]) == kept
        assert len(parts["URM_train"]) == round(n * train / 100), "users without train items have none"


@few
@given(seed=st.integers(0, 1000), quotas=st.sampled_from([[80, 10, 10], [60, 20, 20], [50, 25, 25], [75, 0, 25]]))
def test_user_wise_hold_out_leaves_the_rounded_quota_of_each_user_for_testing(seed: int, quotas: list[int]) -> None:
    dataset = some_dataset(seed)
    splitter = loaded(DataSplitter_Holdout, dataset, quotas, random_seed=seed)
    parts, everything = split_by_id(splitter), dataset_by_id(dataset)
    for user in users_of(everything):
        profile = [cell for cell in everything if cell[0] == user]
        train, validation, test = (sum(cell[0] == user for cell in parts[part]) for part in PARTS)
        if len(profile) == 1:
            continue
        n_both = round(len(profile) * (quotas[0] + quotas[1]) / 100)
        if n_both == len(profile):
            n_both -= 1
        if user not in users_of(parts["URM_train"]):
            continue
        assert test == len(profile) - n_both
        assert train + validation == n_both
        assert validation == 0 if quotas[1] == 0 else n_both == 1 or validation > 0


@pytest.mark.parametrize("quotas", [[80, 0, 20], [70, 10, 20], [60, 20, 20], [10, 10, 80], [90, 5, 5], [99, 0.5, 0.5]])
@pytest.mark.parametrize("user_wise", [True, False])
def test_even_profiles_get_exactly_their_quotas(quotas: list[float], user_wise: bool) -> None:
    """The host, which divides what it has rounded, gets shares beyond 1 and fails without a validation quota."""
    splitter = loaded(DataSplitter_Holdout, all_ones(3, 200), quotas, user_wise)
    assert sizes(splitter) == [quota * 6 for quota in quotas]
    assert splitter.get_split_parameters()["actual_split_interaction_quota_list"] == pytest.approx(quotas)


@pytest.mark.parametrize(("n", "quotas", "expected"), [(15, [50, 25, 25], [8, 3, 4]), (21, [50, 40, 10], [10, 9, 2])])
def test_halves_of_an_interaction_are_rounded_once(n: int, quotas: list[int], expected: list[int]) -> None:
    """7.5 to 8 and 10.5 to 10, which a share of the first step's whole number misses."""
    assert sizes(loaded(DataSplitter_Holdout, all_ones(1, n), quotas, False)) == expected


def test_quotas_default_to_70_10_20_and_may_have_fractions() -> None:
    reader = MemoryReader(some_dataset())
    assert DataSplitter_Holdout(reader).input_split_interaction_quota_list == [70, 10, 20]
    assert DataSplitter_Holdout(reader)._split_folder() == "holdout_70_10_20_user_wise/"
    thirds = DataSplitter_Holdout(reader, np.array([33.3, 33.3, 33.4]), user_wise=False)
    assert thirds._split_folder() == "holdout_33.3_33.3_33.4_global_sample/"
    assert DataSplitter_Holdout(reader, (70.0, 10.0, 20.0))._split_folder() == "holdout_70_10_20_user_wise/"


def test_users_without_train_items_stay_where_they_are_allowed() -> None:
    URM = sps.csr_matrix(np.vstack([np.ones((1, 40)), np.eye(40)[:20]]))
    dataset = Dataset("Memory", {"URM_all": URM})
    allowed = loaded(DataSplitter_Holdout, dataset, [50, 0, 50], False, True, random_seed=1)
    assert allowed.SPLIT_URM_DICT["URM_train"].shape == (21, 40)
    assert (np.diff(allowed.SPLIT_URM_DICT["URM_train"].indptr) == 0).any()
    removed = loaded(DataSplitter_Holdout, dataset, [50, 0, 50], False, False, random_seed=1)
    n_warm = int((np.diff(allowed.SPLIT_URM_DICT["URM_train"].indptr) > 0).sum())
    assert removed.SPLIT_URM_DICT["URM_train"].shape == (n_warm, 40)
    assert split_by_id(removed)["URM_train"] == split_by_id(allowed)["URM_train"]


def test_a_quota_that_is_missed_by_far_is_told_of(capsys: pytest.CaptureFixture[str]) -> None:
    """Of three interactions one is a third, whatever the quota."""
    splitter = DataSplitter_Holdout(MemoryReader(all_ones(10, 3)), [80, 10, 10])
    splitter.load_data(save_folder_path=False)
    notices = [line for line in capsys.readouterr().out.splitlines() if "Notice" in line]
    assert notices == [
        f"DataSplitter_Holdout: Notice: {part} has 33.33 % of the interactions, for a quota of {quota:.2f} %"
        for part, quota in zip(PARTS, (80, 10, 10))
    ]


@pytest.mark.parametrize(
    ("n_items", "quotas", "user_wise", "allow_cold_users", "text"),
    [
        (2, [50, 1, 49], False, True, "URM_validation at least one interaction, got [50, 1, 49], which gives it none"),
        (2, [10, 10, 80], True, True, "URM_train at least one interaction, got [10, 10, 80], which gives it none"),
        (2, [10, 10, 80], True, False, "URM_train at least one interaction, got [10, 10, 80], which after the removal"),
        (1, [10, 10, 80], False, False, "URM_train at least one interaction, got [10, 10, 80], which after"),
        (1, [80, 0, 20], True, False, "URM_test at least one interaction, got [80, 0, 20], which gives it none"),
    ],
)
def test_quotas_that_leave_a_part_empty_are_refused(
    n_items: int, quotas: list[int], user_wise: bool, allow_cold_users: bool, text: str
) -> None:
    with pytest.raises(ValueError, match=f"^split_interaction_quota_list must give {re.escape(text)}"):
        loaded(DataSplitter_Holdout, all_ones(2, n_items), quotas, user_wise, allow_cold_users)


@few
@given(seed=st.integers(0, 1000), k=st.integers(1, 4), use_validation_set=st.booleans())
def test_leave_k_out_leaves_k_of_each_user_and_all_the_others_for_training(
    seed: int, k: int, use_validation_set: bool
) -> None:
    """The host loses k of each user when there is no validation set."""
    dataset = some_dataset(seed)
    splitter = loaded(DataSplitter_leave_k_out, dataset, k, use_validation_set=use_validation_set, random_seed=seed)
    parts, everything = split_by_id(splitter), dataset_by_id(dataset)
    assert set(parts) == set(PARTS if use_validation_set else ("URM_train", "URM_test"))
    removed = splitter.get_split_parameters()["removed_cold_users"]
    for index in range(30):
        n_profile = sum(cell[0] == f"u{index}" for cell in everything)
        n_left_out = k * (len(parts) - 1)
        assert removed[index] == (n_profile < n_left_out + 1)
        if not removed[index]:
            counts = {part: sum(cell[0] == f"u{index}" for cell in cells) for part, cells in parts.items()}
            assert counts.pop("URM_train") == n_profile - n_left_out
            assert set(counts.values()) == {k}


@few
@given(seed=st.integers(0, 1000), k=st.integers(1, 4), use_validation_set=st.booleans())
def test_leave_last_out_leaves_the_latest(seed: int, k: int, use_validation_set: bool) -> None:
    """The host leaves the highest rated out."""
    dataset = some_dataset(seed)
    splitter = loaded(DataSplitter_leave_k_out, dataset, k, False, False, use_validation_set, False)
    parts = split_by_id(splitter)
    time = {cell[:2]: cell[2] for cell in dataset_by_id(dataset, "URM_timestamp")}
    items = list(dataset.get_item_original_ID_to_index_mapper())
    expected = latest_out(dataset_by_id(dataset), time, items, k, n_out=2 if use_validation_set else 1)
    assert [parts[name] for name in reversed(PARTS) if name in parts] == expected


def test_leave_last_out_needs_timestamps() -> None:
    with pytest.raises(ValueError, match=r"leave_random_out must be True for a data set without URM_timestamp, got"):
        loaded(DataSplitter_leave_k_out, some_dataset(with_times=False), leave_random_out=False)


def test_a_k_that_no_user_has_is_refused() -> None:
    with pytest.raises(ValueError, match=r"k_out_value must leave .* got 9, for which a user needs 19 .* has are 5"):
        loaded(DataSplitter_leave_k_out, all_ones(2, 5), 9)


@few
@given(
    seed=st.integers(0, 1000),
    quotas=st.sampled_from([[70, 10, 20], [40, 30, 30], [80, 0, 20]]),
    allow_cold_users=st.booleans(),
)
def test_global_time_divides_at_two_instants(seed: int, quotas: list[int], allow_cold_users: bool) -> None:
    dataset = some_dataset(seed)
    splitter = loaded(DataSplitter_global_time, dataset, quotas, allow_cold_users)
    parts, everything = split_by_id(splitter), dataset_by_id(dataset)
    time = {cell[:2]: cell[2] for cell in dataset_by_id(dataset, "URM_timestamp")}
    found = splitter.get_split_parameters()
    first, second = found["validation_start"], found["test_start"]
    early = {cell for cell in everything if time[cell[:2]] < first}
    assert parts["URM_train"] == early
    kept = everything if allow_cold_users else {cell for cell in everything if cell[0] in users_of(early)}
    assert parts["URM_validation"] == {cell for cell in kept if first <= time[cell[:2]] < second}
    assert parts["URM_test"] == {cell for cell in kept if time[cell[:2]] >= second}

    n_by_time = {t: sum(value < t for value in time.values()) for t in time.values()}
    for instant, quota in ((first, quotas[0]), (second, quotas[0] + quotas[1])):
        target = len(everything) * quota / 100
        assert abs(n_by_time[instant] - target) == min(abs(n - target) for n in n_by_time.values())


def test_global_time_by_hand() -> None:
    splitter = loaded(DataSplitter_global_time, all_ones(2, 5), [50, 20, 30], True)
    found = splitter.get_split_parameters()
    assert (found["validation_start"], found["test_start"]) == (6.0, 8.0)
    assert sizes(splitter) == [5, 2, 3]
    assert splitter._split_folder() == "global_time_50_20_30/"
    # the second user has no train interaction
    with pytest.raises(ValueError, match=r"must give URM_validation at least one .* after the removal of cold users"):
        loaded(DataSplitter_global_time, all_ones(2, 5), [50, 20, 30])


def test_global_time_needs_timestamps_that_tell_the_parts_apart() -> None:
    with pytest.raises(ValueError, match="must be of a data set with URM_timestamp, got Memory"):
        loaded(DataSplitter_global_time, some_dataset(with_times=False))
    times = sps.csr_matrix([[1.0, 1, 1, 1, 1, 2, 2, 2, 2, 2]])
    dataset = Dataset("Memory", {"URM_all": sps.csr_matrix(np.ones((1, 10))), "URM_timestamp": times})
    with pytest.raises(ValueError, match="can tell validation from test"):
        loaded(DataSplitter_global_time, dataset, [50, 10, 40])
    assert sizes(loaded(DataSplitter_global_time, dataset, [50, 0, 50])) == [5, 0, 5]


def test_a_time_of_zero_is_the_earliest() -> None:
    """A sparse matrix does not store it."""
    times = sps.csr_matrix([[5.0, 0, 1, 2, 3, 4]])
    dataset = Dataset("Memory", {"URM_all": sps.csr_matrix(np.ones((1, 6))), "URM_timestamp": times})
    splitter = loaded(DataSplitter_leave_k_out, dataset, 2, leave_random_out=False)
    assert splitter.SPLIT_URM_DICT["URM_train"].indices.tolist() == [1, 2]
    splitter = loaded(DataSplitter_global_time, dataset, [50, 0, 50])
    assert splitter.SPLIT_URM_DICT["URM_train"].indices.tolist() == [1, 2, 3]


@pytest.mark.parametrize("module", [holdout_module, leave_k_out_module, global_time_module])
def test_examples_run(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert result.attempted > 0 and result.failed == 0


HOST_NAMES = {
    partial(DataSplitter_Holdout): ("holdout_70_10_20_user_wise/", "_only_warm_users_user_wise"),
    partial(DataSplitter_Holdout, [80, 10, 10], False, True): (
        "holdout_80_10_10_global_sample/",
        "_allow_cold_users_global_sample",
    ),
    partial(DataSplitter_leave_k_out): ("leave_1_out_random/", "_only_warm_users_use_validation_set"),
    partial(DataSplitter_leave_k_out, 3, False, False, False, False): (
        "leave_3_out_last/",
        "_only_warm_users_no_validation_set",
    ),
}


@pytest.mark.parametrize(("make", "names"), HOST_NAMES.items())
def test_folders_and_files_have_the_host_s_names(make: Any, names: tuple[str, str]) -> None:
    arguments = make.args
    splitter = make.func(MemoryReader(some_dataset()), *arguments)
    assert (splitter._split_folder(), splitter._file_suffix()) == names
