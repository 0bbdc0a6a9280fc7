"""What every splitter owes: complete parts, copies, the reader's data set untouched."""

import copy
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import scipy.sparse as sps

from Data_manager.Dataset import Dataset
from Data_manager.DataSplitter import DataSplitter
from Data_manager.DataSplitter_global_time import DataSplitter_global_time
from Data_manager.DataSplitter_Holdout import DataSplitter_Holdout
from Data_manager.DataSplitter_leave_k_out import DataSplitter_leave_k_out
from tests.reference.data_splitters import MemoryReader, dataset_by_id, some_dataset, split_by_id, users_of
from tests.reference.data_toy import assert_same_content

Make = Callable[..., DataSplitter]

SPLITTERS: dict[str, Make] = {
    "holdout user-wise": partial(DataSplitter_Holdout, split_interaction_quota_list=[60, 20, 20]),
    "holdout global": partial(DataSplitter_Holdout, user_wise=False),
    "holdout cold": partial(DataSplitter_Holdout, user_wise=False, allow_cold_users=True),
    "holdout no validation": partial(DataSplitter_Holdout, split_interaction_quota_list=[80, 0, 20]),
    "leave random out": partial(DataSplitter_leave_k_out, k_out_value=2),
    "leave last out": partial(DataSplitter_leave_k_out, leave_random_out=False),
    "leave out, no validation": partial(DataSplitter_leave_k_out, use_validation_set=False),
    "global time": partial(DataSplitter_global_time, split_interaction_quota_list=[60, 20, 20]),
    "global time cold": partial(DataSplitter_global_time, allow_cold_users=True),
    "global time, no validation": partial(DataSplitter_global_time, split_interaction_quota_list=[50, 0, 50]),
}
every_splitter = pytest.mark.parametrize("make", SPLITTERS.values(), ids=SPLITTERS)
NO_VALIDATION = ("holdout no validation", "leave out, no validation", "global time, no validation")


def loaded(make: Make, dataset: Dataset | None = None, **arguments: Any) -> DataSplitter:
    splitter = make(MemoryReader(dataset or some_dataset()), verbose=False, **arguments)
    splitter.load_data(save_folder_path=False)
    return splitter


@every_splitter
def test_parts_are_disjoint_and_hold_every_interaction_of_the_users_that_are_left(make: Make) -> None:
    dataset = some_dataset()
    splitter = loaded(make, dataset)
    parts = split_by_id(splitter)
    kept = set(splitter.SPLIT_GLOBAL_MAPPER_DICT["user_original_ID_to_index"])
    assert set.union(*parts.values()) == {cell for cell in dataset_by_id(dataset) if cell[0] in kept}
    assert sum(map(len, parts.values())) == len(set.union(*parts.values()))


@every_splitter
def test_parts_are_canonical_csr_float64_of_one_shape(make: Make) -> None:
    URMs = loaded(make).get_holdout_split()
    for URM in URMs:
        assert sps.isspmatrix_csr(URM) and URM.dtype == np.float64 and URM.shape == URMs[0].shape
        URM.check_format(full_check=True)
        assert URM.has_canonical_format


@every_splitter
def test_features_and_other_URMs_are_those_of_the_users_that_are_left(make: Make) -> None:
    dataset = some_dataset()
    splitter = loaded(make, dataset)
    users = list(splitter.SPLIT_GLOBAL_MAPPER_DICT["user_original_ID_to_index"])
    rows = [int(user.removeprefix("u")) for user in users]
    assert rows == sorted(rows), "the order of the data set"
    np.testing.assert_array_equal(
        splitter.get_URM_from_name("URM_timestamp").toarray(),
        dataset.get_URM_from_name("URM_timestamp").toarray()[rows],
    )
    np.testing.assert_array_equal(
        splitter.get_ICM_from_name("ICM_genres").toarray(), dataset.get_ICM_from_name("ICM_genres").toarray()
    )
    np.testing.assert_array_equal(
        splitter.get_UCM_from_name("UCM_age").toarray(), dataset.get_UCM_from_name("UCM_age").toarray()[rows]
    )
    assert splitter.SPLIT_ICM_MAPPER_DICT == {"ICM_genres": {"0": 0, "1": 1, "2": 2, "3": 3}}
    assert splitter.SPLIT_UCM_MAPPER_DICT == {"UCM_age": {"0": 0, "1": 1, "2": 2}}


@every_splitter
def test_reader_s_data_set_is_not_changed(make: Make, tmp_path: Path) -> None:
    """The host re-indexes mappers that it shares with its reader."""
    dataset = some_dataset()
    before = copy.deepcopy(dataset)
    splitter = make(MemoryReader(dataset), verbose=False)
    splitter.load_data(tmp_path)
    for matrices in (splitter.SPLIT_URM_DICT, splitter.SPLIT_ICM_DICT, splitter.SPLIT_UCM_DICT):
        for matrix in matrices.values():
            matrix.data[:] = -1
    for mapper in splitter.SPLIT_GLOBAL_MAPPER_DICT.values():
        mapper.clear()
    splitter.load_data(tmp_path)
    assert_same_content(dataset, before)


@every_splitter
def test_what_is_handed_out_are_copies(make: Make) -> None:
    splitter = loaded(make)

    def everything() -> list[Any]:
        return [
            *splitter.get_holdout_split(),
            splitter.get_ICM_from_name("ICM_genres"),
            splitter.get_UCM_from_name("UCM_age"),
            splitter.get_URM_from_name("URM_timestamp"),
            *splitter.get_loaded_ICM_dict().values(),
            *splitter.get_loaded_UCM_dict().values(),
        ]

    before = [matrix.copy() for matrix in everything()]
    for matrix in everything():
        matrix.data[:] = -1
    splitter.get_split_parameters().clear()
    splitter.get_loaded_ICM_names().clear()
    assert all((matrix != old).nnz == 0 for matrix, old in zip(everything(), before))
    assert splitter.get_split_parameters() and splitter.get_loaded_ICM_names()


@pytest.mark.parametrize("name", SPLITTERS)
def test_without_a_validation_set_there_are_two_parts_else_three(name: str) -> None:
    """The host's way of getting them needs URM_validation."""
    splitter = loaded(SPLITTERS[name])
    URMs = splitter.get_holdout_split()
    assert len(URMs) == (2 if name in NO_VALIDATION else 3)
    assert (URMs[0] != splitter.SPLIT_URM_DICT["URM_train"]).nnz == 0
    assert (URMs[-1] != splitter.SPLIT_URM_DICT["URM_test"]).nnz == 0


def test_names_of_features_are_those_of_the_reader_and_of_the_split() -> None:
    splitter = loaded(DataSplitter_Holdout, some_dataset(UCM_dictionary=None))
    assert splitter.get_loaded_ICM_names() == ["ICM_genres"]
    assert splitter.get_loaded_UCM_names() == ["UCM_age"], "declared by the reader"
    assert splitter.get_all_available_ICM_names() == ["ICM_genres"]
    assert splitter.get_all_available_UCM_names() == []
    assert loaded(DataSplitter_Holdout).get_all_available_UCM_names() == ["UCM_age"], "the host gives those of the ICMs"
    assert list(splitter.get_loaded_ICM_dict()) == ["ICM_genres"] and splitter.get_loaded_UCM_dict() == {}


def test_unknown_feature_matrix_is_refused_with_the_names() -> None:
    splitter = loaded(DataSplitter_Holdout)
    with pytest.raises(ValueError, match=r"ICM_name must be one of those loaded: 'ICM_genres', got 'ICM_year'"):
        splitter.get_ICM_from_name("ICM_year")
    with pytest.raises(ValueError, match="UCM_name must be one of those loaded: 'UCM_age'"):
        splitter.get_UCM_from_name("ICM_genres")
    with pytest.raises(ValueError, match="URM_name must be one of"):
        splitter.get_URM_from_name("URM_train")


@pytest.mark.parametrize(
    "method",
    [
        "get_holdout_split",
        "get_loaded_ICM_dict",
        "get_loaded_UCM_dict",
        "get_all_available_ICM_names",
        "get_all_available_UCM_names",
        "get_statistics_URM",
        "get_statistics_ICM",
        "get_statistics_UCM",
        "get_split_parameters",
    ],
)
def test_before_load_data_there_is_nothing_to_ask_for(method: str) -> None:
    splitter = DataSplitter_Holdout(MemoryReader(some_dataset()))
    assert splitter.SPLIT_URM_DICT == splitter.SPLIT_ICM_DICT == splitter.SPLIT_GLOBAL_MAPPER_DICT == {}
    with pytest.raises(RuntimeError, match="load_data of a DataSplitter_Holdout must be called"):
        getattr(splitter, method)()


def test_the_reader_is_the_one_that_was_given() -> None:
    reader = MemoryReader(some_dataset())
    assert DataSplitter_Holdout(reader).get_dataReader_object() is reader


@pytest.mark.parametrize("name", [name for name in SPLITTERS if "time" not in name and "last" not in name])
def test_same_seed_same_split_and_other_seed_another(name: str) -> None:
    first, again, other = (split_by_id(loaded(SPLITTERS[name], random_seed=seed)) for seed in (7, 7, 8))
    assert first == again
    assert first != other


@every_splitter
def test_a_split_without_a_seed_records_one_that_makes_it_again(make: Make) -> None:
    np.random.seed(0)
    first = loaded(make)
    np.random.seed(0)  # the global state must make no difference
    second = loaded(make)
    if "random_seed" not in first.get_split_parameters():
        assert split_by_id(first) == split_by_id(second), "nothing is random"
        return
    assert split_by_id(first) != split_by_id(second)
    seed = first.get_split_parameters()["random_seed"]
    assert split_by_id(loaded(make, random_seed=seed)) == split_by_id(first)


@every_splitter
def test_global_random_state_is_left_alone(make: Make) -> None:
    before = np.random.get_state()[1].copy()
    loaded(make)
    np.testing.assert_array_equal(np.random.get_state()[1], before)


@every_splitter
def test_load_data_returns_nothing_and_quiet_splitters_print_nothing(
    make: Make, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert make(MemoryReader(some_dataset()), verbose=False).load_data(tmp_path) is None
    assert capfd.readouterr() == ("", "")


def test_a_splitter_of_one_s_own_defines_five_methods(tmp_path: Path) -> None:
    class EveryOtherItem(DataSplitter):
        _parts: ClassVar[tuple[str, ...]] = ("URM_train", "URM_test")
        _draws = False

        def _split_folder(self) -> str:
            return "every_other_item/"

        def _file_suffix(self) -> str:
            return "_allow_cold_users"

        def _asked_parameters(self) -> dict[str, Any]:
            return {}

        def _divide(self, dataset: Dataset, random_seed: int) -> Any:
            URM_train = URM_test = dataset.get_URM_all()
            even = sps.diags((np.arange(URM_train.shape[1]) % 2 == 0).astype(float))
            URM_train = (URM_train @ even).tocsr()
            URM_train.eliminate_zeros()
            return (
                np.ones(URM_test.shape[0], dtype=bool),
                {"URM_train": URM_train, "URM_test": URM_test - URM_train},
                {},
            )

    reader = MemoryReader(some_dataset(), data_folder=tmp_path)
    for forbid in (False, True):
        splitter = EveryOtherItem(reader, forbid, verbose=False)
        splitter.load_data()
        assert all(int(item.split()[1]) % 2 == 0 for _, item, _ in split_by_id(splitter)["URM_train"])
    assert (tmp_path / "Memory" / "every_other_item" / "original" / "split_URM_allow_cold_users.zip").is_file()
    for name in ("_split_folder", "_file_suffix", "_asked_parameters"):
        with pytest.raises(NotImplementedError, match=f"DataSplitter must define {name}"):
            getattr(DataSplitter(reader), name)()
    with pytest.raises(NotImplementedError, match="DataSplitter must define _divide"):
        DataSplitter(reader)._divide(some_dataset(), 0)


def test_a_deep_copy_of_a_splitter_is_independent() -> None:
    splitter = loaded(DataSplitter_Holdout)
    duplicate = copy.deepcopy(splitter)
    duplicate.SPLIT_URM_DICT["URM_train"].data[:] = 0
    assert splitter.get_holdout_split()[0].data.min() > 0
    assert users_of(split_by_id(splitter)["URM_test"])
