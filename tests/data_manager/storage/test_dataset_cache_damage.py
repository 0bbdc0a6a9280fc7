"""A file or a manifest that is damaged is named, and made anew."""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps

from Data_manager._storage.hashing import size_and_hash
from Data_manager._storage.manifest import MANIFEST, StaleCache
from Data_manager.Dataset import Dataset
from Recommenders.DataIO import DataIO
from tests.data_manager.storage.toy_cache import (
    FILES,
    TOY_ORIGIN,
    ToyReader,
    arrays_folders,
    assert_one_good_cache,
    assert_rebuilt_with_warning,
    cache,
    cached,
    content_of,
    flip_byte,
)
from tests.reference.data_toy import assert_same_content, toy


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


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
    flip_byte,
    _flip_header,
    _truncate,
    _extend,
    _empty,
    Path.unlink,
    _replace_by_folder,
]


def test_a_cache_has_four_arrays_for_each_matrix_and_one_archive() -> None:
    assert len(FILES) == 5 * 4 + 1


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__.strip("_"))
def test_damaged_file_is_named_and_rebuilt(damage: Callable[[Path], None], tmp_path: Path) -> None:
    for name in FILES:
        folder = tmp_path / name
        cache(folder, toy())
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
    cache(tmp_path / "other", other)
    for name in FILES:
        folder = tmp_path / name
        cache(folder, toy())
        shutil.copy(arrays_folders(tmp_path / "other")[0] / name, arrays_folders(folder)[0] / name)
        assert_rebuilt_with_warning(folder, name)
        assert_one_good_cache(folder, toy())


def test_missing_folder_of_arrays_is_named_and_rebuilt(tmp_path: Path) -> None:
    cache(tmp_path, toy())
    missing = arrays_folders(tmp_path)[0]
    shutil.rmtree(missing)
    assert_rebuilt_with_warning(tmp_path, missing.name)
    assert_one_good_cache(tmp_path, toy())


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
    cache(tmp_path, toy())
    path = tmp_path / MANIFEST
    before = path.read_bytes()
    path.write_bytes(BYTES_OF_MANIFEST[name](before))
    assert path.read_bytes() != before
    assert_rebuilt_with_warning(tmp_path, MANIFEST)
    assert_same_content(cached(tmp_path), toy())


def test_every_flipped_bit_of_the_manifest_is_named_or_changes_nothing(tmp_path: Path) -> None:
    """White space is all that may differ."""
    cache(tmp_path, toy())
    path = tmp_path / MANIFEST
    text = path.read_bytes()
    rng = np.random.default_rng(0)
    n_named = 0
    for position in rng.choice(len(text), 150, replace=False).tolist():
        flipped = bytearray(text)
        flipped[position] ^= 1 << int(rng.integers(8))
        path.write_bytes(bytes(flipped))
        try:
            loaded = cached(tmp_path, TOY_ORIGIN)
        except ValueError as error:
            assert MANIFEST in str(error) and "damaged" in str(error)
            n_named += 1
        else:
            assert_same_content(loaded, toy())
    assert n_named > 100


KEYS = ("format_version", "dataset_name", "reader", "options", "sources", "folder", "matrices", "files", "sha256")


def test_manifest_has_these_keys(tmp_path: Path) -> None:
    cache(tmp_path, toy())
    assert sorted(content_of(tmp_path)) == sorted(KEYS)


@pytest.mark.parametrize("value", [None, 5, "text", [], {}, [1], True, "missing"], ids=repr)
@pytest.mark.parametrize("key", KEYS)
def test_manifest_with_a_value_of_another_type_is_named_and_rebuilt(key: str, value: object, tmp_path: Path) -> None:
    cache(tmp_path, toy())
    content = content_of(tmp_path)
    if content.get(key) == value and type(content.get(key)) is type(value):
        return
    content[key] = value
    if value == "missing":
        del content[key]
    _write_content(tmp_path, content, hashed=False)
    assert_rebuilt_with_warning(tmp_path, MANIFEST)
    assert_same_content(cached(tmp_path), toy())


@pytest.mark.parametrize("value", [None, 5, "text", [1], {"x": 1}], ids=repr)
@pytest.mark.parametrize("key", ["folder", "matrices", "files"])
def test_manifest_of_another_form_is_named_whatever_its_hash(key: str, value: object, tmp_path: Path) -> None:
    cache(tmp_path, toy())
    _write_content(tmp_path, {**content_of(tmp_path), key: value}, hashed=True)
    assert_rebuilt_with_warning(tmp_path, MANIFEST)


@pytest.mark.parametrize("name", ["../x.npy", "/x.npy", "a/x.npy", "..", "x.exe", "C:x.npy", "x.npy\n", ".npy", ""])
def test_name_of_a_file_that_leaves_the_folder_is_refused_whatever_the_hash(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    cache(folder, toy())
    content = content_of(folder)
    content["files"][name] = content["files"][FILES[0]]
    _write_content(folder, content, hashed=True)
    assert_rebuilt_with_warning(folder, MANIFEST)


@pytest.mark.parametrize("name", ["..", ".", "", "../victim", "/", "dataset_cache_0123456789abcdef/..", "VICTIM"])
def test_folder_that_leaves_the_folder_is_neither_read_nor_deleted(name: str, tmp_path: Path) -> None:
    folder, victim = tmp_path / "cache", tmp_path / "victim"
    victim.mkdir()
    (victim / "diary.txt").write_text("dear diary", encoding="utf-8")
    cache(folder, toy())
    real = content_of(folder)["folder"]
    _write_content(folder, {**content_of(folder), "folder": name.replace("VICTIM", str(victim))}, hashed=True)
    assert_rebuilt_with_warning(folder, MANIFEST)
    assert (victim / "diary.txt").is_file()
    assert (folder / real).is_dir()  # young, so it may be what another process is writing


def _forge_others(folder: Path, change: dict[str, Any]) -> None:
    """Change the parts that the cache has in an archive, None for one that is left out, with hashes that are right."""
    cache(folder, toy())
    content = content_of(folder)
    arrays = folder / content["folder"]
    others = DataIO(arrays).load_data("others.zip") | change
    DataIO(arrays).save_data("others.zip", {name: value for name, value in others.items() if value is not None})
    content["files"]["others.zip"] = size_and_hash(arrays / "others.zip")
    _write_content(folder, content, hashed=True)


@pytest.mark.parametrize("change", [{"extra": 1}, {"is_implicit": None}], ids=["extra", "missing"])
def test_parts_of_other_names_than_a_data_set_has_are_refused_whatever_the_hash(
    change: dict[str, Any], tmp_path: Path
) -> None:
    _forge_others(tmp_path, change)
    assert_rebuilt_with_warning(tmp_path, MANIFEST)


def test_a_part_of_another_type_than_a_data_set_has_is_a_value_error_whatever_the_hash(tmp_path: Path) -> None:
    _forge_others(tmp_path, {"additional_data_mapper": 3})
    with pytest.raises(ValueError, match="does not hold one data set"):
        Dataset().load_data(tmp_path)


def test_file_that_the_manifest_has_and_the_folder_lacks_is_named(tmp_path: Path) -> None:
    cache(tmp_path, toy())
    content = content_of(tmp_path)
    content["files"]["extra.npy"] = content["files"][FILES[0]]
    _write_content(tmp_path, content, hashed=True)
    assert_rebuilt_with_warning(tmp_path, "extra.npy")


def test_whole_manifest_of_another_version_is_said_and_replaced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache(tmp_path, toy())
    _write_content(tmp_path, {**content_of(tmp_path), "format_version": 2, "folder": "of its own"}, hashed=True)
    with pytest.raises(StaleCache, match=rf"{MANIFEST}' has version 2, this program 1"):
        Dataset().load_data(tmp_path)
    reader = ToyReader(tmp_path)
    assert_same_content(reader.load_data(tmp_path), toy())
    assert "it has another format" in capsys.readouterr().out
    assert ToyReader(tmp_path).load_data(tmp_path).get_dataset_name() == "Toy"


def test_manifest_that_is_a_folder_is_no_obstacle_and_said(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).mkdir()
    with pytest.warns(UserWarning, match=f"cannot be written.*{MANIFEST}") as caught:
        assert_same_content(ToyReader(tmp_path).load_data(tmp_path), toy())
    assert len(caught) == 1
    assert arrays_folders(tmp_path) == []


def _rewrite(folder: Path, name: str, array: Any) -> None:
    """Replace an array of the cache by one that its manifest believes."""
    path = arrays_folders(folder)[0] / name
    np.save(path, array)
    content = content_of(folder)
    content["files"][name] = {"bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
    _write_content(folder, content, hashed=True)


INDICES = "urm_dictionary_0_indices.npy"


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("indices", lambda indices, indptr: np.repeat(indices[indptr[:-1]], np.diff(indptr))),
        ("indices", lambda indices, indptr: np.concatenate([indices[:2][::-1], indices[2:]])),
        ("indices", lambda indices, indptr: indices + 1000),
        ("indices", lambda indices, indptr: indices.astype(float)),
        ("indptr", lambda indices, indptr: np.where(np.arange(indptr.size) == 1, 10**6, indptr)),
        ("indptr", lambda indices, indptr: indptr[::-1]),
    ],
    ids=["one column twice", "descending", "beyond the shape", "fractions", "up and down", "backwards"],
)
def test_a_matrix_that_no_data_set_has_is_named_and_rebuilt_whatever_the_hash(
    part: str, change: Callable[[Any, Any], Any], tmp_path: Path
) -> None:
    cache(tmp_path, toy())
    folder = arrays_folders(tmp_path)[0]
    indices, indptr = np.load(folder / INDICES), np.load(folder / INDICES.replace("indices", "indptr"))
    _rewrite(tmp_path, INDICES.replace("indices", part), change(indices, indptr))
    assert_rebuilt_with_warning(tmp_path, INDICES)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes on this system")
@pytest.mark.parametrize("name", [INDICES, "others.zip"])
def test_a_pipe_in_the_cache_is_named_and_not_waited_for(name: str, tmp_path: Path) -> None:
    cache(tmp_path, toy())
    path = arrays_folders(tmp_path)[0] / name
    path.unlink()
    os.mkfifo(path)
    assert_rebuilt_with_warning(tmp_path, name)
