"""A user's own file of ratings."""

from pathlib import Path

import pandas as pd
import pytest

from Data_manager.interactions_reader import InteractionsReader

ROWS = [("ann", "x 1", "4"), ("bob", "x 1", "2.5"), ("ann", "007", "5e-1")]


def triples(reader: InteractionsReader) -> dict[tuple[str, str], float]:
    dataset = reader.load_data()
    users = {index: name for name, index in dataset.get_user_original_ID_to_index_mapper().items()}
    items = {index: name for name, index in dataset.get_item_original_ID_to_index_mapper().items()}
    URM = dataset.get_URM_all().tocoo()
    return {(users[u], items[i]): r for u, i, r in zip(URM.row, URM.col, URM.data)}


EXPECTED = {("ann", "x 1"): 4.0, ("bob", "x 1"): 2.5, ("ann", "007"): 0.5}


@pytest.mark.parametrize("separator", ["::", "\t", ",", ";", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("guess", [True, False])
def test_every_separator_is_read_by_name_and_by_position(separator: str, end: str, guess: bool, tmp_path: Path) -> None:
    lines = [separator.join((rating, user, "not used", item)) for user, item, rating in ROWS]
    given = None if guess else separator
    by_name, by_position = tmp_path / "named.csv", tmp_path / "bare.csv"
    header = separator.join(("rating", "user", "more", "item"))
    by_name.write_bytes(end.join([header, *lines, ""]).encode())
    by_position.write_bytes(end.join(lines).encode())
    assert triples(InteractionsReader(by_name, separator=given, verbose=False)) == EXPECTED
    assert triples(InteractionsReader(by_position, (1, 3, 0), separator=given, verbose=False)) == EXPECTED


def test_ids_are_text_as_it_stands(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text('user,item,rating\n007,"a, ""b""",3\n7,NaN,4\nNA,é,5\n', encoding="utf-8-sig")
    assert triples(InteractionsReader(str(path), verbose=False)) == {
        ("007", 'a, "b"'): 3.0,
        ("7", "NaN"): 4.0,
        ("NA", "é"): 5.0,
    }


def test_last_of_repeated_ratings_holds_and_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("user,item,rating\na,x,3\nb,x,1\na,x,5\n", encoding="utf-8")
    assert triples(InteractionsReader(path)) == {("a", "x"): 5.0, ("b", "x"): 1.0}
    output = capsys.readouterr().out
    assert "mine: 1 interactions repeat a user and an item: the last holds" in output
    assert "current dataset is: mine" in output


def test_changed_file_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    for rating in (3.0, 4.0):
        path.write_text(f"user,item,rating\na,x,{rating}\n", encoding="utf-8")
        assert triples(InteractionsReader(path, data_folder=tmp_path, verbose=False)) == {("a", "x"): rating}


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("user,item,rating\na,x,3\nb,x\n", 3, "3 fields expected, 2 found"),
        ("user,item,rating\na,x,3\n\nb,x,many\n", 4, "rating is not a finite number"),
        ("user,item,rating\na,x,nan\n", 2, "rating is not a finite number"),
        ("user,item,rating\na,x,\n", 2, "rating is not a finite number"),
        ("user,item,rating\na,x,1\n,x,1\n", 3, "user is empty"),
        ('user,item,rating\na,"two\nlines",1\nb,x,?\n', 4, "rating is not a finite number"),
        ("user::item::rating\na::x::3\nb:c::x::3\n", 3, "':' inside a field"),
    ],
)
def test_broken_line_is_named_with_file_and_number(text: str, line: int, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=f"line {line} is broken.*{reason}") as caught:
        InteractionsReader(path, verbose=False).load_data()
    assert str(path) in str(caught.value)


def test_bytes_that_are_no_text_are_named(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_bytes(b"user,item,rating\na,x,3\n\xff,x,3\n")
    with pytest.raises(ValueError, match=r"line 3 is broken \(its bytes"):
        InteractionsReader(path, verbose=False).load_data()


NOT_THE_COLUMNS = ["", "\n", "user,item,rating\n", "userId,item,rating\na,x,3\n", "user,user,item,rating\n"]


@pytest.mark.parametrize("text", NOT_THE_COLUMNS)
def test_file_without_the_columns_or_lines_is_an_error_that_names_it(text: str, tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"ratings\.csv"):
        InteractionsReader(path, verbose=False).load_data()


@pytest.mark.parametrize(
    ("columns", "error"),
    [
        ("user,item,rating", TypeError),
        (("user",), ValueError),
        (("user", "item", "rating", "time", "more"), ValueError),
        (("user", "user", "rating"), ValueError),
        (("user", 1, 2), TypeError),
        ((0, 1, -2), ValueError),
        ((0, 1, 2.0), TypeError),
        (None, TypeError),
    ],
)
def test_wrong_columns_are_refused(columns: object, error: type[Exception], tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text("user,item,rating\na,x,3\n", encoding="utf-8")
    with pytest.raises(error, match="columns must be"):
        InteractionsReader(path, columns)


@pytest.mark.parametrize("ratings_file", [3, None, ""])
def test_what_is_no_path_of_a_file_is_refused(ratings_file: object) -> None:
    with pytest.raises((TypeError, ValueError), match=r"^ratings must be the path of a file or folder, got "):
        InteractionsReader(ratings_file)


def test_missing_file_and_unknown_separator_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="ratings must be an existing file or folder"):
        InteractionsReader(tmp_path / "none.csv")
    path = tmp_path / "ratings.csv"
    path.write_text("user item rating\n", encoding="utf-8")
    with pytest.raises(ValueError, match="separator must be one of"):
        InteractionsReader(path, separator=" ")


def test_ratings_of_zero_are_left_out_with_a_notice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "ratings.csv"
    file.write_text("user,item,rating\na,x,0\na,y,3\nb,x,0.0\n", encoding="utf-8")
    assert InteractionsReader(file).load_data().get_URM_all().nnz == 1
    assert "Left out 2 ratings of 0" in capsys.readouterr().out


def test_a_missing_header_and_a_decimal_comma_are_hinted_at(tmp_path: Path) -> None:
    file = tmp_path / "ratings.csv"
    file.write_text("1;2;3,5\n", encoding="utf-8")
    with pytest.raises(ValueError, match="without a header has positions, such as 0,1,2"):
        InteractionsReader(file).load_data()
    with pytest.raises(ValueError, match="decimal comma"):
        InteractionsReader(file, columns=(0, 1, 2), separator=";").load_data()


def test_a_data_folder_below_the_folder_that_is_read_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ratings.csv").write_text("user,item,rating\na,x,3\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        reader = InteractionsReader(".", data_folder="Data_manager_split_datasets", verbose=False)
        dataset = reader.load_data()
        dataset.save_data(tmp_path / "Data_manager_split_datasets" / "mine")
        assert dataset.get_URM_all().nnz == 1


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "a\\b", "c:"])
def test_name_that_is_no_folder_is_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.write_text("user,item,rating\na,x,3\n", encoding="utf-8")
    with pytest.raises(ValueError, match="dataset_name must be the name of a folder"):
        InteractionsReader(path, dataset_name=name)


@pytest.mark.parametrize("suffix", [".xlsx", ".XLS", ".json", ".feather"])
def test_files_of_other_programs_are_refused_with_what_reads_them(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"ratings{suffix}"
    path.touch()
    with pytest.raises(
        ValueError, match=r"must be text or Parquet, got .*ratings.*; give the data frame that pandas\.read_\w+ makes"
    ):
        InteractionsReader(path)


def test_empty_id_of_a_frame_is_refused_as_in_a_text() -> None:
    frame = pd.DataFrame({"user": ["a", ""], "item": [1, 2], "rating": [3.0, 4.0]})
    with pytest.raises(ValueError, match="column 'user' must hold an id in every row, got an empty text"):
        InteractionsReader(frame, verbose=False).load_data()
