"""Original ids become consecutive integers in order of first appearance."""

from itertools import chain
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from Data_manager._matrices import ids as module
from Data_manager._matrices.ids import (
    EncodedIds,
    IdEncoder,
    IdIndex,
    encode_arrow,
    encode_series,
    texts_of,
)
from tests.reference.data_matrices import order_of_appearance

INTEGER_TYPES = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]

mixed_ids = st.one_of(
    st.integers(-9, 9),
    st.sampled_from([2**63, -(10**30)]),
    st.sampled_from(["0", "-1", "01", "a", "\udc80", "é", "\0", ""]),
)


def rows_as_text(encoded: EncodedIds) -> list[str]:
    return [str(original_id) for original_id in encoded.unique[encoded.codes].tolist()]


def assert_encodes(encoded: EncodedIds, ids: list[Any]) -> None:
    assert rows_as_text(encoded) == [str(original_id) for original_id in ids]
    assert [str(original_id) for original_id in encoded.unique.tolist()] == list(order_of_appearance(ids))


@st.composite
def integer_arrays(draw: st.DrawFn) -> np.ndarray:
    dtype = np.dtype(draw(st.sampled_from(INTEGER_TYPES)))
    lowest, highest = np.iinfo(dtype).min, np.iinfo(dtype).max
    start = draw(st.sampled_from([lowest, 0, highest - 6, max(lowest, -3)]))
    close = st.integers(start, min(highest, start + 6))
    return np.array(draw(st.lists(close | st.integers(lowest, highest) if draw(st.booleans()) else close)), dtype=dtype)


@given(integer_arrays())
def test_integers_are_numbered_in_order_of_appearance_whatever_their_range(tokens: np.ndarray) -> None:
    before = tokens.copy()
    for encoded in (encode_series("ids", pd.Series(tokens)), encode_arrow("ids", pa.array(tokens))):
        assert_encodes(encoded, tokens.tolist())
        assert encoded.unique.dtype == (np.int64 if max(tokens.tolist(), default=0) < 2**63 else object)
    np.testing.assert_array_equal(tokens, before)


@pytest.mark.parametrize("stride", [1, 3, 10**6])
@pytest.mark.parametrize("dtype", [*INTEGER_TYPES, "Int64", "UInt8", "category", "int64[pyarrow]"])
def test_integers_of_every_kind_stay_integers(dtype: str, stride: int) -> None:
    ids = [7, 0, 7, 3, 100] if "8" in dtype else [7, 0, 7, 3 * stride % 2**15, 100]
    encoded = encode_series("ids", pd.Series(ids).astype(dtype))
    assert encoded.unique.dtype == np.int64
    assert_encodes(encoded, ids)


def test_unsigned_integers_beyond_int64_become_text() -> None:
    ids = [2**63, 5, 2**63, 2**64 - 1]
    for encoded in (
        encode_series("ids", pd.Series(ids, dtype="uint64")),
        encode_arrow("ids", pa.array(ids, pa.uint64())),
        encode_series("ids", pd.Series(ids, dtype=object)),
    ):
        assert encoded.unique.dtype == object
        assert_encodes(encoded, ids)


@given(st.lists(mixed_ids, min_size=1))
def test_integers_and_strings_of_one_text_are_one_id(ids: list[Any]) -> None:
    assert_encodes(encode_series("ids", pd.Series(ids, dtype=object)), ids)


@pytest.mark.parametrize("dtype", ["str", "string", "category", "string[pyarrow]", "object"])
def test_text_of_every_kind_is_encoded(dtype: str) -> None:
    ids = ["b", "a", "", "b", "NaN", "007"]
    assert_encodes(encode_series("ids", pd.Series(ids).astype(dtype)), ids)


def test_categories_in_another_order_and_unused_ones_do_not_matter() -> None:
    ids = ["b", "a", "b"]
    assert_encodes(encode_series("ids", pd.Series(pd.Categorical(ids, categories=["z", "a", "b", "y"]))), ids)
    numbers = pd.Series(pd.Categorical([5, 2, 5], categories=[9, 2, 5]))
    assert_encodes(encode_series("ids", numbers), [5, 2, 5])


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_arrow_text_of_every_kind_is_encoded(kind: pa.DataType) -> None:
    ids = ["b", "a", "", "b", "é"]
    assert_encodes(encode_arrow("ids", pa.array(ids, kind)), ids)


@pytest.mark.parametrize("kind", [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint32(), pa.uint64()])
def test_arrow_integers_of_every_kind_stay_integers(kind: pa.DataType) -> None:
    for ids in ([7, 0, 7, 3], []):
        encoded = encode_arrow("ids", pa.array(ids, kind))
        assert encoded.unique.dtype == np.int64
        assert_encodes(encoded, ids)


@pytest.mark.parametrize("index_type", [pa.int8(), pa.uint8(), pa.int32(), pa.uint64()])
@pytest.mark.parametrize("values", [["z", "a", "b", "a"], [9, 2, 5, 2]])
def test_dictionaries_in_another_order_with_unused_and_repeated_values(values: list[Any], index_type: Any) -> None:
    indices = [2, 1, 2, 3]
    column = pa.DictionaryArray.from_arrays(pa.array(indices, index_type), pa.array(values))
    encoded = encode_arrow("ids", column)
    assert_encodes(encoded, [values[k] for k in indices])
    assert (encoded.unique.dtype == np.int64) == isinstance(values[0], int)


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["a", "b", None]),
        pa.array([1, 2, None]),
        pa.array(["a", "b", None]).dictionary_encode(),
        pa.DictionaryArray.from_arrays(pa.array([0, 0, 1]), pa.array(["a", None])),
        pd.Series(["a", "b", None]),
        pd.Series(["a", "b", None], dtype=object),
        pd.Series(["a", 1, np.nan], dtype=object),
        pd.Series([1, 2, None], dtype="Int64"),
        pd.Series(["a", "b", None], dtype="category"),
        pd.Series([1.0, 2.0, np.nan]),
    ],
)
def test_missing_id_is_named_by_its_row(column: Any) -> None:
    with pytest.raises(ValueError, match=r"^users must hold an id in every row, got none in row 2$"):
        encode_series("users", column) if isinstance(column, pd.Series) else encode_arrow("users", column)


def test_rows_of_a_later_batch_are_counted_from_the_first() -> None:
    with pytest.raises(ValueError, match="row 101"):
        encode_arrow("users", pa.array([1, None]), first_row=100)


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([1.5]),
        pd.Series([True]),
        pd.Series([1.0], dtype=object),
        pd.Series([True], dtype=object),
        pd.Series([b"a"], dtype=object),
        pd.Series([(1, 2)], dtype=object),
        pd.Series(pd.to_datetime(["2020-01-01"])),
        pd.Series(pd.to_datetime(["2020-01-01"])).astype("datetime64[ns]"),
        pd.Series(pd.to_timedelta([1], unit="s")),
        pa.array([1.5]),
        pa.array([True]),
        pa.array([b"a"]),
        pa.array([[1]]),
        pa.array([1.5]).dictionary_encode(),
    ],
)
def test_what_is_neither_text_nor_integer_is_a_type_error(column: Any) -> None:
    with pytest.raises(TypeError, match=r"^users must hold string or integer ids, got "):
        encode_series("users", column) if isinstance(column, pd.Series) else encode_arrow("users", column)


@settings(max_examples=50)
@given(st.lists(st.lists(mixed_ids)), st.none() | st.lists(st.integers(-5, 5) | st.text("ab1", max_size=2)))
def test_parts_are_numbered_as_the_whole(parts: list[list[Any]], known: list[Any] | None) -> None:
    known_ids = None if known is None else encode_series("known", pd.Series(known, dtype=object)).unique
    if known is not None and all(isinstance(original_id, int) for original_id in known):
        known_ids = np.array([*dict.fromkeys(known)], dtype=np.int64)
    encoder = IdEncoder(known_ids)
    indices: list[int] = []
    for part in parts:
        as_integers = part and all(isinstance(k, int) and abs(k) < 2**63 for k in part)
        column = pd.Series(part, dtype="int64" if as_integers else object)
        codes = encoder.encode(encode_series("ids", column))
        assert codes.dtype == np.int32
        indices += codes.tolist()
    mapper = order_of_appearance([*(known or []), *chain(*parts)])
    assert [str(original_id) for original_id in encoder.ids.tolist()] == list(mapper)
    assert indices == [mapper[str(original_id)] for part in parts for original_id in part]


def test_ids_stay_integers_until_text_comes() -> None:
    encoder = IdEncoder()
    encoder.encode(encode_series("ids", pd.Series([5, 3])))
    assert encoder.ids.dtype == np.int64
    assert encoder.encode(encode_series("ids", pd.Series(["3", "x"]))).tolist() == [1, 2]
    assert encoder.ids.dtype == object and encoder.ids.tolist() == ["5", "3", "x"]
    assert encoder.encode(encode_series("ids", pd.Series([3, 4]))).tolist() == [1, 3]


def test_known_ids_are_not_changed() -> None:
    known = np.array([5, 3])
    encoder = IdEncoder(known)
    assert encoder.encode(encode_series("ids", pd.Series(["new", "3"]))).tolist() == [2, 1]
    assert known.tolist() == [5, 3]


def test_more_ids_than_indices_have_room_for_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_IDS", 3)
    encoder = IdEncoder()
    encoder.encode(encode_series("ids", pd.Series([1, 2])))
    with pytest.raises(ValueError, match="at most 3 distinct ids, got 4"):
        encoder.encode(encode_series("ids", pd.Series([2, 3, 4])))
    assert encoder.encode(encode_series("ids", pd.Series([2, 3]))).tolist() == [1, 2]


@given(st.lists(st.integers(-5, 5), unique=True) | st.lists(st.text("ab1"), unique=True), st.data())
def test_an_index_of_ids_reads_as_the_dictionary(ids: list[Any], data: st.DataObject) -> None:
    array = np.array(ids, dtype=np.int64 if ids and isinstance(ids[0], int) else object)
    expected = order_of_appearance(ids)
    of_ids, of_mapper = IdIndex(array), IdIndex(mapper=expected)
    for index in (of_ids, of_mapper):
        assert len(index) == len(ids) and index.indices().tolist() == list(range(len(ids)))
        assert dict(index) == expected and list(index) == list(expected)
        assert texts_of(index.ids).tolist() == list(expected)
        mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(ids), max_size=len(ids))), dtype=bool)
        assert dict(index.kept(mask)) == order_of_appearance([k for k, kept in zip(ids, mask) if kept])


def test_an_index_keeps_the_ids_as_an_array_until_the_dictionary_is_asked_for() -> None:
    index = IdIndex(np.array([4, 2]))
    assert len(index) == 2 and index.ids.dtype == np.int64 and index._mapper is None
    assert index["2"] == 1 and index._mapper == {"4": 0, "2": 1}


@pytest.mark.parametrize("mapper", [{"a": 0, "b": 2}, {"a": 0, "b": 0}, {"a": -1, "b": 0}])
def test_a_mapper_with_gaps_has_no_array_of_ids(mapper: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"must have the indices 0\.\.1, once each"):
        _ = IdIndex(mapper=mapper).ids
