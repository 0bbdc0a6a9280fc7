"""What every splitter owes: complete parts, copies, the reader's data set untouched, the texts it prints."""

import copy
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import scipy.sparse as sps

from Data_manager.DataReader import DataReader
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
    with pytest.raises(ValueError, match="load_data of a DataSplitter_Holdout must be called"):
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


def by_hand() -> Dataset:
    """4 users of 5 interactions, 5 items: of each user 3, 1 and 1 with the quotas 60, 20, 20."""
    return some_dataset(
        n_users=4,
        n_items=5,
        URM_dictionary={"URM_all": sps.csr_matrix(np.ones((4, 5)))},
        ICM_dictionary={"ICM_genres": sps.csr_matrix(np.eye(5)), "ICM_year": sps.csr_matrix(np.full((5, 1), 1995.0))},
        UCM_dictionary={"UCM_age": sps.csr_matrix(np.eye(4))},
    )


FEATURES = (
    "\tICM name: ICM_genres, Num features: 5, feature occurrences: 5, density 2.00E-01\n"
    "\tICM name: ICM_year, Num features: 1, feature occurrences: 5, density 1.00E+00\n\n\n"
    "\tUCM name: UCM_age, Num features: 4, feature occurrences: 4, density 2.50E-01\n\n\n"
)


def test_statistics_of_a_hold_out(capsys: pytest.CaptureFixture[str]) -> None:
    splitter = DataSplitter_Holdout(MemoryReader(by_hand()), [60, 20, 20])
    splitter.load_data(save_folder_path=False)
    printed = capsys.readouterr().out
    statistics = (
        "DataSplitter_Holdout: DataReader: Memory\n"
        "\tNum items: 5\n"
        "\tNum users: 4\n"
        "\tTrain \t\tquota 60.00 (60.00), \tinteractions 12, \tdensity 6.00E-01\n"
        "\tValidation \tquota 20.00 (20.00), \tinteractions 4, \tdensity 2.00E-01\n"
        "\tTest \t\tquota 20.00 (20.00), \tinteractions 4, \tdensity 2.00E-01\n\n\n"
    )
    assert printed == (
        "DataSplitter_Holdout: Verifying data consistency...\n"
        "DataSplitter_Holdout: Verifying data consistency... Passed!\n"
        f"{statistics}{FEATURES}DataSplitter_Holdout: Done.\n"
    )
    splitter.get_statistics_URM()
    splitter.get_statistics_ICM()
    splitter.get_statistics_UCM()
    assert capsys.readouterr().out == statistics + FEATURES


def test_statistics_of_leave_k_out_have_no_quotas(capsys: pytest.CaptureFixture[str]) -> None:
    splitter = loaded(partial(DataSplitter_leave_k_out, use_validation_set=False), by_hand())
    splitter.get_statistics_URM()
    assert capsys.readouterr().out == (
        "DataSplitter_leave_k_out: DataReader: Memory\n"
        "\tNum items: 5\n"
        "\tNum users: 4\n"
        "\tTrain \t\tinteractions 16, \tdensity 8.00E-01\n"
        "\tTest \t\tinteractions 4, \tdensity 2.00E-01\n\n\n"
    )


def test_statistics_of_a_data_set_without_features_are_those_of_the_URMs(capsys: pytest.CaptureFixture[str]) -> None:
    splitter = loaded(DataSplitter_Holdout, some_dataset(ICM_dictionary=None, UCM_dictionary=None))
    splitter.get_statistics_ICM()
    splitter.get_statistics_UCM()
    assert capsys.readouterr().out == ""


def test_messages_of_a_first_and_a_second_load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = []
    for _ in range(2):
        DataSplitter_leave_k_out(MemoryReader(some_dataset())).load_data(tmp_path / "split")
        output = capsys.readouterr().out.splitlines()
        prefix = "DataSplitter_leave_k_out: "
        lines.append([line.removeprefix(prefix) for line in output if line.startswith(prefix)])
    n_short = sum(some_dataset().get_URM_all().getnnz(axis=1) < 3)
    assert lines[0] == [
        "Preloaded data not found, making a new split...",
        f"Removing {n_short} of 30 users",
        "Verifying data consistency...",
        "Verifying data consistency... Passed!",
        f"Split saved in '{tmp_path / 'split'}'",
        "DataReader: Memory",
        "Done.",
    ]
    assert lines[1] == [
        "Verifying data consistency...",
        "Verifying data consistency... Passed!",
        "DataReader: Memory",
        "Done.",
    ]


BAD: dict[str, tuple[type[Exception], str, Callable[[DataReader], DataSplitter]]] = {
    "reader": (TypeError, "dataReader_object must be a DataReader, got a str", lambda r: DataSplitter_Holdout("ml-1m")),
    "both": (
        ValueError,
        "force_new_split must be False where forbid_new_split is True",
        lambda r: DataSplitter_Holdout(r, forbid_new_split=True, force_new_split=True),
    ),
    "forbid": (TypeError, "forbid_new_split must be", lambda r: DataSplitter_leave_k_out(r, 1, 1)),
    "force": (TypeError, "force_new_split must be", lambda r: DataSplitter_leave_k_out(r, 1, False, "no")),
    "seed": (ValueError, "random_seed must be", lambda r: DataSplitter_Holdout(r, random_seed=-1)),
    "verbose": (TypeError, "verbose must be", lambda r: DataSplitter_Holdout(r, verbose=1)),
    "k 0": (ValueError, "k_out_value must be", lambda r: DataSplitter_leave_k_out(r, 0)),
    "k 1.5": (TypeError, "k_out_value must be", lambda r: DataSplitter_leave_k_out(r, 1.5)),
    "random out": (TypeError, "leave_random_out must be", lambda r: DataSplitter_leave_k_out(r, leave_random_out=0)),
    "validation": (
        TypeError,
        "use_validation_set must be",
        lambda r: DataSplitter_leave_k_out(r, use_validation_set=3),
    ),
    "user_wise": (TypeError, "user_wise must be", lambda r: DataSplitter_Holdout(r, user_wise="yes")),
    "cold": (TypeError, "allow_cold_users must be", lambda r: DataSplitter_global_time(r, allow_cold_users=0)),
    "sum": (ValueError, r"that sum to 100, got \[70, 10, 10\]", lambda r: DataSplitter_Holdout(r, [70, 10, 10])),
    "shares": (ValueError, "that sum to 100", lambda r: DataSplitter_Holdout(r, [0.7, 0.1, 0.2])),
    "two": (ValueError, "three percentages", lambda r: DataSplitter_global_time(r, [80, 20])),
    "negative": (ValueError, r"quota_list\[1\] must be", lambda r: DataSplitter_Holdout(r, [90, -10, 20])),
    "no test": (ValueError, "above 0 for train and test", lambda r: DataSplitter_Holdout(r, [80, 20, 0])),
    "no train": (ValueError, "above 0 for train and test", lambda r: DataSplitter_global_time(r, [0, 80, 20])),
    "text": (TypeError, "split_interaction_quota_list must be", lambda r: DataSplitter_Holdout(r, "70_10_20")),
    "number": (TypeError, "split_interaction_quota_list must be", lambda r: DataSplitter_Holdout(r, 80)),
    "text in it": (TypeError, r"quota_list\[0\] must be", lambda r: DataSplitter_Holdout(r, ["70", 10, 20])),
}


@pytest.mark.parametrize(("error", "message", "make"), BAD.values(), ids=BAD)
def test_bad_arguments_are_refused(error: type[Exception], message: str, make: Callable) -> None:
    with pytest.raises(error, match=message):
        make(MemoryReader(some_dataset()))


@pytest.mark.parametrize(("error", "folder"), [(TypeError, True), (TypeError, 3), (ValueError, "")])
def test_bad_folders_are_refused_before_anything_is_read(error: type[Exception], folder: Any) -> None:
    class Unreadable(MemoryReader):
        def _load_from_original_file(self) -> Dataset:
            raise AssertionError("read")

    with pytest.raises(error, match="save_folder_path must be"):
        DataSplitter_Holdout(Unreadable(some_dataset()), verbose=False).load_data(folder)


def test_a_forbidden_split_needs_a_folder() -> None:
    with pytest.raises(ValueError, match="save_folder_path must be a folder where forbid_new_split is True"):
        loaded(DataSplitter_Holdout, forbid_new_split=True)


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
