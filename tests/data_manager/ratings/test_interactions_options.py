"""The options of a reader of a user's own ratings, and what it keeps and uses again."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from Data_manager.interactions_reader import InteractionsReader

TEXT = "user,item,rating,time\na,x,3,1\na,x,1,0\nb,x,0.5,7\n"


@pytest.fixture
def ratings(tmp_path: Path) -> Path:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "a.csv").write_text(TEXT, encoding="utf-8")
    (folder / "b.csv").write_text("user,item,rating,time\nc,y,2,4\n", encoding="utf-8")
    return folder


def read(ratings: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], **options: Any) -> tuple[Any, bool]:
    """URM_all as lists, and whether it came from what is kept."""
    capsys.readouterr()
    dataset = InteractionsReader(ratings, data_folder=tmp_path / "kept", **options).load_data()
    return dataset.get_URM_all().toarray().tolist(), "Loading original data" not in capsys.readouterr().out


OPTIONS: list[dict[str, Any]] = [
    {},
    {"duplicates": "sum"},
    {"duplicates": "mean"},
    {"minimum_value": 1.0},
    {"implicit": True},
    {"pattern": "a.*"},
    {"columns": ("user", "item", "time")},
    {"columns": (0, 1, 2), "header": True},
    {"columns": ("user", "item", "rating", "time")},
    {"separator": ","},
    {"encoding": "latin-1"},
]


@pytest.mark.parametrize("options", OPTIONS[1:], ids=str)
def test_other_options_do_not_find_what_these_have_kept(
    options: dict[str, Any], ratings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = read(ratings, tmp_path, capsys)
    assert first == ([[1.0, 0.0], [0.5, 0.0], [0.0, 2.0]], False)
    assert read(ratings, tmp_path, capsys) == (first[0], True)
    other = read(ratings, tmp_path, capsys, **options)
    assert not other[1]
    assert (
        other[0]
        == InteractionsReader(ratings, verbose=False, **options).load_data(False).get_URM_all().toarray().tolist()
    )
    assert read(ratings, tmp_path, capsys, **options) == (other[0], True)


def test_a_further_file_in_the_folder_is_read(
    ratings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    read(ratings, tmp_path, capsys)
    (ratings / "c.csv").write_text("user,item,rating\na,y,5\n", encoding="utf-8")
    assert read(ratings, tmp_path, capsys) == ([[1.0, 5.0], [0.5, 0.0], [0.0, 2.0]], False)


def test_data_frames_and_what_follows_a_previous_data_set_are_not_kept(
    ratings: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = pd.DataFrame({"user": [1], "item": [2], "rating": [3.0]})
    previous = InteractionsReader(frame, verbose=False).load_data()
    for _ in range(2):
        assert not read(frame, tmp_path, capsys)[1]
        assert not read(ratings, tmp_path, capsys, previous=previous)[1]
    assert not (tmp_path / "kept").exists()


def test_kept_ids_are_those_of_the_files(tmp_path: Path) -> None:
    path = tmp_path / "numbers.parquet"
    pd.DataFrame({"user": [70, 5], "item": ["x", "é"], "rating": [1.0, 2.0]}).to_parquet(path)
    for _ in range(2):
        dataset = InteractionsReader(path, data_folder=tmp_path / "kept", verbose=False).load_data()
        assert dataset.get_user_original_IDs().dtype == np.int64
        assert dataset.get_user_original_IDs().tolist() == [70, 5]
        assert dataset.get_item_original_IDs().tolist() == ["x", "é"]


def test_no_dictionary_of_ids_is_built_by_reading(tmp_path: Path) -> None:
    frame = pd.DataFrame({"user": [70, 5], "item": ["x", "é"], "rating": [1.0, 2.0]})
    dataset = InteractionsReader(frame, verbose=False).load_data()
    assert dataset.user_original_ID_to_index._mapper is None
    assert dataset.item_original_ID_to_index._mapper is None


@pytest.mark.parametrize("encoding", ["rot13", "base64", "idna", "no such", "utf\0"])
def test_what_is_no_encoding_of_text_is_refused(encoding: str, ratings: Path) -> None:
    with pytest.raises(ValueError, match=r"^encoding must be the name of a text encoding, got "):
        InteractionsReader(ratings, encoding=encoding)


def test_genres_beside_the_ratings_are_not_mistaken_for_columns(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text("1,2,3.5,Action|Comedy|Drama\n", encoding="utf-8")
    dataset = InteractionsReader(path, (0, 1, 2), verbose=False).load_data(save_folder_path=False)
    assert dataset.get_item_original_ID_to_index_mapper() == {"2": 0}
    assert dataset.get_URM_all().toarray().tolist() == [[3.5]]


def test_integers_that_float64_rounds_are_rounded(tmp_path: Path) -> None:
    path = tmp_path / "ratings.parquet"
    pd.DataFrame({"user": [1], "item": [2], "rating": [2**62 + 1], "time": [2**53 + 1]}).to_parquet(path)
    reader = InteractionsReader(path, ("user", "item", "rating", "time"), verbose=False)
    dataset = reader.load_data(save_folder_path=False)
    assert dataset.get_URM_all().toarray().tolist() == [[2.0**62]]
    assert dataset.get_URM_from_name("URM_timestamp").toarray().tolist() == [[2.0**53]]


def test_positions_need_no_distinct_names(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text("id,id,,id\n1,2,3,4\n", encoding="utf-8")
    dataset = InteractionsReader(path, (0, 1, 2, 3), header=True, verbose=False).load_data(save_folder_path=False)
    assert dataset.get_URM_all().toarray().tolist() == [[3.0]]


def test_positions_need_no_names_in_the_encoding_of_the_text(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_bytes("utilisat\u00e9,item,rating\na,b,3\n".encode("latin-1"))
    reader = InteractionsReader(path, (0, 1, 2), header=True, data_folder=tmp_path, verbose=False)
    assert reader.load_data(False).get_URM_all().toarray().tolist() == [[3.0]]


def test_an_odd_quote_inside_a_field_is_text(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text('user,item,rating\na,5" pipe,3\nb,"x\n""y""",4\n', encoding="utf-8")
    dataset = InteractionsReader(path, verbose=False).load_data(save_folder_path=False)
    assert list(dataset.get_item_original_ID_to_index_mapper()) == ['5" pipe', 'x\n"y"']
