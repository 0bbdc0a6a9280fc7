"""A text of interactions is opened once to look at its first lines, and once to parse it."""

import gzip
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any

import pytest

from Data_manager import DataReader_utils
from Data_manager._ratings import files
from Data_manager._sources.zip_members import ZipMembers
from Data_manager.DataReader_utils import load_CSV_into_Dataframe
from Data_manager.interactions_reader import InteractionsReader
from Data_manager.reader_list import get_reader
from recsys_common.files import open_regular
from tests.data_manager.conftest import MakeZip

NAMED = "user,item,rating,time\na,x,3,2020-01-31\nb,y,4,2020-02-01\n"
BY_NAME, BY_POSITION = ("user", "item", "rating", "time"), (0, 1, 2, 3)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files that are opened, in order."""
    paths: list[Path] = []

    def open_and_note(path: Path) -> IO[bytes]:
        paths.append(path)
        return open_regular(path)

    for module in (files, DataReader_utils):
        monkeypatch.setattr(module, "open_regular", open_and_note)
    return paths


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("columns", [BY_NAME, BY_POSITION])
def test_own_ratings_are_opened_to_look_and_to_parse(
    columns: Any, suffix: str, opened: list[Path], tmp_path: Path
) -> None:
    text = (NAMED if columns == BY_NAME else NAMED.partition("\n")[2]).encode()
    path = tmp_path / f"ratings.csv{suffix}"
    path.write_bytes(gzip.compress(text) if suffix else text)
    dataset = InteractionsReader(path, columns, data_folder=tmp_path, verbose=False).load_data(False)
    assert opened == [path, path]
    assert dataset.get_URM_from_name("URM_timestamp").data.tolist() == [1580428800, 1580515200]


@pytest.mark.parametrize("header", [True, False])
def test_a_file_of_a_reader_of_ones_own_is_opened_to_look_and_to_parse(
    header: bool, opened: list[Path], tmp_path: Path
) -> None:
    path = tmp_path / "ratings"
    path.write_text("u::i::r\n" * header + "a::x::3\n", encoding="utf-8")
    assert len(load_CSV_into_Dataframe(path, header)) == 1
    assert opened == [path, path]


@pytest.mark.parametrize(("edition", "times"), [("ml-1m", 1), ("ml-10m", 1), ("ml-20m", 2)])
def test_ratings_of_movielens_are_opened_to_look_only_where_they_have_a_header(
    edition: str, times: int, make_zip: MakeZip, monkeypatch: pytest.MonkeyPatch
) -> None:
    members: list[str] = []
    original = ZipMembers.open

    def open_and_note(archive: ZipMembers, member: str) -> AbstractContextManager[IO[bytes]]:
        members.append(member)
        return original(archive, member)

    monkeypatch.setattr(ZipMembers, "open", open_and_note)
    get_reader(edition, make_zip(edition).parent, verbose=False).load_data(save_folder_path=False)
    assert sum("/ratings." in member for member in members) == times


def test_names_of_columns_may_be_those_that_the_parser_would_give_to_others(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text("a,b,note,skipped 2,gap 1\n1,2,x,3,y\n", encoding="utf-8")
    dataset = InteractionsReader(path, ("a", "b", "skipped 2"), data_folder=tmp_path, verbose=False).load_data(False)
    assert dataset.get_URM_all().toarray().tolist() == [[3.0]]
