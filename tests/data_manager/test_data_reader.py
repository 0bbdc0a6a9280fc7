"""Where a reader looks, what it caches, and what it says."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

import Data_manager._sources.download as download_module
from Data_manager import Movielens1MReader
from Data_manager._sources.download import RemoteFile
from Data_manager._storage.cache import MANIFEST
from Data_manager._storage.hashing import hash_file
from Data_manager.DataReader import DataReader
from Data_manager.Dataset import Dataset
from Data_manager.DatasetMapperManager import DatasetMapperManager
from Data_manager.reader_list import READERS, get_reader
from tests.data_manager.conftest import FileServer, MakeZip


class CountingReader(DataReader):
    """One user's ratings of three items; counts how often it is read."""

    DATASET_SUBFOLDER = "Counting/"
    n_reads = 0

    def _load_from_original_file(self) -> Dataset:
        self.n_reads += 1
        manager = DatasetMapperManager()
        manager.add_URM(pd.DataFrame({"UserID": [1, 1, 1], "ItemID": [5, 6, 7], "Data": [1.0, 2.0, 3.0]}), "URM_all")
        return manager.generate_Dataset(self.get_dataset_name(), self.IS_IMPLICIT)


def test_folder_is_the_argument_else_the_variable_else_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RECSYS_DATA_FOLDER")
    assert CountingReader().data_folder.absolute() == tmp_path / "Data_manager_split_datasets"
    monkeypatch.setenv("RECSYS_DATA_FOLDER", "")
    assert CountingReader().data_folder.absolute() == tmp_path / "Data_manager_split_datasets"
    monkeypatch.setenv("RECSYS_DATA_FOLDER", str(tmp_path / "variable"))
    assert CountingReader().data_folder == tmp_path / "variable"
    reader = CountingReader(data_folder=tmp_path / "argument")
    assert reader.data_folder == tmp_path / "argument"
    root, beside = reader.DATASET_SPLIT_ROOT_FOLDER, reader.DATASET_OFFLINE_ROOT_FOLDER
    assert root == f"{tmp_path.as_posix()}/argument/"
    assert beside == f"{tmp_path.as_posix()}/Data_manager_offline_datasets/"


def test_trailing_slash_makes_no_other_folder(tmp_path: Path) -> None:
    with_slash = CountingReader(data_folder=f"{tmp_path}/a/")
    assert with_slash.DATASET_SPLIT_ROOT_FOLDER == CountingReader(data_folder=f"{tmp_path}/a").DATASET_SPLIT_ROOT_FOLDER


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"data_folder": 3}, TypeError),
        ({"data_folder": ""}, ValueError),
        ({"reload_from_original_data": 1}, TypeError),
        ({"verbose": None}, TypeError),
    ],
)
def test_wrong_argument_is_named(arguments: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error, match=f"{next(iter(arguments))} must be"):
        CountingReader(**arguments)


def test_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match=r"data_folder must be a folder, got the file '.*file'"):
        CountingReader(data_folder=tmp_path / "file")


@pytest.mark.parametrize("path", [True, 3, b"", ""])
def test_wrong_save_folder_is_refused_before_reading(path: object, tmp_path: Path) -> None:
    reader = CountingReader(data_folder=tmp_path)
    with pytest.raises((TypeError, ValueError), match="save_folder_path must be"):
        reader.load_data(save_folder_path=path)
    assert reader.n_reads == 0


def test_names_come_from_the_class_and_are_copies() -> None:
    class NamingReader(CountingReader):
        AVAILABLE_ICM: ClassVar[list[str]] = ["ICM_b", "ICM_a"]
        AVAILABLE_UCM: ClassVar[list[str]] = ["UCM_x"]

    reader = NamingReader()
    assert reader.get_dataset_name() == "Counting"
    reader.get_loaded_ICM_names().append("other")
    assert reader.get_loaded_ICM_names() == ["ICM_b", "ICM_a"]
    assert reader.get_loaded_UCM_names() == ["UCM_x"]
    assert (DataReader.AVAILABLE_URM, DataReader.AVAILABLE_ICM, DataReader.AVAILABLE_UCM) == (["URM_all"], [], [])
    assert DataReader.DATASET_SUBFOLDER_ORIGINAL == "original/"


def test_second_load_finds_what_the_first_one_kept(tmp_path: Path) -> None:
    reader = CountingReader(data_folder=tmp_path)
    first = reader.load_data()
    assert (tmp_path / "Counting" / "original" / MANIFEST).is_file()
    second = reader.load_data()
    assert reader.n_reads == 1
    assert (first.get_URM_all() != second.get_URM_all()).nnz == 0
    assert first.get_item_original_ID_to_index_mapper() == second.get_item_original_ID_to_index_mapper()


def test_reload_reads_the_original_again_and_replaces_what_was_kept(tmp_path: Path) -> None:
    CountingReader(data_folder=tmp_path).load_data()
    manifest = tmp_path / "Counting" / "original" / MANIFEST
    before = manifest.stat().st_mtime_ns
    reader = CountingReader(True, data_folder=tmp_path)
    reader.load_data()
    assert reader.n_reads == 1
    assert manifest.stat().st_mtime_ns > before


def test_string_is_the_folder_to_keep_in(tmp_path: Path) -> None:
    reader = CountingReader(data_folder=tmp_path / "data")
    reader.load_data(f"{tmp_path}/elsewhere/")
    reader.load_data(f"{tmp_path}/elsewhere")
    assert reader.n_reads == 1
    assert (tmp_path / "elsewhere" / MANIFEST).is_file()
    assert not (tmp_path / "data").exists()


def test_false_neither_reads_nor_writes(tmp_path: Path) -> None:
    reader = CountingReader(data_folder=tmp_path)
    reader.load_data(save_folder_path=False)
    assert list(tmp_path.iterdir()) == []
    reader.load_data()
    reader.load_data(save_folder_path=False)
    assert reader.n_reads == 3


def test_archives_without_a_matrix_that_the_reader_provides_are_made_anew(tmp_path: Path) -> None:
    """As of an older version of the reader, or of the host's, whose MovieLens 100K has no features."""

    class RicherReader(CountingReader):
        AVAILABLE_URM: ClassVar[list[str]] = ["URM_all", "URM_timestamp"]

        def _load_from_original_file(self) -> Dataset:
            poorer = super()._load_from_original_file()
            URM_all = poorer.get_URM_all()
            return Dataset(self.get_dataset_name(), {"URM_all": URM_all, "URM_timestamp": URM_all})

    folder = tmp_path / "Counting" / "original"
    CountingReader(data_folder=tmp_path).load_data(save_folder_path=False).save_data(folder)
    reader = RicherReader(data_folder=tmp_path)
    with pytest.warns(UserWarning, match=r"cannot be used and is made anew.* it lacks URM_timestamp"):
        dataset = reader.load_data()
    assert dataset.get_loaded_URM_names() == ["URM_all", "URM_timestamp"]
    assert reader.load_data().get_loaded_URM_names() == ["URM_all", "URM_timestamp"]
    assert reader.n_reads == 1


def test_folder_of_another_data_set_is_refused_and_left_alone(tmp_path: Path) -> None:
    class OtherReader(CountingReader):
        DATASET_SUBFOLDER = "Other/"

    CountingReader(data_folder=tmp_path).load_data(tmp_path / "cache")
    with pytest.raises(ValueError, match=r"holds Other or no data set.*which holds Counting"):
        OtherReader(data_folder=tmp_path).load_data(tmp_path / "cache")
    assert CountingReader(data_folder=tmp_path).load_data(tmp_path / "cache").get_dataset_name() == "Counting"


def test_folder_that_cannot_be_written_means_no_cache_and_one_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file is no folder, for root either", encoding="utf-8")
    reader = CountingReader(data_folder=tmp_path / "file" / "below")
    with pytest.warns(UserWarning) as caught:
        dataset = reader.load_data()
    assert len(caught) == 1
    assert "cannot be written" in str(caught[0].message)
    assert dataset.get_URM_all().nnz == 3


def test_messages_of_a_first_and_a_second_load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reader = CountingReader(data_folder=tmp_path)
    folder = tmp_path / "Counting" / "original"
    reader.load_data()
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Counting: ")]
    assert [line.removeprefix("Counting: ") for line in lines] == [
        "Preloaded data not found, reading from original files...",
        "Loading original data",
        "Verifying data consistency...",
        "Verifying data consistency... Passed!",
        f"Creating folder '{folder}'",
        "Saving complete!",
    ]
    reader.load_data()
    output = capsys.readouterr().out
    assert "Verifying data consistency... Passed!" in output
    assert "Loading original data" not in output
    assert "DataReader: current dataset is: Counting" in output
    CountingReader(True, data_folder=tmp_path).load_data()
    output = capsys.readouterr().out
    assert "reload_from_original_data is True, previously loaded data will be ignored" in output
    assert f"Found already existing folder '{folder}'" in output


def test_quiet_reader_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for _ in range(2):
        CountingReader(data_folder=tmp_path, verbose=False).load_data()
    CountingReader(True, data_folder=tmp_path, verbose=False).load_data()
    assert capfd.readouterr() == ("", "")


def _served_reader(server: FileServer, zip_path: Path, **arguments: object) -> DataReader:
    server.body = zip_path.read_bytes()

    class ServedReader(Movielens1MReader):
        ZIP = RemoteFile(f"{server.url}/served.zip", hash_file(zip_path, "md5"))

    return ServedReader(verbose=False, **arguments)


def test_missing_zip_is_downloaded_once_into_the_data_set_s_folder(
    file_server: FileServer, make_zip: MakeZip, tmp_path: Path
) -> None:
    reader = _served_reader(file_server, make_zip("ml-1m"), data_folder=tmp_path / "data")
    assert reader.load_data().get_URM_all().nnz == 5
    assert (tmp_path / "data" / "Movielens1M" / "served.zip").is_file()
    reader.load_data(save_folder_path=False)
    assert file_server.requests == ["/served.zip"]


def test_reader_asks_the_users_own_mirror_first(
    file_server: FileServer, make_zip: MakeZip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = _served_reader(file_server, make_zip("ml-1m"), data_folder=tmp_path / "data")
    monkeypatch.setenv("RECSYS_DATA_MIRROR", f"{file_server.url}/own/")
    assert reader.load_data().get_URM_all().nnz == 5
    assert file_server.requests == ["/own/served.zip"]


def test_download_works_where_nothing_can_be_written_with_one_warning(
    file_server: FileServer, make_zip: MakeZip, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    reader = _served_reader(file_server, make_zip("ml-1m"), data_folder=tmp_path / "file" / "below")
    with pytest.warns(UserWarning) as caught:
        assert reader.load_data().get_URM_all().nnz == 5
    assert len(caught) == 1


def test_failed_download_leaves_neither_cache_nor_zip(
    file_server: FileServer, make_zip: MakeZip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download_module, "N_RETRIES", 0)
    file_server.n_failures = 1
    reader = _served_reader(file_server, make_zip("ml-1m"), data_folder=tmp_path / "data")
    with pytest.raises(ConnectionError, match="put it, still zipped, in one of these places") as caught:
        reader.load_data()
    assert str(tmp_path / "data" / "Movielens1M" / "served.zip") in str(caught.value)
    assert [path for path in (tmp_path / "data").rglob("*") if path.is_file()] == []


def test_zip_by_hand_is_used_whatever_its_hash_with_one_notice(
    make_zip: MakeZip, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_zip("ml-1m")
    assert Movielens1MReader(data_folder=tmp_path).load_data().get_URM_all().nnz == 5
    assert capsys.readouterr().out.count("MD5") == 1
    (tmp_path / "Movielens1M" / "ml-1m.zip").write_bytes((tmp_path / "ml-1m.zip").read_bytes())
    (tmp_path / "ml-1m.zip").unlink()
    assert Movielens1MReader(True, data_folder=tmp_path).load_data().get_URM_all().nnz == 5


def test_misspelt_data_set_lists_the_valid_ones() -> None:
    with pytest.raises(ValueError, match="dataset must be one of") as caught:
        get_reader("ml-100")
    names = ["synthetic", "ml-100k", "ml-1m", "ml-10m", "ml-20m", "ml-25m", "ml-32m"]
    names += ["ml-latest-small", "ml-latest", "hetrec2011"]
    for name in names:
        assert repr(name) in str(caught.value)
    assert list(READERS) == names


def test_reader_by_name_gets_the_folder(tmp_path: Path) -> None:
    for name, reader_class in READERS.items():
        reader = get_reader(name, tmp_path, verbose=False)
        assert type(reader) is reader_class
        assert reader.data_folder == tmp_path
        assert reader.verbose is False


def test_importing_the_package_loads_no_reader_and_reads_no_environment() -> None:
    program = """
import sys, Data_manager
assert "Movielens32MReader" in dir(Data_manager)
loaded = sorted(name for name in sys.modules if name.startswith("Data_manager") or name in ("pandas", "pyarrow"))
print(loaded)
first = Data_manager.SyntheticReader
import Data_manager.reader_list
print(first is Data_manager.SyntheticReader, first.__name__)
"""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "['Data_manager']\nTrue SyntheticReader\n"


def test_package_exports_every_reader_and_nothing_unknown() -> None:
    import Data_manager

    for name in Data_manager.__all__:
        assert getattr(Data_manager, name).__name__ == name
    with pytest.raises(AttributeError, match="Movielens5MReader"):
        Data_manager.Movielens5MReader  # noqa: B018


def test_reader_without_the_method_says_what_to_define(tmp_path: Path) -> None:
    with pytest.raises(NotImplementedError, match="_load_from_original_file"):
        DataReader(data_folder=tmp_path, verbose=False).load_data(save_folder_path=False)


def test_movielens_100k_as_published(movielens_folder: Path, tmp_path: Path) -> None:
    shutil.copy(movielens_folder / "ml-100k.zip", tmp_path)
    dataset = get_reader("ml-100k", tmp_path, verbose=False).load_data()
    URM = dataset.get_URM_all()
    assert URM.shape == (943, 1682)
    assert URM.nnz == 100_000
    assert np.array_equal(np.unique(URM.data), [1, 2, 3, 4, 5])
    # u.info has the counts of users, items and ratings; README has no others, so the genres are counted here
    assert dataset.get_ICM_from_name("ICM_genres").shape == (1682, 19)
    assert dataset.get_ICM_from_name("ICM_year").nnz == 1680
    assert dataset.get_loaded_UCM_dict()["UCM_all"].nnz == 4 * 943
