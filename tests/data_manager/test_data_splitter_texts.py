"""The texts that the splitters print, and what they say of bad arguments."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps

from Data_manager.DataReader import DataReader
from Data_manager.Dataset import Dataset
from Data_manager.DataSplitter import DataSplitter
from Data_manager.DataSplitter_global_time import DataSplitter_global_time
from Data_manager.DataSplitter_Holdout import DataSplitter_Holdout
from Data_manager.DataSplitter_leave_k_out import DataSplitter_leave_k_out
from Data_manager.synthetic_reader import SyntheticReader
from tests.reference.data_splitters import MemoryReader, some_dataset


def loaded(make: Callable[..., DataSplitter], dataset: Dataset, **arguments: Any) -> DataSplitter:
    splitter = make(MemoryReader(dataset), verbose=False, **arguments)
    splitter.load_data(save_folder_path=False)
    return splitter


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
    splitter = loaded(DataSplitter_leave_k_out, by_hand(), use_validation_set=False)
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
        f"Removing {n_short} of 30 users, who have too few interactions",
        "Verifying data consistency...",
        "Verifying data consistency... Passed!",
        f"Split saved in '{tmp_path / 'split'}'",
        "DataReader: Memory",
        "Done.",
    ]
    assert lines[1] == [
        f"Loading the split saved in '{tmp_path / 'split'}'",
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
        loaded(DataSplitter_Holdout, some_dataset(), forbid_new_split=True)


def test_a_data_set_and_its_split_outlive_their_messages(break_console: Callable[[], None], tmp_path: Path) -> None:
    break_console()
    reader = SyntheticReader(data_folder=tmp_path, n_users=40, n_items=20, n_ratings=150)
    for _ in range(2):
        splitter = DataSplitter_Holdout(reader, [60, 20, 20])
        splitter.load_data()
        assert splitter.get_holdout_split()[0].nnz > 0


def test_a_split_that_cannot_be_saved_is_there_even_where_the_warning_is_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "a file"
    folder.touch()
    splitter = DataSplitter_Holdout(MemoryReader(by_hand()), [60, 20, 20], verbose=False)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="the split is not saved"):
            splitter.load_data(folder)
    assert splitter.get_holdout_split()[0].nnz == 12
