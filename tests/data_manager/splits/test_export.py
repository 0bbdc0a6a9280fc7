"""The text files of a split: read back, they are the split."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sps

from Data_manager._splits import export as module
from Data_manager.Dataset import Dataset
from Data_manager.DataSplitter import DataSplitter
from Data_manager.DataSplitter_Holdout import DataSplitter_Holdout
from Data_manager.DataSplitter_leave_k_out import DataSplitter_leave_k_out
from Data_manager.interactions_reader import InteractionsReader
from tests.reference.data_splitters import MemoryReader, cells_by_id, dataset_by_id, some_dataset, split_by_id

FILES = {
    "csv": {"URM_train": "train.csv", "URM_validation": "validation.csv", "URM_test": "test.csv"},
    "recbole": {
        "URM_train": "Memory.train.inter",
        "URM_validation": "Memory.valid.inter",
        "URM_test": "Memory.test.inter",
    },
}
COLUMNS = {
    "csv": ["user", "item", "rating", "timestamp"],
    "recbole": ["user_id:token", "item_id:token", "rating:float", "timestamp:float"],
}
SEPARATOR = {"csv": ",", "recbole": "\t"}
every_format = pytest.mark.parametrize("format", FILES)


def loaded(dataset: Dataset | None = None, make: Any = DataSplitter_Holdout, **more: Any) -> DataSplitter:
    splitter = make(MemoryReader(dataset or some_dataset()), verbose=False, random_seed=1, **more)
    splitter.load_data(save_folder_path=False)
    return splitter


def read(path: Path, format: str) -> pd.DataFrame:
    return pd.read_csv(path, sep=SEPARATOR[format], dtype={0: str, 1: str}, keep_default_na=False)


def renamed(users: dict[int, str] | None = None, items: dict[int, str] | None = None, **changes: Any) -> Dataset:
    """With other ids in some places."""
    user_ids = {index: f"u{index}" for index in range(30)} | (users or {})
    item_ids = {index: f"i{index}" for index in range(20)} | (items or {})
    return some_dataset(
        user_original_ID_to_index={user: index for index, user in user_ids.items()},
        item_original_ID_to_index={item: index for index, item in item_ids.items()},
        **changes,
    )


@every_format
@pytest.mark.parametrize("with_times", [True, False])
def test_files_hold_the_parts_with_original_ids(format: str, with_times: bool, tmp_path: Path) -> None:
    dataset = some_dataset(with_times=with_times)
    splitter = loaded(dataset)
    splitter.export_split(tmp_path / "new" / "folder", format)
    folder = tmp_path / "new" / "folder"
    assert {path.name for path in folder.iterdir()} == set(FILES[format].values())
    times = {cell[:2]: cell[2] for cell in dataset_by_id(dataset, "URM_timestamp")} if with_times else {}
    for part, cells in split_by_id(splitter).items():
        frame = read(folder / FILES[format][part], format)
        assert list(frame.columns) == COLUMNS[format][: 4 if with_times else 3]
        assert set(frame.iloc[:, :3].itertuples(index=False, name=None)) == cells
        assert len(frame) == len(cells)
        if with_times:
            assert frame.iloc[:, 3].tolist() == [times[user, item] for user, item in frame.iloc[:, :2].values.tolist()]


def test_lines_by_hand(tmp_path: Path) -> None:
    URM_all = sps.csr_matrix([[5.0, 3.5, 0.1 + 0.2], [0, 0, 1]])
    URM_timestamp = sps.csr_matrix([[978300760.0, 0, 10**10], [0, 0, 978300762]])
    dataset = Dataset(
        "Memory",
        {"URM_all": URM_all, "URM_timestamp": URM_timestamp},
        user_original_ID_to_index={"7": 0, "3": 1},
        item_original_ID_to_index={"a": 0, "b": 1, "c": 2},
    )
    splitter = loaded(dataset, DataSplitter_leave_k_out, leave_random_out=False, use_validation_set=False)
    splitter.export_split(tmp_path)
    assert (tmp_path / "train.csv").read_bytes() == b"user,item,rating,timestamp\n7,a,5,978300760\n7,b,3.5,0\n"
    assert (tmp_path / "test.csv").read_bytes() == b"user,item,rating,timestamp\n7,c,0.30000000000000004,10000000000\n"
    splitter.export_split(tmp_path, "recbole")
    assert (tmp_path / "Memory.train.inter").read_bytes() == (
        b"user_id:token\titem_id:token\trating:float\ttimestamp:float\n7\ta\t5\t978300760\n7\tb\t3.5\t0\n"
    )


ODD_IDS = {
    0: "a,b",
    1: 'say "x"',
    2: "two\nlines",
    3: " space ",
    4: "été",
    5: "",
    6: "007",
    7: "NA",
    8: "tab\t",
    9: "\r",
}


@pytest.mark.parametrize("ids", [{"users": ODD_IDS}, {"items": ODD_IDS}])
def test_ids_of_any_text_come_back(ids: dict[str, Any], tmp_path: Path) -> None:
    splitter = loaded(renamed(**ids), allow_cold_users=True)
    splitter.export_split(tmp_path)
    for part, cells in split_by_id(splitter).items():
        with (tmp_path / FILES["csv"][part]).open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))[1:]
        assert {(user, item, float(rating)) for user, item, rating, _ in rows} == cells


def test_plain_ids_are_not_quoted(tmp_path: Path) -> None:
    loaded(renamed()).export_split(tmp_path)
    assert b'"' not in (tmp_path / "train.csv").read_bytes()


@every_format
def test_matrices_read_back_through_pandas_are_the_same(format: str, tmp_path: Path) -> None:
    splitter = loaded()
    splitter.export_split(tmp_path, format)
    users = pd.Index(splitter.SPLIT_GLOBAL_MAPPER_DICT["user_original_ID_to_index"])
    items = pd.Index(splitter.SPLIT_GLOBAL_MAPPER_DICT["item_original_ID_to_index"])
    for part, URM in splitter.SPLIT_URM_DICT.items():
        frame = read(tmp_path / FILES[format][part], format)
        places = users.get_indexer(frame.iloc[:, 0]), items.get_indexer(frame.iloc[:, 1])
        again = sps.csr_matrix((frame.iloc[:, 2].to_numpy(float), places), shape=URM.shape)
        assert (again != URM).nnz == 0 and again.nnz == URM.nnz


def test_the_reader_of_one_s_own_files_reads_an_export(tmp_path: Path) -> None:
    splitter = loaded(renamed(users={0: "a,b"}))
    splitter.export_split(tmp_path)
    dataset = InteractionsReader(tmp_path / "train.csv", data_folder=tmp_path, verbose=False).load_data()
    assert cells_by_id(dataset.get_URM_all(), dataset.get_global_mapper_dict()) == split_by_id(splitter)["URM_train"]


@every_format
def test_large_exports_are_written_in_pieces_without_a_seam(
    format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    splitter = loaded()
    splitter.export_split(tmp_path / "whole", format)
    monkeypatch.setattr(module, "_ROWS_PER_CHUNK", 7)
    splitter.export_split(tmp_path / "pieces", format)
    for name in FILES[format].values():
        assert (tmp_path / "pieces" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


@every_format
def test_without_a_validation_set_there_is_no_file_of_it(format: str, tmp_path: Path) -> None:
    for folder, splitter in (
        ("quota", loaded(split_interaction_quota_list=[80, 0, 20])),
        ("leave out", loaded(make=DataSplitter_leave_k_out, use_validation_set=False)),
    ):
        splitter.export_split(tmp_path / folder, format)
        files = FILES[format]
        assert {path.name for path in (tmp_path / folder).iterdir()} == {files["URM_train"], files["URM_test"]}


@every_format
def test_a_validation_file_of_another_export_is_not_left_beside_this_one(format: str, tmp_path: Path) -> None:
    loaded().export_split(tmp_path, format)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with pytest.raises(ValueError, match=f"folder must be without '{FILES[format]['URM_validation']}'"):
        loaded(split_interaction_quota_list=[80, 0, 20]).export_split(tmp_path, format)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_an_export_replaces_an_earlier_one(tmp_path: Path) -> None:
    loaded().export_split(tmp_path)
    other = loaded(some_dataset(seed=1))
    other.export_split(f"{tmp_path}/")
    rows = read(tmp_path / "train.csv", "csv").iloc[:, :3].itertuples(index=False, name=None)
    assert set(rows) == split_by_id(other)["URM_train"]


@pytest.mark.parametrize("odd", ["tab\tin it", 'quo"te', "line\nbreak", "return\r", ""])
@pytest.mark.parametrize("kind", ["users", "items"])
def test_recbole_refuses_ids_that_its_files_cannot_hold(odd: str, kind: str, tmp_path: Path) -> None:
    splitter = loaded(renamed(**{kind: {0: odd}}))
    with pytest.raises(ValueError, match=f"format must be 'csv' for {kind[:-1]} ids that are empty or have"):
        splitter.export_split(tmp_path / "export", "recbole")
    assert not (tmp_path / "export").exists()
    loaded(renamed(**{kind: {0: "comma, space"}})).export_split(tmp_path / "export", "recbole")


def test_an_error_in_the_last_file_leaves_all_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded().export_split(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write, n_calls = module._write, []

    def fail_at_the_third(*arguments: Any) -> None:
        n_calls.append(1)
        if len(n_calls) == 3:
            raise OSError("disk full")
        write(*arguments)

    monkeypatch.setattr(module, "_write", fail_at_the_third)
    with pytest.raises(OSError, match="disk full"):
        loaded(some_dataset(seed=1)).export_split(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    ("error", "arguments", "message"),
    [
        (ValueError, ("folder", "parquet"), "format must be one of 'csv', 'recbole', got 'parquet'"),
        (TypeError, ("folder", None), "format must be one of"),
        (TypeError, (3,), "folder must be the path"),
        (ValueError, ("",), "folder must be the path"),
    ],
)
def test_bad_arguments_are_refused(error: type[Exception], arguments: tuple, message: str) -> None:
    with pytest.raises(error, match=message):
        loaded().export_split(*arguments)


def test_a_split_that_is_not_loaded_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="load_data of a DataSplitter_Holdout must be called"):
        DataSplitter_Holdout(MemoryReader(some_dataset())).export_split(tmp_path / "export")
    assert not (tmp_path / "export").exists()


def test_the_split_is_not_changed(tmp_path: Path) -> None:
    splitter = loaded()
    before = [URM.copy() for URM in splitter.get_holdout_split()]
    splitter.export_split(tmp_path)
    for URM, old in zip(splitter.get_holdout_split(), before):
        np.testing.assert_array_equal(URM.toarray(), old.toarray())
