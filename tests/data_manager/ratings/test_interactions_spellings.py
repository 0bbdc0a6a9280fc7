"""The same interactions are read alike in whatever way they are written: as a loop over their rows reads them."""

import csv
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from benchmarks.parquet_interactions import write_parquet_folder
from Data_manager.Dataset import Dataset
from Data_manager.interactions_reader import InteractionsReader
from tests.data_manager.ratings import spellings
from tests.data_manager.ratings.spellings import NAMES, Row
from tests.reference.data_interactions import ReadInteractions, read_interactions

rules = st.fixed_dictionaries(
    {
        "duplicates": st.sampled_from(["sum", "last", "mean"]),
        "minimum_value": st.sampled_from([None, 1.0, 2.5]),
        "implicit": st.booleans(),
    }
)
a_few = settings(max_examples=60, deadline=None)


def assert_reads_as(expected: ReadInteractions, ratings: Any, columns: Sequence[Any], **options: Any) -> None:
    reader = InteractionsReader(ratings, columns, verbose=False, **options)
    if not expected.values:
        with pytest.raises(ValueError, match="must have at least one interaction, got none"):
            reader.load_data(save_folder_path=False)
        return
    assert_equal(reader.load_data(save_folder_path=False), expected)


def assert_equal(dataset: Dataset, expected: ReadInteractions) -> None:
    users, items = (
        dataset.get_user_original_ID_to_index_mapper(),
        dataset.get_item_original_ID_to_index_mapper(),
    )
    assert list(users.items()) == [(user, k) for k, user in enumerate(expected.users)]
    assert list(items.items()) == [(item, k) for k, item in enumerate(expected.items)]
    names = ["URM_all", "URM_timestamp"] if expected.times else ["URM_all"]
    assert dataset.get_loaded_URM_names() == names
    for name, cells in zip(names, (expected.values, expected.times)):
        URM = dataset.get_URM_from_name(name)
        np.testing.assert_allclose(URM.toarray(), expected.dense(cells), rtol=1e-12)
        assert URM.nnz == len(cells) and URM.has_canonical_format and URM.dtype == np.float64


def split(data: st.DataObject, rows: Sequence[Row]) -> list[list[Row]]:
    ends = sorted(data.draw(st.sets(st.integers(1, len(rows)), max_size=3)) | {len(rows)})
    return [list(rows[start:end]) for start, end in zip([0, *ends], ends)]


@a_few
@given(rows=spellings.rows_of(spellings.plain_ids), options=rules, data=st.data())
def test_text_of_every_layout(rows: list[Row], options: dict[str, Any], data: st.DataObject) -> None:
    separator = data.draw(st.sampled_from(["::", "\t", ",", ";", "|"]))
    time_format = data.draw(st.sampled_from(list(spellings.TIMES_IN_TEXT)))
    if separator == "::" and ":" in spellings.TIMES_IN_TEXT[time_format](0):
        time_format = "seconds"  # a ":" in a field is refused
    order = data.draw(st.permutations([0, 1, 2, 3, 4, 5]))
    header = data.draw(st.booleans())
    layout = {
        "order": order,
        "separator": separator,
        "header": header,
        "line_end": data.draw(st.sampled_from(["\n", "\r\n"])),
        "last_line_end": data.draw(st.booleans()),
        "quoting": data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])),
        "time_format": time_format,
    }
    texts = [spellings.text_of_rows(part, **layout) for part in split(data, rows)]
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "utf-16"]))
    kinds = ["", ".gz", ".bz2", ".xz", "zip", "zips"]
    by_name = header and data.draw(st.booleans())
    positions = tuple(order.index(k) for k in range(4))
    with tempfile.TemporaryDirectory() as folder:
        path = spellings.write_text(Path(folder), texts, encoding, data.draw(st.sampled_from(kinds)))
        assert_reads_as(
            read_interactions(rows, **options),
            path,
            NAMES if by_name else positions,
            separator=data.draw(st.sampled_from([None, separator])),
            header=None if by_name or not header else True,
            encoding="utf-8" if encoding == "utf-8-sig" else encoding,
            **options,
        )


@a_few
@given(rows=spellings.rows_of(spellings.awkward_ids), options=rules, data=st.data())
def test_quoted_text_holds_anything(rows: list[Row], options: dict[str, Any], data: st.DataObject) -> None:
    separator = data.draw(st.sampled_from(["\t", ",", ";", "|"]))
    text = spellings.text_of_rows(
        rows,
        order=[0, 1, 2, 3],
        separator=separator,
        header=True,
        line_end=data.draw(st.sampled_from(["\n", "\r\n"])),
        last_line_end=data.draw(st.booleans()),
        quoting=data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
        time_format=data.draw(st.sampled_from(list(spellings.TIMES_IN_TEXT))),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = spellings.write_text(Path(folder), [text], "utf-8", "")
        assert_reads_as(read_interactions(rows, **options), path, NAMES, **options)


@a_few
@given(rows=spellings.rows_of(spellings.integer_ids), options=rules, data=st.data())
def test_parquet_of_every_type(rows: list[Row], options: dict[str, Any], data: st.DataObject) -> None:
    kinds = st.sampled_from(list(spellings.ARROW_IDS))
    time_kind = data.draw(st.sampled_from(list(spellings.ARROW_TIMES)))
    with tempfile.TemporaryDirectory() as folder:
        path = spellings.write_parquet(
            Path(folder), split(data, rows), data.draw(kinds), data.draw(kinds), time_kind, data.draw(st.integers(1, 5))
        )
        columns = data.draw(st.sampled_from([NAMES, (3, 0, 1, 2)]))
        assert_reads_as(read_interactions(rows, **options), path, columns, **options)


@a_few
@given(rows=spellings.rows_of(spellings.integer_ids), options=rules, data=st.data())
def test_data_frames_of_every_type(rows: list[Row], options: dict[str, Any], data: st.DataObject) -> None:
    kinds = st.sampled_from(list(spellings.FRAME_IDS))
    time_kind = data.draw(st.sampled_from(list(spellings.FRAME_TIMES)))
    frame = spellings.frame_of(rows, data.draw(kinds), data.draw(kinds), time_kind)
    before = frame.copy(deep=True)
    columns = data.draw(st.sampled_from([NAMES, (0, 1, 2, 3)]))
    assert_reads_as(read_interactions(rows, **options), frame, columns, **options)
    assert frame.equals(before) and frame.dtypes.equals(before.dtypes)


@a_few
@given(rows=spellings.rows_of(spellings.plain_ids), options=rules, data=st.data())
def test_without_rating_or_timestamp(rows: list[Row], options: dict[str, Any], data: st.DataObject) -> None:
    has_rating, has_time = data.draw(st.booleans()), data.draw(st.booleans())
    given_rows = [(user, item, r if has_rating else 1.0, t if has_time else None) for user, item, r, t in rows]
    columns = [
        "who",
        "what",
        *(["stars"] if has_rating else [None] if has_time else []),
        *(["when"] if has_time else []),
    ]
    expected = read_interactions(given_rows, **options)
    frame = spellings.frame_of(rows, "str", "str", "int64")
    assert_reads_as(expected, frame, columns, **options)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ratings.csv"
        frame.to_csv(path, index=False)
        assert_reads_as(expected, path, columns, **options)
        frame.to_parquet(Path(folder) / "ratings.pq", index=False)
        assert_reads_as(expected, Path(folder) / "ratings.pq", columns, **options)


@a_few
@given(
    rows=spellings.rows_of(spellings.integer_ids),
    newer=spellings.rows_of(spellings.integer_ids | spellings.plain_ids),
    data=st.data(),
)
def test_previous_indices_are_kept_and_new_ones_appended(
    rows: list[Row], newer: list[Row], data: st.DataObject
) -> None:
    kind = data.draw(st.sampled_from(["int64", "str"]))
    frame = spellings.frame_of(rows, kind, kind, "int64").assign(stars=1.0)
    previous = InteractionsReader(frame, NAMES, verbose=False).load_data()
    before = previous.copy()
    is_integer = all(k.lstrip("-").isdigit() and k == str(int(k)) for row in newer for k in row[:2])
    kind = data.draw(st.sampled_from(["int64", "mixed", "str"])) if is_integer else "str"
    expected = read_interactions(
        newer,
        known_users=before.get_user_original_ID_to_index_mapper(),
        known_items=before.get_item_original_ID_to_index_mapper(),
    )
    assert_reads_as(expected, spellings.frame_of(newer, kind, kind, "int64"), NAMES, previous=previous)
    for get in ("get_user_original_IDs", "get_item_original_IDs"):
        np.testing.assert_array_equal(getattr(previous, get)(), getattr(before, get)())
    assert (previous.get_URM_all() != before.get_URM_all()).nnz == 0


def test_the_folder_of_the_benchmark_is_read_as_its_rows(tmp_path: Path) -> None:
    files = write_parquet_folder(tmp_path / "folder", 1_000, n_users=40, n_items=30, n_files=3)
    pairs = [pair for file in files for pair in zip(*parquet.read_table(file).to_pydict().values())]
    assert len(pairs) == 1_000 and len(set(pairs)) < 1_000
    expected = read_interactions([(user, item, 1.0, None) for user, item in pairs], duplicates="sum")
    assert_reads_as(expected, tmp_path / "folder", ("user", "item"), duplicates="sum")
