"""Text files of interactions: against a line at a time, in every layout, and what is refused."""

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from Data_manager.DataReader_utils import (
    load_CSV_into_Dataframe,
    load_CSV_into_SparseBuilder,
    remove_Dataframe_duplicates,
)
from tests.reference.data_csv import Line, cells_of, without_repeated

LINES: list[Line] = [("7", "a b", 4.0, 100.0), ("3", "c", 0.5, 101.0), ("7", "c", -2.0, 99.0)]

lines_strategy = st.lists(
    st.tuples(
        st.sampled_from(["u1", "u2", "3"]),
        st.sampled_from(["a", "ß", "07", "7"]),
        st.sampled_from([1.0, 2.5, -1.0]),
        st.sampled_from([10.0, 20.0, 30.5]),
    ),
    min_size=1,
    max_size=12,
)


def write(path: Path, lines: list[Line], separator: str = "::", header: str = "") -> Path:
    text = "".join(separator.join(map(str, line)) + "\n" for line in lines)
    path.write_text(header + text, encoding="utf-8")
    return path


@settings(max_examples=60, deadline=None)
@given(lines_strategy, st.booleans(), st.sampled_from(["::", "\t", ",", ";"]))
def test_matrices_and_mappers_are_those_of_a_line_at_a_time(lines: list[Line], timestamp: bool, separator: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "ratings", lines, separator)
        result = load_CSV_into_SparseBuilder(path, False, separator, timestamp, remove_duplicates=True)
        frame = load_CSV_into_Dataframe(path, False, separator, timestamp, remove_duplicates=True)
    expected_lines = without_repeated(lines, by_time=timestamp)
    users: dict[str, int] = {}
    items: dict[str, int] = {}
    expected = [cells_of(expected_lines, column, users, items) for column in ((2, 3) if timestamp else (2,))]
    *matrices, item_mapper, user_mapper = result
    assert [matrix.toarray().tolist() for matrix in matrices] == expected
    assert all(matrix.format == "csr" and matrix.dtype == np.float64 for matrix in matrices)
    assert (user_mapper, item_mapper) == (users, items)
    assert list(frame.itertuples(index=False, name=None)) == [line[: 4 if timestamp else 3] for line in expected_lines]
    assert frame.index.tolist() == list(range(len(expected_lines)))


def test_frame_has_text_ids_and_float_values(tmp_path: Path) -> None:
    frame = load_CSV_into_Dataframe(write(tmp_path / "x", LINES), timestamp=True)
    assert frame.columns.tolist() == ["UserID", "ItemID", "interaction", "timestamp"]
    assert frame["UserID"].tolist() == ["7", "3", "7"] and frame["ItemID"].tolist() == ["a b", "c", "c"]
    assert frame["interaction"].dtype == frame["timestamp"].dtype == np.float64
    assert load_CSV_into_Dataframe(str(tmp_path / "x")).columns.tolist() == ["UserID", "ItemID", "interaction"]


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("user,item,rating,when\n7,a,4,1\n", {"header": True, "separator": ","}),
        ("when,user,rating,item\n1,7,4,a\n", {"header": True, "separator": ",", "columns": ["user", "item", "rating"]}),
        ("when,user,rating,item\n1,7,4,a\n", {"header": True, "separator": ",", "columns": [1, 3, 2]}),
        ("1\t7\t4\ta\n", {"separator": "\t", "columns": (1, 3, 2)}),
        ("1::7::4::a\n", {"columns": [1, 3, 2]}),
        ("user::item::rating\n7::a::4\n", {"header": True}),
        ('"7","a",4\n', {"separator": ","}),
        ("\ufeff7,a,4\n", {"separator": ","}),
        ("\ufeffuser,item,rating\n7,a,4\n", {"header": True, "separator": ","}),
        ("7|a|4\r\n\r\n", {"separator": "|"}),
    ],
)
def test_columns_are_found_where_they_are(text: str, arguments: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(text.encode())
    columns = arguments.pop("columns", None)
    frame = load_CSV_into_Dataframe(tmp_path / "x", custom_user_item_rating_columns=columns, **arguments)
    assert list(frame.itertuples(index=False, name=None)) == [("7", "a", 4.0)]


def test_time_is_the_fourth_column_that_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "x", LINES, ",", header="user,item,rating,when\n")
    for columns in (None, ["user", "item", "rating", "when"], [0, 1, 2, 3]):
        frame = load_CSV_into_Dataframe(path, True, ",", True, custom_user_item_rating_columns=columns)
        assert frame["timestamp"].tolist() == [100, 101, 99]
    frame = load_CSV_into_Dataframe(path, True, ",", True, custom_user_item_rating_columns=[1, 0, 3, 2])
    assert frame["timestamp"].tolist() == [4, 0.5, -2]


def test_repeated_interaction_is_an_error_unless_they_may_be_removed(tmp_path: Path) -> None:
    path = write(tmp_path / "x", [*LINES, ("3", "c", 0.25, 200.0)])
    for load in (load_CSV_into_Dataframe, load_CSV_into_SparseBuilder):
        with pytest.raises(ValueError, match=r"'.*x' must have one interaction .* got 1 .* user 3 with item c"):
            load(path)
    assert load_CSV_into_Dataframe(path, remove_duplicates=True)["interaction"].tolist() == [4, 0.5, -2]
    latest = load_CSV_into_Dataframe(path, timestamp=True, remove_duplicates=True)
    assert latest["interaction"].tolist() == [4, -2, 0.25]


def test_indices_without_mapper_are_the_ids_themselves(tmp_path: Path) -> None:
    path = write(tmp_path / "x", [("2", "0", 1.0, 5.0), ("0", "3", 2.0, 6.0)])
    URM, URM_timestamp, item_mapper, user_mapper = load_CSV_into_SparseBuilder(
        path, timestamp=True, create_mapper=False
    )
    assert URM.toarray().tolist() == [[0, 0, 0, 2], [0, 0, 0, 0], [1, 0, 0, 0]]
    assert URM_timestamp.toarray().tolist() == [[0, 0, 0, 6], [0, 0, 0, 0], [5, 0, 0, 0]]
    assert user_mapper == {0: 0, 1: 1, 2: 2} and item_mapper == {0: 0, 1: 1, 2: 2, 3: 3}
    with pytest.raises(ValueError, match=r"line 1 is broken \(column 0 is not an integer"):
        load_CSV_into_SparseBuilder(write(tmp_path / "x", [("u", "0", 1.0, 5.0)]), create_mapper=False)


def test_known_ids_keep_their_index_and_new_ones_are_added_or_ignored(tmp_path: Path) -> None:
    path = write(tmp_path / "x", LINES)
    users, items = {"3": 0, "9": 1}, {"c": 0}
    URM, item_mapper, user_mapper = load_CSV_into_SparseBuilder(
        path, preinitialized_row_mapper=users, preinitialized_col_mapper=items, on_new_col="ignore"
    )
    assert URM.toarray().tolist() == [[0.5], [0], [-2]]
    assert user_mapper == {"3": 0, "9": 1, "7": 2} and item_mapper == {"c": 0}
    assert (users, items) == ({"3": 0, "9": 1}, {"c": 0})
    URM, item_mapper, user_mapper = load_CSV_into_SparseBuilder(
        path, preinitialized_row_mapper={3: 0}, on_new_row="ignore"
    )
    assert URM.toarray().tolist() == [[0.5]] and item_mapper == {"c": 0} and user_mapper == {"3": 0}


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"header": 0}, TypeError, "header must be True or False"),
        ({"timestamp": None}, TypeError, "timestamp must be"),
        ({"remove_duplicates": "no"}, TypeError, "remove_duplicates must be"),
        ({"separator": "||"}, ValueError, "separator must be one character"),
        ({"separator": None}, TypeError, "separator must be one character"),
        ({"custom_user_item_rating_columns": "abc"}, TypeError, "3 different positions >= 0"),
        ({"custom_user_item_rating_columns": 3}, TypeError, "custom_user_item_rating_columns must be"),
        ({"custom_user_item_rating_columns": [0, 1]}, ValueError, "custom_user_item_rating_columns must be 3"),
        ({"custom_user_item_rating_columns": [0, 1, 1]}, ValueError, "custom_user_item_rating_columns must be 3"),
        ({"custom_user_item_rating_columns": [0, 1, -1]}, ValueError, "custom_user_item_rating_columns must be 3"),
        ({"custom_user_item_rating_columns": ["a", "b", "c"]}, ValueError, "custom_user_item_rating_columns must be 3"),
        (
            {"custom_user_item_rating_columns": [0, 1, 2], "timestamp": True},
            ValueError,
            r"must be 4 different positions >= 0 \(UserID, ItemID, interaction, timestamp\)",
        ),
    ],
)
def test_wrong_argument_is_named_before_the_file_is_opened(
    arguments: dict[str, Any], error: type[Exception], match: str, tmp_path: Path
) -> None:
    for load in (load_CSV_into_Dataframe, load_CSV_into_SparseBuilder):
        with pytest.raises(error, match=match):
            load(tmp_path / "missing", **arguments)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"create_mapper": False, "preinitialized_row_mapper": {"a": 0}}, ValueError),
        ({"create_mapper": False, "on_new_col": "ignore"}, ValueError),
        ({"create_mapper": 1}, TypeError),
        ({"on_new_row": "ignore"}, TypeError),
        ({"on_new_row": "drop"}, ValueError),
        ({"preinitialized_row_mapper": {"a": 1}}, ValueError),
        ({"preinitialized_row_mapper": [("a", 0)]}, TypeError),
    ],
)
def test_wrong_mapper_arguments_are_refused_before_the_file_is_opened(
    arguments: dict[str, Any], error: type[Exception], tmp_path: Path
) -> None:
    with pytest.raises(error, match="must be"):
        load_CSV_into_SparseBuilder(tmp_path / "missing", **arguments)


@pytest.mark.parametrize(
    ("text", "arguments", "match"),
    [
        (
            "7::a\n",
            {},
            "must have in its first line the columns at the positions 0, 1, 2, separated by '::', got '7::a'",
        ),
        ("7::a::4\n", {"timestamp": True}, "the columns at the positions 0, 1, 2, 3"),
        ("7::a::4\n3::b\n", {}, "line 2 is broken"),
        ("7::a::4\n3::b::x\n", {}, "line 2 is broken"),
        ("7::a::4\n::b::1\n", {}, "line 2 is broken"),
        ("7::a::nan\n", {}, "line 1 is broken"),
        ("u::i::r\n", {"header": True}, "holds no lines"),
        ("", {}, "holds no lines"),
        ("", {"header": True, "separator": ","}, "holds no lines"),
        ("u::i::r\n7::a::4\n", {"header": True, "custom_user_item_rating_columns": ["u", "i", "z"]}, "u, i, z"),
    ],
)
def test_broken_file_is_named(text: str, arguments: dict[str, Any], match: str, tmp_path: Path) -> None:
    (tmp_path / "broken").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=match) as caught:
        load_CSV_into_Dataframe(tmp_path / "broken", **arguments)
    assert f"'{tmp_path / 'broken'}'" in str(caught.value)


def test_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_CSV_into_Dataframe(tmp_path / "missing")


@settings(max_examples=60, deadline=None)
@given(lines_strategy, st.booleans())
def test_of_equal_rows_the_highest_value_stays(lines: list[Line], by_time: bool) -> None:
    frame = pd.DataFrame(lines, columns=["UserID", "ItemID", "interaction", "timestamp"])
    frame.index = pd.Index(range(100, 100 + len(lines)))
    before = frame.copy()
    kept = remove_Dataframe_duplicates(frame, ["UserID", "ItemID"], "timestamp" if by_time else "interaction")
    assert list(kept.itertuples(index=False, name=None)) == without_repeated(lines, by_time)
    assert kept.equals(frame.loc[kept.index])
    pd.testing.assert_frame_equal(frame, before)


def test_columns_of_rows_that_are_equal_may_be_chosen_and_a_missing_value_is_the_lowest() -> None:
    frame = pd.DataFrame({"a": ["x", "x", "y", "y"], "v": [1.0, np.nan, np.nan, np.nan]})
    assert remove_Dataframe_duplicates(frame, ["a"], "v").index.tolist() == [0, 3]
    with pytest.raises(ValueError, match=r"dataframe must have the columns UserID, got \['a', 'v'\]"):
        remove_Dataframe_duplicates(frame, ["UserID", "a"], "v")
    with pytest.raises(TypeError, match="dataframe must be a pandas DataFrame"):
        remove_Dataframe_duplicates([("x", 1)])
