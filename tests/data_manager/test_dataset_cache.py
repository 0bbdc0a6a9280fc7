"""What a reader keeps comes back as it was, and what is damaged or of something else does not come back at all."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps

import Data_manager._dataset_cache as cache_module
from Data_manager._dataset_cache import read_cache, write_cache
from Data_manager._dataset_manifest import MANIFEST, Origin, StaleCache, describe_sources
from Data_manager.DataReader import DataReader
from Data_manager.Dataset import Dataset
from Recommenders import _atomic_file
from tests.reference.data_toy import assert_same_content, toy

TOY_ORIGIN = Origin("Toy", "ToyReader", {}, ())


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


class ToyReader(DataReader):
    """The toy data set; the numbers of its one source file, if it is there, are the first user's ratings."""

    DATASET_SUBFOLDER = "Toy/"

    def __init__(self, data_folder: Path, source: Path | None = None, options: Any = None, **arguments: Any) -> None:
        super().__init__(data_folder=data_folder, **arguments)
        self.source = source
        self.options = options or {}
        self.n_reads = 0

    def _source_files(self) -> list[Path]:
        return [self.source] if self.source is not None and self.source.is_file() else []

    def _reader_options(self) -> dict[str, Any]:
        return self.options

    def _load_from_original_file(self) -> Dataset:
        self.n_reads += 1
        dataset = toy()
        if self.source is not None:
            dataset.AVAILABLE_URM["URM_all"].data[:2] = list(map(float, self.source.read_text().split()))
        return dataset


def arrays_folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("dataset_cache_*") if path.is_dir())


def files_below(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def assert_one_good_cache(folder: Path, expected: Dataset) -> None:
    """The manifest's folder is the only one, nothing else is there, and it is loaded without a word."""
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    assert [path.name for path in arrays_folders(folder)] == [manifest["folder"]]
    assert sorted(path.name for path in folder.iterdir()) == sorted([MANIFEST, manifest["folder"]])
    assert sorted(path.name for path in (folder / manifest["folder"]).iterdir()) == sorted(manifest["files"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert_same_content(read_cache(folder, None), expected)


# --- what comes back ---------------------------------------------------------------------------------------------


def _of_dtype(dtype: Any) -> dict[str, Any]:
    matrix = sps.csr_matrix(np.array([[5, 0, 1, 0], [0, 1, 0, 0], [0, 0, 2, 0]], dtype=dtype))
    return {"URM_dictionary": {"URM_all": matrix}}


VARIANTS: dict[str, dict[str, Any]] = {
    "everything": {},
    "no features": dict.fromkeys(
        [f"{kind}_{what}" for kind in ("ICM", "UCM") for what in ("dictionary", "feature_mapper_dictionary")]
    ),
    "no further mapper": {"additional_data_mapper": None},
    "an empty further mapper": {"additional_data_mapper": {"empty": {}, "titles": {"a": "Brazil"}}},
    "numbered ids": {"user_original_ID_to_index": None, "item_original_ID_to_index": None},
    "ids that are not ASCII": {
        "user_original_ID_to_index": {"Zoë": 0, "日本": 1, "": 2},
        "item_original_ID_to_index": {"\U0001f600": 0, "a\nb": 1, "../x": 2, "\ud800": 3},
    },
    "ids that look like numbers": {"user_original_ID_to_index": {"007": 0, "7": 1, " 7": 2}},
    "names that no file could have": {
        "URM_dictionary": {
            "URM_all": sps.eye(3, 4, format="csr"),
            "a/b: ü": sps.eye(3, 4, format="csr"),
            "": sps.eye(3, 4),
        }
    },
    "float32": _of_dtype(np.float32),
    "int8": _of_dtype(np.int8),
    "int64": _of_dtype(np.int64),
    "bool": _of_dtype(np.bool_),
    "implicit": {"URM_dictionary": {"URM_all": sps.eye(3, 4, format="csr")}, "is_implicit": True},
}


@pytest.mark.parametrize("name", VARIANTS)
def test_kept_data_set_is_loaded_as_it_was(name: str, tmp_path: Path) -> None:
    dataset = toy(**VARIANTS[name])
    write_cache(tmp_path, dataset, TOY_ORIGIN)
    loaded = read_cache(tmp_path, TOY_ORIGIN)
    assert_same_content(loaded, dataset)
    loaded.verify_data_consistency()
    for one, other in zip(loaded.get_loaded_URM_dict().values(), dataset.get_loaded_URM_dict().values()):
        assert one.indices.dtype == other.indices.dtype and one.indptr.dtype == other.indptr.dtype
    assert loaded.is_implicit() is dataset.is_implicit()
    by_dataset = Dataset()
    by_dataset.load_data(tmp_path)
    assert_same_content(by_dataset, dataset)
    assert_one_good_cache(tmp_path, dataset)


def test_ids_keep_their_type_and_the_order_of_their_indices(tmp_path: Path) -> None:
    dataset = toy(user_original_ID_to_index=None, item_original_ID_to_index={"d": 3, "b": 1, "a": 0, "c": 2})
    write_cache(tmp_path, dataset, TOY_ORIGIN)
    loaded = read_cache(tmp_path, None)
    assert loaded.get_user_original_IDs().dtype == np.int64
    assert loaded.get_user_original_IDs().tolist() == [0, 1, 2]
    assert loaded.get_item_original_IDs().tolist() == ["a", "b", "c", "d"]
    assert loaded.get_item_original_ID_to_index_mapper() == {"a": 0, "b": 1, "c": 2, "d": 3}


def _is_mapped(array: Any) -> bool:
    while isinstance(array, np.ndarray) and not isinstance(array, np.memmap):
        array = array.base
    return isinstance(array, np.memmap)


def test_matrices_are_mapped_and_what_is_done_to_them_reaches_no_file(tmp_path: Path) -> None:
    write_cache(tmp_path, toy(), TOY_ORIGIN)
    before = files_below(tmp_path)
    loaded = read_cache(tmp_path, None)
    for matrix in loaded.AVAILABLE_URM.values():
        for part in (matrix.data, matrix.indices, matrix.indptr):
            assert _is_mapped(part)
        matrix.data *= 7
        matrix.indices[:] = 0
        matrix.sort_indices()
    del loaded
    assert files_below(tmp_path) == before
    assert_same_content(read_cache(tmp_path, None), toy())


def test_loading_writes_nothing(tmp_path: Path) -> None:
    ToyReader(tmp_path).load_data()
    (tmp_path / "Toy" / "original" / "dataset_cache_0123456789abcdef").mkdir()
    before = {path: path.stat().st_mtime_ns for path in [tmp_path, *tmp_path.rglob("*")]}
    reader = ToyReader(tmp_path)
    assert_same_content(reader.load_data(), toy())
    Dataset().load_data(tmp_path / "Toy" / "original")
    assert reader.n_reads == 0
    assert {path: path.stat().st_mtime_ns for path in [tmp_path, *tmp_path.rglob("*")]} == before


def test_object_matrices_are_refused_and_leave_no_file(tmp_path: Path) -> None:
    """Their bytes would be addresses."""
    dataset = toy()
    dataset.AVAILABLE_URM["URM_all"].data = np.array([1.0] * 6, dtype=object)
    with pytest.raises(TypeError):
        write_cache(tmp_path, dataset, TOY_ORIGIN)
    assert list(tmp_path.iterdir()) == []


def test_further_mapper_that_cannot_be_saved_is_named_and_leaves_the_old_cache(tmp_path: Path) -> None:
    write_cache(tmp_path, toy(), TOY_ORIGIN)
    with pytest.raises(TypeError, match=r"additional_data_mapper.*got a set"):
        write_cache(tmp_path, toy(additional_data_mapper={"m": {"a": {1}}}), TOY_ORIGIN)
    assert_one_good_cache(tmp_path, toy())


# --- damage ------------------------------------------------------------------------------------------------------


def _flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(bytes(content))


def _flip_header(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[9] ^= 4
    path.write_bytes(bytes(content))


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _extend(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\0")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


DAMAGES: list[Callable[[Path], None]] = [
    _flip,
    _flip_header,
    _truncate,
    _extend,
    _empty,
    Path.unlink,
    _replace_by_folder,
]


def assert_rebuilt_with_warning(folder: Path, named: str, **arguments: Any) -> None:
    """Loading warns once, naming the file, gives the right data, and leaves a good cache; Dataset.load_data refuses."""
    with pytest.raises((ValueError, OSError)) as refused:
        Dataset().load_data(folder)
    assert named in str(refused.value)
    reader = ToyReader(folder, **arguments)
    with pytest.warns(UserWarning) as caught:
        dataset = reader.load_data(folder)
    assert len(caught) == 1
    assert named in str(caught[0].message) and "made anew" in str(caught[0].message)
    assert reader.n_reads == 1
    assert_same_content(dataset, toy())


def _files_of_a_cache() -> list[str]:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        write_cache(Path(folder), toy(), TOY_ORIGIN)
        return sorted(path.name for path in arrays_folders(Path(folder))[0].iterdir())


FILES = _files_of_a_cache()


def test_a_cache_has_four_arrays_for_each_matrix_and_one_archive() -> None:
    assert len(FILES) == 5 * 4 + 1


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__.strip("_"))
def test_damaged_file_is_named_and_rebuilt(damage: Callable[[Path], None], tmp_path: Path) -> None:
    for name in FILES:
        folder = tmp_path / name
        write_cache(folder, toy(), TOY_ORIGIN)
        damage(arrays_folders(folder)[0] / name)
        assert_rebuilt_with_warning(folder, name)
        assert_one_good_cache(folder, toy())


def test_file_of_another_cache_is_named_and_rebuilt(tmp_path: Path) -> None:
    other = toy()
    for matrices in (other.AVAILABLE_URM, other.AVAILABLE_ICM, other.AVAILABLE_UCM):
        for key in matrices:
            rows, columns = matrices[key].shape
            matrices[key] = sps.csr_matrix(np.full((rows + 1, columns + 1), 9.0))
    other.additional_data_mapper = {}
    write_cache(tmp_path / "other", other, TOY_ORIGIN)
    for name in FILES:
        folder = tmp_path / name
        write_cache(folder, toy(), TOY_ORIGIN)
        shutil.copy(arrays_folders(tmp_path / "other")[0] / name, arrays_folders(folder)[0] / name)
        assert_rebuilt_with_warning(folder, name)
        assert_one_good_cache(folder, toy())


def test_missing_folder_of_arrays_is_named_and_rebuilt(tmp_path: Path) -> None:
    write_cache(tmp_path, toy(), TOY_ORIGIN)
    missing = arrays_folders(tmp_path)[0]
    shutil.rmtree(missing)
    assert_rebuilt_with_warning(tmp_path, missing.name)
    assert_one_good_cache(tmp_path, toy())


def _content_of(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return content


def _write_content(folder: Path, content: dict[str, Any], *, hashed: bool) -> None:
    """As someone edits it by hand; `hashed`: as someone who wants it to be believed."""
    if hashed:
        rest = {key: value for key, value in content.items() if key != "sha256"}
        content["sha256"] = hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(content), encoding="utf-8")


BYTES_OF_MANIFEST: dict[str, Callable[[bytes], bytes]] = {
    "emptied": lambda text: b"",
    "truncated": lambda text: text[: len(text) // 2],
    "without its last byte": lambda text: text[:-1],
    "two of them": lambda text: text + text,
    "not UTF-8": lambda text: b"\xff\xfe" + text,
    "zeros": lambda text: bytes(len(text)),
    "a list": lambda text: b"[]",
    "a text": lambda text: b'"sha256"',
    "nothing": lambda text: b"null",
    "nested beyond measure": lambda text: b"[" * 100_000,
    "a number of too many digits": lambda text: b"9" * 10_000,
    "another name of a matrix": lambda text: text.replace(b"URM_timestamp", b"URM_timestomp"),
    "another data set": lambda text: text.replace(b'"Toy"', b'"Tox"'),
    "another size": lambda text: text.replace(b'"bytes": 1', b'"bytes": 2'),
    "another version": lambda text: text.replace(b'"format_version": 1', b'"format_version": 2'),
}


@pytest.mark.parametrize("name", BYTES_OF_MANIFEST)
def test_damaged_manifest_is_named_and_rebuilt(name: str, tmp_path: Path) -> None:
    write_cache(tmp_path, toy(), TOY_ORIGIN)
    path = tmp_path / MANIFEST
    before = path.read_bytes()
    path.write_bytes(BYTES_OF_MANIFEST[name](before))
    assert path.read_bytes() != before
    assert_rebuilt_with_warning(tmp_path, MANIFEST)
    assert_same_content(read_cache(tmp_path, None), toy())


def test_every_flipped_bit_of_the_manifest_is_named_or_changes_nothing(tmp_path: Path) -> None:
    """White space is all that may differ."""
    write_cache(tmp_path, toy(), TOY_ORIGIN)
    path = tmp_path / MANIFEST
    text = path.read_bytes()
    rng = np.random.default_rng(0)
    n_named = 0
    for position in rng.choice(len(text), 150, replace=False).tolist():
        flipped = bytearray(text)
        flipped[position] ^= 1 << int(rng.integers(8))
        path.write_bytes(bytes(flipped))
        try:
            loaded = read_cache(tmp_path, TOY_ORIGIN)
        except ValueError as error:
            assert MANIFEST in str(error) and "damaged" in str(error)
            n_named += 1
        else:
            assert_same_content(loaded, toy())
    assert n_named > 100


KEYS = ("format_version", "dataset_name", "reader", "options", "sources", "folder", "matrices", "files", "sha256")


def test_manifest_has_these_keys(tmp_path: Path) -> None:
    write_cache(tmp_path, toy(), TOY_ORIGIN)
    assert sorted(_content_of(tmp_path)) == sorted(KEYS)


@pytest.mark.parametrize("value", [None, 5, "text", [], {}, [1], True, "missing"], ids=repr)
@pytest.mark.parametrize("key", KEYS)
def test_manifest_with_a_value_of_another_type_is_named_and_rebuilt(key: str, value: object, tmp_path: Path) -> None:
    write_cache(tmp_path, toy(), TOY_ORIGIN)
    content = _content_of(tmp_path)
    if content.get(key) == value and type(content.get(key)) is type(value):
        return
    content[key] = value
    if value == "missing":
        del content[key]
    _write_content(tmp_path, content, hashed=False)
    assert_rebuilt_with_warning(tmp_path, MANIFEST)
    assert_same_content(read_cache(tmp_path, None), toy())


@pytest.mark.parametrize("value", [None, 5, "text", [1], {"x": 1}], ids=repr)
@pytest.mark.parametrize("key", ["folder", "matrices", "files"])
def test_manifest_of_another_form_is_named_whatever_its_hash(key: str, value: object, tmp_path: Path) -> None:
    write_cache(tmp_path, toy(), TOY_ORIGIN)
    _write_content(tmp_path, {**_content_of(tmp_path), key: value}, hashed=True)
    assert_rebuilt_with_warning(tmp_path, MANIFEST)


@pytest.mark.parametrize("name", ["../x.npy", "/x.npy", "a/x.npy", "..", "x.exe", "C:x.npy", "x.npy\n", ".npy", ""])
def test_name_of_a_file_that_leaves_the_folder_is_refused_whatever_the_hash(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    write_cache(folder, toy(), TOY_ORIGIN)
    content = _content_of(folder)
    content["files"][name] = content["files"][FILES[0]]
    _write_content(folder, content, hashed=True)
    assert_rebuilt_with_warning(folder, MANIFEST)


@pytest.mark.parametrize("name", ["..", ".", "", "../victim", "/", "dataset_cache_0123456789abcdef/..", "VICTIM"])
def test_folder_that_leaves_the_folder_is_neither_read_nor_deleted(name: str, tmp_path: Path) -> None:
    folder, victim = tmp_path / "kept", tmp_path / "victim"
    victim.mkdir()
    (victim / "diary.txt").write_text("dear diary", encoding="utf-8")
    write_cache(folder, toy(), TOY_ORIGIN)
    real = _content_of(folder)["folder"]
    _write_content(folder, {**_content_of(folder), "folder": name.replace("VICTIM", str(victim))}, hashed=True)
    assert_rebuilt_with_warning(folder, MANIFEST)
    assert (victim / "diary.txt").is_file()
    assert (folder / real).is_dir()  # young, so it may be what another process is writing


def test_file_that_the_manifest_has_and_the_folder_lacks_is_named(tmp_path: Path) -> None:
    write_cache(tmp_path, toy(), TOY_ORIGIN)
    content = _content_of(tmp_path)
    content["files"]["extra.npy"] = content["files"][FILES[0]]
    _write_content(tmp_path, content, hashed=True)
    assert_rebuilt_with_warning(tmp_path, "extra.npy")


def test_whole_manifest_of_another_version_is_said_and_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_cache(tmp_path, toy(), TOY_ORIGIN)
    _write_content(tmp_path, {**_content_of(tmp_path), "format_version": 2, "folder": "of its own"}, hashed=True)
    with pytest.raises(StaleCache, match=rf"{MANIFEST}' has version 2, this program 1"):
        Dataset().load_data(tmp_path)
    reader = ToyReader(tmp_path)
    assert_same_content(reader.load_data(tmp_path), toy())
    assert "is of another format" in capsys.readouterr().out
    assert ToyReader(tmp_path).load_data(tmp_path).get_dataset_name() == "Toy"


def test_manifest_that_is_a_folder_is_no_obstacle_and_said(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).mkdir()
    with pytest.warns(UserWarning, match=f"cannot be written.*{MANIFEST}") as caught:
        assert_same_content(ToyReader(tmp_path).load_data(tmp_path), toy())
    assert len(caught) == 1
    assert arrays_folders(tmp_path) == []


# --- what it is made from ----------------------------------------------------------------------------------------


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "ratings of Zoë.txt"
    path.write_text("4 2", encoding="utf-8")
    return path


def _first_ratings(dataset: Dataset) -> list[float]:
    ratings: list[float] = dataset.get_URM_all().data[:2].tolist()
    return ratings


def test_changed_source_is_read_anew_and_said(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _first_ratings(ToyReader(tmp_path, source).load_data()) == [4, 2]
    status = source.stat()
    source.write_text("1 3", encoding="utf-8")  # as long as before
    os.utime(source, ns=(status.st_atime_ns, status.st_mtime_ns))
    capsys.readouterr()
    reader = ToyReader(tmp_path, source)
    assert _first_ratings(reader.load_data()) == [1, 3]
    assert f"is of another edition of the original files ({source.name}), reading from" in capsys.readouterr().out
    assert len(arrays_folders(tmp_path / "Toy" / "original")) == 1
    assert _first_ratings(reader.load_data()) == [1, 3]
    assert reader.n_reads == 1


def test_source_that_is_touched_or_gone_or_unreadable_changes_nothing(source: Path, tmp_path: Path) -> None:
    ToyReader(tmp_path, source).load_data()
    reader = ToyReader(tmp_path, source)
    os.utime(source, (1, 1))
    reader.load_data()
    source.unlink()
    assert _first_ratings(reader.load_data()) == [4, 2]
    assert reader.n_reads == 0
    assert describe_sources([tmp_path, source]) == ()


def test_source_that_vanishes_before_it_is_hashed_is_as_if_it_were_not_there(source: Path, tmp_path: Path) -> None:
    ToyReader(tmp_path, source).load_data()
    reader = ToyReader(tmp_path, source)
    reader._source_files = lambda: [tmp_path / "gone"]  # type: ignore[method-assign]
    assert _first_ratings(reader.load_data()) == [4, 2]
    assert reader.n_reads == 0


def test_source_that_changes_while_it_is_read_is_read_anew_by_the_next(source: Path, tmp_path: Path) -> None:
    reader = ToyReader(tmp_path, source)
    read = reader._load_from_original_file

    def read_after_change() -> Dataset:
        source.write_text("3 3", encoding="utf-8")
        dataset = read()
        source.write_text("4 2", encoding="utf-8")
        return dataset

    source.write_text("1 1", encoding="utf-8")
    reader._load_from_original_file = read_after_change  # type: ignore[method-assign]
    reader.load_data()
    assert _first_ratings(ToyReader(tmp_path, source).load_data()) == [4, 2]


def test_source_that_appears_while_it_is_read_is_what_the_data_is_made_from(source: Path, tmp_path: Path) -> None:
    """As a download does."""
    content = source.read_text(encoding="utf-8")
    source.unlink()
    reader = ToyReader(tmp_path, source)
    read = reader._load_from_original_file

    def download_and_read() -> Dataset:
        source.write_text(content, encoding="utf-8")
        return read()

    reader._load_from_original_file = download_and_read  # type: ignore[method-assign]
    reader.load_data()
    again = ToyReader(tmp_path, source)
    again.load_data()
    assert again.n_reads == 0
    source.write_text("5 5", encoding="utf-8")
    assert _first_ratings(again.load_data()) == [5, 5]


@pytest.mark.parametrize(
    ("before", "after"), [({}, {"k": 1}), ({"k": 1}, {"k": 2}), ({"k": 1}, {"k": "1"}), ({"k": [1, 2]}, {"k": [2, 1]})]
)
def test_changed_options_are_read_anew_and_said(
    before: Any, after: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ToyReader(tmp_path, options=before).load_data()
    same, changed = ToyReader(tmp_path, options=before), ToyReader(tmp_path, options=after)
    same.load_data()
    capsys.readouterr()
    changed.load_data()
    assert (same.n_reads, changed.n_reads) == (0, 1)
    assert f"is of other options (ToyReader, {json.dumps(before)}), reading from" in capsys.readouterr().out


def test_options_are_compared_as_json_has_them(tmp_path: Path) -> None:
    options = {"columns": ("ü", 1, None, 0.1), 3: {"a": True}}
    ToyReader(tmp_path, options=options).load_data()
    reader = ToyReader(tmp_path, options=options)
    reader.load_data()
    assert reader.n_reads == 0


@pytest.mark.parametrize("options", [{"path": Path()}, {"k": float("nan")}])
def test_options_that_json_cannot_hold_are_refused_before_reading(options: Any, tmp_path: Path) -> None:
    reader = ToyReader(tmp_path, options=options)
    with pytest.raises((TypeError, ValueError), match="JSON"):
        reader.load_data()
    assert reader.n_reads == 0


def test_another_reader_of_the_same_data_set_reads_anew_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class StricterReader(ToyReader):
        pass

    ToyReader(tmp_path).load_data()
    reader = StricterReader(tmp_path)
    reader.load_data()
    assert reader.n_reads == 1
    assert "is of other options (ToyReader, {}), reading from" in capsys.readouterr().out


@pytest.mark.parametrize(("keeps", "reload"), [(True, False), (True, True), (False, False)])
def test_another_data_set_in_the_folder_is_refused_and_left_alone(keeps: bool, reload: bool, tmp_path: Path) -> None:
    class OtherReader(ToyReader):
        DATASET_SUBFOLDER = "Other/"
        KEEPS_DATASET = keeps

    write_cache(tmp_path, toy(), TOY_ORIGIN)
    before = files_below(tmp_path)
    reader = OtherReader(tmp_path, reload_from_original_data=reload)
    with pytest.raises(ValueError, match=r"save_folder_path must be a folder that keeps Other.*which keeps Toy"):
        reader.load_data(tmp_path)
    assert reader.n_reads == 0
    assert files_below(tmp_path) == before


def test_archives_of_another_data_set_are_refused_and_left_alone(tmp_path: Path) -> None:
    toy(dataset_name="Other").save_data(tmp_path)
    before = files_below(tmp_path)
    with pytest.raises(ValueError, match=r"that keeps Toy or nothing.*which keeps Other"):
        ToyReader(tmp_path).load_data(tmp_path)
    assert files_below(tmp_path) == before


def test_another_data_set_that_comes_into_the_folder_meanwhile_is_not_given_out(tmp_path: Path) -> None:
    write_cache(tmp_path, toy(dataset_name="Other"), Origin("Other", "ToyReader", {}, ()))
    with pytest.raises(StaleCache, match=r"another data set \(Other\)"):
        read_cache(tmp_path, TOY_ORIGIN)


# --- what is replaced and what is left over ----------------------------------------------------------------------


def test_replaced_folder_is_deleted_and_maps_of_it_stay_whole(tmp_path: Path) -> None:
    write_cache(tmp_path, toy(), TOY_ORIGIN)
    loaded = read_cache(tmp_path, None)
    other = toy(additional_data_mapper=None)
    write_cache(tmp_path, other, TOY_ORIGIN)
    assert_one_good_cache(tmp_path, other)
    if os.name != "nt":
        assert_same_content(loaded, toy())


def test_leftovers_are_deleted_by_the_next_writing_an_hour_after(tmp_path: Path) -> None:
    old, young = tmp_path / f"dataset_cache_{'0' * 16}", tmp_path / f"dataset_cache_{'1' * 16}"
    not_ours = [tmp_path / name for name in ("dataset_cache_of_mine", "dataset_cache_", "other", f"x{old.name}")]
    for path in (old, young, *not_ours):
        path.mkdir()
        (path / "array.npy").write_bytes(b"half")
        hours = 0.9 if path == young else 1.1
        os.utime(path, (time.time() - hours * 3600,) * 2)
    write_cache(tmp_path, toy(), TOY_ORIGIN)
    assert not old.exists()
    assert all((path / "array.npy").is_file() for path in (young, *not_ours))


def test_cache_in_force_is_no_leftover_however_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cache(tmp_path, toy(), TOY_ORIGIN)
    os.utime(arrays_folders(tmp_path)[0], (1, 1))

    def fail(*args: Any) -> None:
        raise OSError("no")

    monkeypatch.setattr(cache_module, "_write_files", fail)
    with pytest.raises(OSError, match="no"):
        write_cache(tmp_path, toy(), TOY_ORIGIN)
    assert_one_good_cache(tmp_path, toy())


@pytest.mark.parametrize("where", ["_write_array", "DataIO", "write_manifest"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, OSError])
def test_interrupted_writing_leaves_the_old_cache(
    where: str, error: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cache(tmp_path, toy(), TOY_ORIGIN)

    def interrupted(*args: Any) -> None:
        raise error("interrupted")

    monkeypatch.setattr(cache_module, where, interrupted)
    with pytest.raises(error):
        write_cache(tmp_path, toy(additional_data_mapper=None), TOY_ORIGIN)
    monkeypatch.undo()
    assert_one_good_cache(tmp_path, toy())


def test_ctrl_c_when_the_manifest_has_just_been_replaced_leaves_the_new_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cache(tmp_path, toy(), TOY_ORIGIN)
    sync = _atomic_file._sync_folder

    def interrupted(folder: Path) -> None:
        sync(folder)
        if folder == tmp_path:
            raise KeyboardInterrupt

    monkeypatch.setattr(_atomic_file, "_sync_folder", interrupted)
    other = toy(additional_data_mapper=None)
    with pytest.raises(KeyboardInterrupt):
        write_cache(tmp_path, other, TOY_ORIGIN)
    assert_same_content(read_cache(tmp_path, None), other)


@pytest.mark.parametrize("after", ["others", "hashes", "first array"])
def test_cache_that_is_replaced_while_it_is_read_is_read_anew(
    after: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest has been read; what it names is deleted before, or between, the openings of its files."""
    write_cache(tmp_path, toy(), TOY_ORIGIN)
    newer = toy(additional_data_mapper=None)
    name = {"others": "DataIO", "hashes": "check_files", "first array": "_load_ids"}[after]
    original = getattr(cache_module, name)

    def replaced_first(*args: Any) -> Any:
        monkeypatch.undo()
        write_cache(tmp_path, newer, TOY_ORIGIN)
        return original(*args)

    monkeypatch.setattr(cache_module, name, replaced_first)
    if after == "first array":  # everything is mapped by then, and of one cache
        assert_same_content(read_cache(tmp_path, TOY_ORIGIN), toy())
    else:
        assert_same_content(read_cache(tmp_path, TOY_ORIGIN), newer)
    assert_same_content(read_cache(tmp_path, TOY_ORIGIN), newer)


def test_cache_that_is_deleted_while_it_is_read_counts_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_cache(tmp_path, toy(), TOY_ORIGIN)
    original = cache_module.check_files

    def deleted_first(*args: Any) -> None:
        shutil.rmtree(tmp_path)
        original(*args)

    monkeypatch.setattr(cache_module, "check_files", deleted_first)
    with pytest.raises(FileNotFoundError):
        read_cache(tmp_path, TOY_ORIGIN)
    monkeypatch.undo()
    assert_same_content(ToyReader(tmp_path).load_data(tmp_path), toy())


def test_manifest_comes_last_and_is_renamed_into_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    renamed: list[str] = []
    replace = _atomic_file._replace

    def watched(temporary: Path, target: Path) -> None:
        if target.name == MANIFEST:
            assert not target.exists()
            assert sorted(path.name for path in arrays_folders(tmp_path)[0].iterdir()) == FILES
        renamed.append(target.name)
        replace(temporary, target)

    monkeypatch.setattr(_atomic_file, "_replace", watched)
    write_cache(tmp_path, toy(), TOY_ORIGIN)
    assert renamed == ["others.zip", MANIFEST]


# --- archives ----------------------------------------------------------------------------------------------------


def test_archives_are_loaded_where_they_are_found_and_no_cache_is_made_of_them(tmp_path: Path) -> None:
    folder = tmp_path / "Toy" / "original"
    toy().save_data(folder)
    before = files_below(folder)
    reader = ToyReader(tmp_path)
    assert_same_content(reader.load_data(), toy())
    assert reader.n_reads == 0
    assert files_below(folder) == before


def test_save_data_writes_archives_which_load_data_prefers(tmp_path: Path) -> None:
    write_cache(tmp_path, toy(), TOY_ORIGIN)
    other = toy(additional_data_mapper=None)
    other.save_data(tmp_path)
    loaded = Dataset()
    loaded.load_data(tmp_path)
    assert_same_content(loaded, other)
    reader = ToyReader(tmp_path)
    assert_same_content(reader.load_data(tmp_path), toy())  # what it was read from is known of the cache alone
    assert reader.n_reads == 0


def test_cache_is_written_beside_damaged_archives_and_goes_before_them(tmp_path: Path) -> None:
    toy().save_data(tmp_path)
    _truncate(tmp_path / "dataset_URM.zip")
    reader = ToyReader(tmp_path)
    with pytest.warns(UserWarning, match=r"made anew.*dataset_URM.zip"):
        reader.load_data(tmp_path)
    assert_same_content(reader.load_data(tmp_path), toy())
    assert reader.n_reads == 1


def test_failed_load_data_leaves_the_data_set_as_it_was(tmp_path: Path) -> None:
    write_cache(tmp_path, toy(), TOY_ORIGIN)
    _flip(arrays_folders(tmp_path)[0] / FILES[0])
    dataset = toy(dataset_name="Mine")
    with pytest.raises(ValueError, match="is damaged"):
        dataset.load_data(tmp_path)
    assert_same_content(dataset, toy(dataset_name="Mine"))


# --- folders -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["with space", "日本 Zoë", "a'b\"c", "100%", "[ab]*" if os.name != "nt" else "[ab]", "x" * 200]
)
def test_folder_may_have_any_name(name: str, tmp_path: Path) -> None:
    if os.name == "nt" and '"' in name:
        pytest.skip("Windows has no such names")
    reader = ToyReader(tmp_path / name)
    reader.load_data()
    assert_same_content(reader.load_data(), toy())
    assert reader.n_reads == 1
    (tmp_path / name / "Toy" / "original" / f"dataset_cache_{'0' * 16}").mkdir()
    os.utime(tmp_path / name / "Toy" / "original" / f"dataset_cache_{'0' * 16}", (1, 1))
    ToyReader(tmp_path / name, reload_from_original_data=True).load_data()
    assert_one_good_cache(tmp_path / name / "Toy" / "original", toy())


def test_folder_may_have_dots_and_be_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path / "a")
    for folder in ("b/../c", "../d", "."):
        reader = ToyReader(Path(folder))
        reader.load_data()
        reader.load_data(f"{folder}/Toy/../Toy/original/")
        assert reader.n_reads == 1


def test_cache_may_be_copied_and_moved(tmp_path: Path) -> None:
    ToyReader(tmp_path / "here").load_data()
    shutil.copytree(tmp_path / "here", tmp_path / "there")
    (tmp_path / "here").rename(tmp_path / "elsewhere")
    for name in ("there", "elsewhere"):
        reader = ToyReader(tmp_path / name)
        assert_same_content(reader.load_data(), toy())
        assert reader.n_reads == 0


@pytest.mark.skipif(os.name == "nt", reason="a symbolic link needs a privilege on Windows")
def test_folder_may_be_a_link_and_a_link_to_nowhere_is_said(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk", target_is_directory=True)
    reader = ToyReader(tmp_path)
    reader.load_data(tmp_path / "link")
    reader.load_data(tmp_path / "link")
    assert reader.n_reads == 1
    assert_one_good_cache(tmp_path / "disk", toy())

    (tmp_path / "dangling").symlink_to(tmp_path / "unplugged")
    with pytest.warns(UserWarning, match="cannot be written") as caught:
        assert_same_content(reader.load_data(tmp_path / "dangling"), toy())
    assert len(caught) == 1


@pytest.mark.skipif(os.name == "nt", reason="a symbolic link needs a privilege on Windows")
def test_what_a_link_leads_to_is_not_deleted(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    write_cache(folder, toy(), TOY_ORIGIN)
    arrays_folders(folder)[0].rename(tmp_path / "larger disk")
    content = _content_of(folder)
    (folder / content["folder"]).symlink_to(tmp_path / "larger disk", target_is_directory=True)
    assert_same_content(read_cache(folder, TOY_ORIGIN), toy())
    write_cache(folder, toy(), TOY_ORIGIN)
    assert sorted(path.name for path in (tmp_path / "larger disk").iterdir()) == FILES


_AS_NOBODY = """
import os, sys, warnings
from pathlib import Path
import pytest
from tests.data_manager.test_dataset_cache import ToyReader, toy, assert_same_content
folder = Path(sys.argv[1])
ToyReader(folder, options={"k": 1}, verbose=False).load_data(folder / "with cache")  # may import what nobody may not
if os.getuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
for name, n_warnings in (("with cache", 0), ("stale", 1), ("empty", 1), ("closed", 1)):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        reader = ToyReader(folder, options={"k": 1}, verbose=False)
        assert_same_content(reader.load_data(folder / name), toy())
    messages = [str(warning.message) for warning in caught]
    if name == "closed":
        assert "Permission denied" in messages[-1] and "cannot be written" in messages[-1], messages
    else:
        assert len(messages) == n_warnings and all("cannot be written" in text for text in messages), (name, messages)
    assert reader.n_reads == (name != "with cache")
"""


@pytest.mark.skipif(not hasattr(os, "setuid"), reason="the system has no users of this kind")
def test_folder_that_may_only_be_read_is_read_and_else_no_obstacle() -> None:
    # not in the folder of this run of the tests, which nobody else may enter
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        _check_folders_that_may_only_be_read(Path(name))


def _check_folders_that_may_only_be_read(tmp_path: Path) -> None:
    for name, options in (("with cache", {"k": 1}), ("stale", {"k": 2}), ("empty", None), ("closed", {"k": 1})):
        (tmp_path / name).mkdir()
        if options is not None:
            ToyReader(tmp_path, options=options).load_data(tmp_path / name)
        (tmp_path / name).chmod(0o000 if name == "closed" else 0o555)
    before = [path.name for path in tmp_path.rglob("*")]
    try:
        root = Path(__file__).parents[2]
        subprocess.run([sys.executable, "-c", _AS_NOBODY, str(tmp_path)], cwd=root, check=True)
        assert [path.name for path in tmp_path.rglob("*")] == before
    finally:
        for name in ("with cache", "stale", "empty", "closed"):
            (tmp_path / name).chmod(0o755)


def test_two_readers_with_options_of_their_own_share_a_folder_and_each_gets_its_own(
    source: Path, tmp_path: Path
) -> None:
    second_source = tmp_path / "second" / source.name  # the same name, another file
    second_source.parent.mkdir()
    second_source.write_text("2 2", encoding="utf-8")
    for _ in range(2):
        assert _first_ratings(ToyReader(tmp_path, source).load_data()) == [4, 2]
        assert _first_ratings(ToyReader(tmp_path, second_source).load_data()) == [2, 2]
    assert len(arrays_folders(tmp_path / "Toy" / "original")) == 1


def test_false_hashes_no_source_and_none_is_kept(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = ToyReader(tmp_path, source)
    monkeypatch.setattr(reader, "_source_files", lambda: pytest.fail("asked for its source"))
    assert _first_ratings(reader.load_data(save_folder_path=False)) == [4, 2]
    assert sorted(path.name for path in tmp_path.iterdir()) == [source.name]
