"""What a reader caches comes back as it was, and a new cache replaces the old one as a whole."""

import os
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sps

import Data_manager._storage.cache as cache_module
from Data_manager._storage.manifest import MANIFEST
from Data_manager.Dataset import Dataset
from recsys_common import atomic_file
from recsys_common.file_lock import held_folder
from tests.data_manager.storage.toy_cache import (
    FILES,
    TOY_ORIGIN,
    ToyReader,
    arrays_folders,
    assert_one_good_cache,
    cache,
    cached,
    files_below,
)
from tests.reference.data_toy import assert_same_content, toy


@pytest.fixture(autouse=True)
def _no_waiting_for_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


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
    cache(tmp_path, dataset)
    loaded = cached(tmp_path, TOY_ORIGIN)
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
    cache(tmp_path, dataset)
    loaded = cached(tmp_path)
    assert loaded.get_user_original_IDs().dtype == np.int64
    assert loaded.get_user_original_IDs().tolist() == [0, 1, 2]
    assert loaded.get_item_original_IDs().tolist() == ["a", "b", "c", "d"]
    assert loaded.get_item_original_ID_to_index_mapper() == {"a": 0, "b": 1, "c": 2, "d": 3}


def _is_mapped(array: Any) -> bool:
    while isinstance(array, np.ndarray) and not isinstance(array, np.memmap):
        array = array.base
    return isinstance(array, np.memmap)


def test_matrices_are_mapped_and_what_is_done_to_them_reaches_no_file(tmp_path: Path) -> None:
    cache(tmp_path, toy())
    before = files_below(tmp_path)
    loaded = cached(tmp_path)
    for matrix in loaded.AVAILABLE_URM.values():
        for part in (matrix.data, matrix.indices, matrix.indptr):
            assert _is_mapped(part)
        matrix.data *= 7
        matrix.indices[:] = 0
        matrix.sort_indices()
    del loaded
    assert files_below(tmp_path) == before
    assert_same_content(cached(tmp_path), toy())


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
        cache(tmp_path, dataset)
    assert list(tmp_path.iterdir()) == []


def test_further_mapper_that_cannot_be_saved_is_named_and_leaves_the_old_cache(tmp_path: Path) -> None:
    cache(tmp_path, toy())
    with pytest.raises(TypeError, match=r"additional_data_mapper.*got a set"):
        cache(tmp_path, toy(additional_data_mapper={"m": {"a": {1}}}))
    assert_one_good_cache(tmp_path, toy())


def test_replaced_folder_is_deleted_and_maps_of_it_stay_whole(tmp_path: Path) -> None:
    cache(tmp_path, toy())
    loaded = cached(tmp_path)
    other = toy(additional_data_mapper=None)
    cache(tmp_path, other)
    assert_one_good_cache(tmp_path, other)
    if os.name != "nt":
        assert_same_content(loaded, toy())


def test_leftovers_are_deleted_by_the_next_writing_unless_somebody_writes_them(tmp_path: Path) -> None:
    served, killed, living, young = (tmp_path / f"dataset_cache_{number * 16}" for number in "0123")
    not_ours = [tmp_path / name for name in ("dataset_cache_of_mine", "dataset_cache_", "other", f"x{served.name}")]
    for path in (served, young, *not_ours):
        path.mkdir()
    with held_folder(killed), held_folder(living):
        shutil.copytree(killed, tmp_path / "copy")
        for path in (served, killed, living, young, *not_ours):
            (path / "array.npy").write_bytes(b"half")
            if path != young:
                os.utime(path, (time.time() - 100,) * 2)
        shutil.rmtree(killed)
        (tmp_path / "copy").rename(killed)  # as it was, but for the lock
        os.utime(killed, (time.time() - 100,) * 2)
        cache(tmp_path, toy())
        assert not served.exists() and not killed.exists()
        assert all((path / "array.npy").is_file() for path in (living, young, *not_ours))


def test_cache_that_the_manifest_names_is_no_leftover_however_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache(tmp_path, toy())
    os.utime(arrays_folders(tmp_path)[0], (1, 1))

    def fail(*args: Any) -> None:
        raise OSError("no")

    monkeypatch.setattr(cache_module, "_write_files", fail)
    with pytest.raises(OSError, match="no"):
        cache(tmp_path, toy())
    assert_one_good_cache(tmp_path, toy())


@pytest.mark.parametrize("where", ["_write_array", "ArchiveFolder", "write_manifest"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, OSError])
def test_interrupted_writing_leaves_the_old_cache(
    where: str, error: type[BaseException], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache(tmp_path, toy())

    def interrupted(*args: Any) -> None:
        raise error("interrupted")

    monkeypatch.setattr(cache_module, where, interrupted)
    with pytest.raises(error):
        cache(tmp_path, toy(additional_data_mapper=None))
    monkeypatch.undo()
    assert_one_good_cache(tmp_path, toy())


def test_ctrl_c_when_the_manifest_has_just_been_replaced_leaves_the_new_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache(tmp_path, toy())
    sync = atomic_file.sync_folder

    def interrupted(folder: Path) -> None:
        sync(folder)
        if folder == tmp_path:
            raise KeyboardInterrupt

    monkeypatch.setattr(atomic_file, "sync_folder", interrupted)
    other = toy(additional_data_mapper=None)
    with pytest.raises(KeyboardInterrupt):
        cache(tmp_path, other)
    assert_same_content(cached(tmp_path), other)


@pytest.mark.parametrize("after", ["others", "hashes", "first array"])
def test_cache_that_is_replaced_while_it_is_read_is_read_anew(
    after: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The manifest has been read; what it names is deleted before, or between, the openings of its files."""
    cache(tmp_path, toy())
    newer = toy(additional_data_mapper=None)
    name = {"others": "ArchiveFolder", "hashes": "check_files", "first array": "_load_ids"}[after]
    original = getattr(cache_module, name)

    def replaced_first(*args: Any) -> Any:
        monkeypatch.undo()
        cache(tmp_path, newer)
        return original(*args)

    monkeypatch.setattr(cache_module, name, replaced_first)
    if after == "first array":  # everything is mapped by then, and of one cache
        assert_same_content(cached(tmp_path, TOY_ORIGIN), toy())
    else:
        assert_same_content(cached(tmp_path, TOY_ORIGIN), newer)
    assert_same_content(cached(tmp_path, TOY_ORIGIN), newer)


def test_cache_that_is_deleted_while_it_is_read_counts_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache(tmp_path, toy())
    original = cache_module.check_files

    def deleted_first(*args: Any) -> None:
        shutil.rmtree(tmp_path)
        original(*args)

    monkeypatch.setattr(cache_module, "check_files", deleted_first)
    with pytest.raises(FileNotFoundError):
        cached(tmp_path, TOY_ORIGIN)
    monkeypatch.undo()
    assert_same_content(ToyReader(tmp_path).load_data(tmp_path), toy())


def test_manifest_comes_last_and_is_renamed_into_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    renamed: list[str] = []
    replace = atomic_file.replace_file

    def watched(temporary: Path, target: Path) -> None:
        if target.name == MANIFEST:
            assert not target.exists()
            written = [path.name for path in arrays_folders(tmp_path)[0].iterdir()]
            assert sorted(name for name in written if name != ".in_use") == FILES
        renamed.append(target.name)
        replace(temporary, target)

    monkeypatch.setattr(atomic_file, "replace_file", watched)
    cache(tmp_path, toy())
    assert renamed == ["others.zip", MANIFEST]
