import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sps

from Recommenders.DataIO import DataIO, json_not_serializable_handler
from recsys_common.archives.folder import _long_windows_path
from tests.reference.host_archive import read_host_archive, write_host_archive


def round_trip(folder: Path, value: Any) -> Any:
    DataIO(folder).save_data("archive", {"key": value})
    return DataIO(folder).load_data("archive")["key"]


def assert_same(left: Any, right: Any) -> None:
    """Equal in type, dtype, shape and value, all the way down."""
    assert type(left) is type(right)
    if isinstance(left, dict):
        assert list(left) == list(right)
        for key in left:
            assert_same(left[key], right[key])
    elif isinstance(left, np.ndarray):
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)
        assert left.shape == right.shape
    elif sps.issparse(left):
        assert (left.format, left.dtype, left.shape) == (right.format, right.dtype, right.shape)
        assert (left != right).nnz == 0
    elif isinstance(left, pd.DataFrame):
        pd.testing.assert_frame_equal(left, right)
    else:
        assert left == right or (left != left and right != right)


def example_of_every_kind() -> dict[str, Any]:
    return {
        "W_sparse": sps.random(6, 5, 0.4, format="csr", random_state=1),
        "USER_factors": np.arange(6, dtype=np.float32).reshape(3, 2),
        "GLOBAL_bias": np.array(3.5, dtype=np.float32),
        "mapper": {"10": 0, "é": 1},
        "none": None,
        "text": "relu",
        "nested": {"array": np.arange(3), "deeper": {"matrix": sps.eye(3).tocsc(), "number": 1}},
        "a_frame": pd.DataFrame({"MAP": [0.1, 0.2]}, index=pd.Index([5, 10], name="cutoff")),
    }


def test_every_kind_of_value_comes_back_in_the_order_of_the_keys(tmp_path: Path) -> None:
    data = example_of_every_kind()
    DataIO(tmp_path).save_data("model", data)
    assert_same(DataIO(tmp_path).load_data("model"), data)


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("name", ["model", "model.zip"])
def test_slash_and_extension_may_be_left_out(tmp_path: Path, slash: str, name: str) -> None:
    DataIO(f"{tmp_path}/folder{slash}").save_data(name, {"a": 1})
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["model.zip"]
    assert DataIO(folder_path=f"{tmp_path}/folder{slash}").load_data(file_name=name) == {"a": 1}


@pytest.mark.parametrize(
    "array",
    [
        np.array(7),
        np.array(["a", "längere"]),
        np.array([b"x", b"yz"]),
        np.array([True, False]),
        np.array([], dtype=np.int32),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(20)[::3],
        np.array(["2020-01-01", "NaT"], dtype="datetime64[s]"),
        np.array([1 + 2j]),
        np.array([np.nan, np.inf, -0.0], dtype=np.float16),
        np.array([(1, 2.5)], dtype=[("id", "i4"), ("value", "f8")]),
        np.arange(3, dtype=">i4"),
    ],
    ids=str,
)
def test_arrays_keep_dtype_and_shape(tmp_path: Path, array: np.ndarray) -> None:
    assert_same(round_trip(tmp_path, array), array)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, bool])
@pytest.mark.parametrize("form", ["csr", "csc", "coo", "bsr", "dia"])
def test_sparse_matrices_keep_format_and_dtype(tmp_path: Path, form: str, dtype: Any) -> None:
    matrix = sps.csr_matrix(np.array([[1, 0, 2], [0, 0, 0]])).astype(dtype).asformat(form)
    assert_same(round_trip(tmp_path, matrix), matrix)


@pytest.mark.parametrize("form", ["lil", "dok"])
def test_sparse_matrices_of_other_formats_come_back_as_csr(tmp_path: Path, form: str) -> None:
    matrix = sps.random(5, 4, 0.5, random_state=0)
    assert_same(round_trip(tmp_path, matrix.asformat(form)), matrix.tocsr())


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "bsr", "dia", "lil", "dok"])
def test_sparse_arrays_come_back_as_matrices(tmp_path: Path, form: str) -> None:
    array = getattr(sps, f"{form}_array")(np.array([[1.0, 0.0, 2.0], [0.0, 0.0, 3.0]]))
    loaded = round_trip(tmp_path, array)
    assert sps.isspmatrix(loaded)
    np.testing.assert_array_equal(loaded.toarray(), array.toarray())


@pytest.mark.parametrize(
    ("value", "loaded"),
    [
        (np.float32(0.1), float(np.float32(0.1))),
        (np.float64(0.1), 0.1),
        (np.int64(3), 3),
        (np.bool_(True), True),
        ((1, (2, None)), [1, [2, None]]),
        ({"a": [np.float32(0.5), {"b": np.int8(1)}]}, {"a": [0.5, {"b": 1}]}),
        (2**70, 2**70),
        ("\ud800 \u0000 é", "\ud800 \u0000 é"),
        (float("inf"), float("inf")),
        (float("nan"), float("nan")),
        ({}, {}),
    ],
    ids=repr,
)
def test_json_values_come_back_as_plain_python(tmp_path: Path, value: Any, loaded: Any) -> None:
    assert_same(round_trip(tmp_path, value), loaded)


def test_handler_gives_python_numbers_and_refuses_the_rest() -> None:
    assert json.dumps([np.int32(1), np.bool_(False), np.float32(0.5)], default=json_not_serializable_handler) == (
        "[1, false, 0.5]"
    )
    for value in (np.longdouble(1), np.arange(2), {1}, np.datetime64("2020-01-01")):
        with pytest.raises(TypeError, match=type(value).__name__):
            json_not_serializable_handler(value)


def test_keys_that_are_no_strings_are_converted_with_one_notice(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data_io = DataIO(tmp_path)
    data_io.save_data("model", {1: "a", "b": {2: {3: 4}}, np.str_("c"): 5})
    assert data_io.load_data("model") == {"1": "a", "b": {"2": {"3": 4}}, "c": 5}
    data_io.save_data("model", {1: "a"})
    assert capsys.readouterr().out.count("DataIO: ") == 1
    DataIO(tmp_path, verbose=False).save_data("model", {1: "a"})
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("data", [{1: 0, "1": 0}, {"a": {1: 0, "1": 0}}, {"a": [{"b": {1: 0, "1": 0}}]}])
def test_keys_that_become_the_same_are_refused(tmp_path: Path, data: dict[Any, Any]) -> None:
    with pytest.raises(ValueError, match="'1' twice"):
        DataIO(tmp_path).save_data("model", data)


UNSAFE_KEYS = [
    "", ".", "..", ".hidden", "../escape", "a/b", "a\\b", "/abs", "C:x", "a\0b", "a\nb", "a*", "what?", '"', "<", ">",
    "|", "end.", "end ", "CON", "nul", "Com1", "LPT9.old", "COM\u00b2", "x" * 201, "é" * 101, "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("key", UNSAFE_KEYS)
def test_keys_that_are_no_safe_file_names_are_refused_before_anything_is_written(tmp_path: Path, key: str) -> None:
    folder = tmp_path / "new"
    for data in ({"good": np.zeros(2), key: 1}, {"good": 1, "nested": {key: np.zeros(2)}}):
        with pytest.raises(ValueError, match="keys must be safe file names"):
            DataIO(folder).save_data("model", data)
    assert not folder.exists()


def test_keys_of_a_json_dictionary_may_be_any_text(tmp_path: Path) -> None:
    mapper = {key: position for position, key in enumerate(UNSAFE_KEYS)}
    assert round_trip(tmp_path, mapper) == mapper


def test_long_keys_with_dots_and_spaces_are_safe(tmp_path: Path) -> None:
    data: dict[str, Any] = {
        "x" * 200: 1,
        "a.npy": {"b": 1},
        "a b": np.arange(2),
        "console": 2,
        "é": pd.DataFrame({"a": [1]}),
    }
    DataIO(tmp_path).save_data("model", data)
    assert_same(DataIO(tmp_path).load_data("model"), data)


@pytest.mark.parametrize("keys", [("W", "w"), ("é", "E\u0301"), ("straße", "STRASSE")])
def test_keys_that_differ_in_case_alone_are_refused(tmp_path: Path, keys: tuple[str, str]) -> None:
    with pytest.raises(ValueError, match="upper and lower case"):
        DataIO(tmp_path).save_data("model", dict.fromkeys(keys, 1))


@pytest.mark.parametrize(
    "value",
    [
        {1, 2},
        pd.Series([1]),
        [np.zeros(2)],
        object(),
        np.array([None, "a"]),
        np.array([(None,)], dtype=[("field", "O")]),
        np.ma.masked_array([1, 2], [True, False]),
        np.array([(1,)], dtype=[("字", "i4")]),
        np.longdouble(1),
        pd.DataFrame({"a": [object()]}),
        {"deep": np.zeros(1), "wrong": {1, 2}},
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_be_saved_exactly_is_a_type_error_with_the_key(tmp_path: Path, value: Any) -> None:
    DataIO(tmp_path).save_data("model", {"old": 1})
    with pytest.raises(TypeError, match=r"data_dict_to_save\['the_key'\]"):
        DataIO(tmp_path).save_data("model", {"a": 1, "the_key": value})
    assert DataIO(tmp_path).load_data("model") == {"old": 1}


def test_dictionaries_that_hold_themselves_are_refused(tmp_path: Path) -> None:
    json_cycle: dict[str, Any] = {"a": 1}
    json_cycle["self"] = json_cycle
    array_cycle: dict[str, Any] = {"b": np.zeros(1)}
    array_cycle["self"] = {"array": np.zeros(1), "inner": array_cycle}
    for cycle in (json_cycle, array_cycle, {"list": [json_cycle]}):
        with pytest.raises(ValueError, match="must"):
            DataIO(tmp_path).save_data("model", {"cycle": cycle})
    assert list(tmp_path.iterdir()) == []


def test_integers_too_long_for_json_are_a_value_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="'big'"):
        DataIO(tmp_path).save_data("model", {"big": 10**5000})


@pytest.mark.parametrize("data", [None, [1], "text", np.zeros(2)])
def test_only_dictionaries_are_saved(tmp_path: Path, data: Any) -> None:
    with pytest.raises(TypeError, match="data_dict_to_save must be a dictionary"):
        DataIO(tmp_path).save_data("model", data)


@pytest.mark.parametrize("folder", ["a/../b", "/tmp/../b", "a/..", "a\\..\\b", "a/..\\b"])
def test_folders_that_climb_up_are_refused(folder: str) -> None:
    with pytest.raises(ValueError, match="folder_path must be"):
        DataIO(folder)


@pytest.mark.parametrize("folder", [None, 3, b"bytes"])
def test_folders_must_be_paths(folder: Any) -> None:
    with pytest.raises(TypeError, match="folder_path must be"):
        DataIO(folder)


def test_a_leading_climb_is_a_folder_like_any_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    DataIO("../there/").save_data("model", {"a": 1})
    assert (tmp_path / "there" / "model.zip").is_file()


@pytest.mark.parametrize(
    "name", ["../model", "a/../../model", "..\\model", "/tmp/model", "C:\\model", "", ".", "a/", "a\0"]
)
def test_file_names_that_leave_the_folder_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="file_name must be"):
        DataIO(tmp_path).save_data(name, {"a": 1})
    with pytest.raises(ValueError, match="file_name must be"):
        DataIO(tmp_path).load_data(name)


def test_file_names_must_be_strings(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="file_name must be"):
        DataIO(tmp_path).load_data(None)  # type: ignore[arg-type]


def test_windows_paths_get_the_marker_for_long_ones() -> None:
    assert _long_windows_path("C:\\a\\b") == "\\\\?\\C:\\a\\b"
    assert _long_windows_path("\\\\server\\share\\b") == "\\\\?\\UNC\\server\\share\\b"
    assert _long_windows_path("\\\\?\\C:\\a") == "\\\\?\\C:\\a"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"absent\.zip"):
        DataIO(tmp_path).load_data("absent")


def test_the_host_reads_what_is_saved_here(tmp_path: Path) -> None:
    data = example_of_every_kind()
    DataIO(tmp_path).save_data("model", data)
    loaded = read_host_archive(tmp_path / "model.zip", tmp_path / "unpacked")
    assert set(loaded) == set(data)
    frame = loaded.pop("a_frame")
    assert frame.to_dict("list") == {"cutoff": [5, 10], "MAP": [0.1, 0.2]}
    for key, value in loaded.items():
        if key != "nested":
            assert_same(value, data[key])
    np.testing.assert_array_equal(loaded["nested"]["array"], [0, 1, 2])
    assert loaded["nested"]["deeper"]["number"] == 1


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "bsr", "dia", "lil"])
def test_the_host_reads_sparse_arrays_saved_here(tmp_path: Path, form: str) -> None:
    array = getattr(sps, f"{form}_array")(np.eye(3))
    DataIO(tmp_path).save_data("model", {"W_sparse": array})
    loaded = read_host_archive(tmp_path / "model.zip", tmp_path / "unpacked")["W_sparse"]
    assert sps.isspmatrix(loaded)
    assert (loaded != sps.eye(3).tocsr()).nnz == 0


def test_archives_of_the_host_are_read_here(tmp_path: Path) -> None:
    data = example_of_every_kind()
    del data["a_frame"]
    write_host_archive(tmp_path / "model.zip", data | {"ids": {1: 2}, "coo": sps.coo_matrix(np.eye(2))})
    loaded = DataIO(tmp_path).load_data("model")
    assert loaded.pop("ids") == {"1": 2}
    assert_same(loaded.pop("coo"), sps.coo_matrix(np.eye(2)))
    assert_same(loaded["nested"]["deeper"]["matrix"], data["nested"]["deeper"]["matrix"])
    assert {key: loaded[key] for key in ("mapper", "none", "text")} == {k: data[k] for k in ("mapper", "none", "text")}
    for key in ("W_sparse", "USER_factors", "GLOBAL_bias"):
        assert_same(loaded[key], data[key])


def test_a_csv_without_its_hidden_member_is_a_plain_table(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as archive:
        archive.writestr("df.csv", "cutoff,MAP\n5,0.5\n")
        archive.writestr(".data_format.json", "{}")
    assert_same(DataIO(tmp_path).load_data("old"), {"df": pd.DataFrame({"cutoff": [5], "MAP": [0.5]})})


def test_the_same_data_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        DataIO(tmp_path).save_data(name, example_of_every_kind())
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()


def test_saving_leaves_the_data_as_it_was(tmp_path: Path) -> None:
    data = example_of_every_kind() | {"tuple": (1, {2: 3})}
    DataIO(tmp_path).save_data("model", data)
    assert_same(data, example_of_every_kind() | {"tuple": (1, {2: 3})})
