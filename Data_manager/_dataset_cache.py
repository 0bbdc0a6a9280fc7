"""A data set kept as plain arrays, which are mapped into memory, and a manifest that says what they were made from.

``dataset_cache.json``, the manifest, names a folder beside it and has the size and the hash of every file there. A
cache is written into a folder of a new name and comes into force when the manifest is replaced, so a crash at any
moment leaves the old cache or the new one, and of two processes that build it at once the last one wins.
"""

import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager._archive_group import sha256_of_file
from Data_manager._id_index import IdIndex
from Data_manager.Dataset import Dataset
from Recommenders._atomic_file import atomic_path
from Recommenders.DataIO import DataIO

MANIFEST = "dataset_cache.json"
FORMAT_VERSION = 1

_MATRICES = ("URM_dictionary", "ICM_dictionary", "UCM_dictionary")
_IDS = ("user_original_ID_to_index", "item_original_ID_to_index")
_PARTS_OF_MATRIX = ("data", "indices", "indptr")
# what is small or has no fixed form
_OTHERS = "others.zip"
_FILE_NAME = re.compile(r"[a-z0-9_]+\.(npy|zip)")
_FOLDER_NAME = re.compile(r"dataset_cache_[0-9a-f]{16}")
_LEFTOVER_SECONDS = 60 * 60
_N_THREADS = 2


class StaleCache(ValueError):
    """A whole cache of something else than what is asked for; the message says what differs."""


@dataclass(frozen=True)
class Origin:
    """What a data set is made from.

    Parameters
    ----------
    dataset_name, reader : str
    options : mapping of str to what JSON holds
        The reader's options, as far as the data set depends on them.
    sources : tuple of dict
        Name, size in bytes and SHA-256 of each original file; empty if they are not there, or the reader has none.
    """

    dataset_name: str
    reader: str
    options: Mapping[str, Any]
    sources: tuple[Mapping[str, Any], ...]

    def check(self, manifest: Mapping[str, Any]) -> None:
        """Raise StaleCache if the manifest is of another origin."""
        if (manifest["reader"], manifest["options"]) != (self.reader, json.loads(json.dumps(self.options))):
            raise StaleCache(f"other options ({manifest['reader']}, {json.dumps(manifest['options'])})")
        if self.sources and manifest["sources"] != [dict(source) for source in self.sources]:
            names = ", ".join(str(source["name"]) for source in manifest["sources"][:3])
            raise StaleCache(f"another edition of the original files ({names})")


def describe_sources(paths: Iterable[Path]) -> tuple[Mapping[str, Any], ...]:
    """Name, size and hash of files, in the form of `Origin.sources`."""
    with ThreadPoolExecutor(_N_THREADS) as threads:
        return tuple(threads.map(lambda path: {"name": path.name, **_fingerprint(path)}, paths))


def _fingerprint(path: Path) -> dict[str, Any]:
    return {"bytes": path.stat().st_size, "sha256": sha256_of_file(path)}


def has_cache(folder: Path) -> bool:
    """Whether the folder has a manifest."""
    return (folder / MANIFEST).is_file()


def write_cache(folder: Path, dataset: Dataset, origin: Origin) -> None:
    """Keep the data set in the folder, which is made if it is missing, in the place of an older one.

    Raises
    ------
    OSError
        If it cannot be written; the older one is then untouched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(folder)
    arrays_folder = folder / f"dataset_cache_{secrets.token_hex(8)}"
    parts = dataset._arguments()
    try:
        arrays_folder.mkdir()
        names = {argument: list(parts[argument]) for argument in _MATRICES}
        arrays = _arrays_of(parts)
        with ThreadPoolExecutor(_N_THREADS) as threads:
            files = dict(threads.map(lambda item: _write_array(arrays_folder, *item), arrays.items()))
        DataIO(arrays_folder).save_data(_OTHERS, _others_of(parts, arrays))
        files[_OTHERS] = _fingerprint(arrays_folder / _OTHERS)
        manifest = {
            "format_version": FORMAT_VERSION,
            "dataset_name": origin.dataset_name,
            "reader": origin.reader,
            "options": origin.options,
            "sources": origin.sources,
            "folder": arrays_folder.name,
            "matrices": names,
            "files": files,
        }
        replaced = _folder_in_force(folder)
        with atomic_path(folder / MANIFEST) as path:
            path.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    except BaseException:
        shutil.rmtree(arrays_folder, ignore_errors=True)
        raise
    if replaced is not None:
        shutil.rmtree(replaced, ignore_errors=True)


def _arrays_of(parts: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]]:
    """The arrays of all matrices, and the ids that are numbers, by the name of their file."""
    arrays = {}
    for argument in _MATRICES:
        for position, matrix in enumerate(parts[argument].values()):
            for part in _PARTS_OF_MATRIX:
                arrays[_array_name(argument, position, part)] = getattr(matrix, part)
            arrays[_array_name(argument, position, "shape")] = np.array(matrix.shape, dtype=np.int64)
    for argument in _IDS:
        if parts[argument].ids.dtype == np.int64:
            arrays[f"{argument.lower()}.npy"] = parts[argument].ids
    return arrays


def _array_name(argument: str, position: int, part: str) -> str:
    return f"{argument.lower()}_{position}_{part}.npy"


def _others_of(parts: Mapping[str, Any], arrays: Mapping[str, Any]) -> dict[str, Any]:
    others = {name: value for name, value in parts.items() if name not in (*_MATRICES, *_IDS)}
    for argument in _IDS:
        if f"{argument.lower()}.npy" not in arrays:
            others[argument] = parts[argument].ids.tolist()
    return others


def _write_array(folder: Path, name: str, array: npt.NDArray[Any]) -> tuple[str, dict[str, Any]]:
    path = folder / name
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return name, _fingerprint(path)


def _remove_leftovers(folder: Path) -> None:
    """Delete what killed processes have left: folders that no manifest names, an hour after."""
    in_force = _folder_in_force(folder)
    for leftover in folder.glob("dataset_cache_*"):
        with suppress(OSError):  # another process may be deleting it
            is_old = time.time() - leftover.stat().st_mtime > _LEFTOVER_SECONDS
            if is_old and leftover.is_dir() and leftover != in_force:
                shutil.rmtree(leftover, ignore_errors=True)


def _folder_in_force(folder: Path) -> Path | None:
    try:
        return folder / str(_read_manifest(folder)["folder"])
    except (OSError, ValueError):
        return None


def _read_manifest(folder: Path) -> dict[str, Any]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        version = manifest["format_version"]
        if version != FORMAT_VERSION:
            raise StaleCache(f"format version {version}, not {FORMAT_VERSION}")
        files_are_safe = all(_FILE_NAME.fullmatch(name) for name in manifest["files"])
        if not (files_are_safe and _FOLDER_NAME.fullmatch(manifest["folder"])):
            raise ValueError("a name that leaves the folder")
    except (KeyError, TypeError, AttributeError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"'{path}' is damaged ({type(error).__name__}: {error})") from error
    return dict(manifest)


def read_cache(folder: Path, origin: Origin | None) -> Dataset:
    """The data set that the folder keeps; its matrices are mapped, and come into memory as they are used.

    Parameters
    ----------
    folder : Path
    origin : Origin or None
        What it must be of; None: whatever it is.

    Raises
    ------
    FileNotFoundError
        If the folder keeps none.
    StaleCache
        If what it keeps is of another origin.
    ValueError
        If a file of the cache is damaged or missing; it is named.
    """
    manifest = _read_manifest(folder)
    while True:
        try:
            return _read(folder, manifest, origin)
        except FileNotFoundError as error:
            # another process may have replaced the cache in the meantime
            newer = _read_manifest(folder)
            if newer["folder"] == manifest["folder"]:
                raise ValueError(f"'{error.filename}' is missing") from error
            manifest = newer


def _read(folder: Path, manifest: Mapping[str, Any], origin: Origin | None) -> Dataset:
    try:
        if origin is not None:
            if manifest["dataset_name"] != origin.dataset_name:
                raise OtherDataset(str(manifest["dataset_name"]))
            origin.check(manifest)
        arrays_folder = folder / manifest["folder"]
        _check_files(arrays_folder, manifest["files"])
        others = DataIO(arrays_folder).load_data(_OTHERS)
        parts = {
            argument: {
                name: _map_matrix(arrays_folder, argument, position)
                for position, name in enumerate(manifest["matrices"][argument])
            }
            for argument in _MATRICES
        }
        ids = {argument: IdIndex(_load_ids(arrays_folder, argument, others.pop(argument, None))) for argument in _IDS}
        return Dataset._of_parts(**parts, **ids, **others)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"'{folder / MANIFEST}' is damaged ({type(error).__name__}: {error})") from error


class OtherDataset(ValueError):
    """The folder keeps a data set of another name, which is the message."""


def _check_files(folder: Path, files: Mapping[str, Any]) -> None:
    with ThreadPoolExecutor(_N_THREADS) as threads:
        found = threads.map(lambda name: _fingerprint(folder / name), files)
        for name, fingerprint in zip(files, found):
            if fingerprint != files[name]:
                raise ValueError(f"'{folder / name}' is damaged")


def _map_matrix(folder: Path, argument: str, position: int) -> sps.csr_matrix:
    # copy on write: what is done to a matrix in place stays in memory
    data, indices, indptr = (
        np.asarray(np.load(folder / _array_name(argument, position, part), mmap_mode="c", allow_pickle=False))
        for part in _PARTS_OF_MATRIX
    )
    n_rows, n_cols = np.load(folder / _array_name(argument, position, "shape"), allow_pickle=False).tolist()
    matrix = sps.csr_matrix((data, indices, indptr), shape=(n_rows, n_cols))
    matrix.check_format(full_check=True)
    matrix.has_canonical_format = True
    return matrix


def _load_ids(folder: Path, argument: str, texts: list[str] | None) -> npt.NDArray[Any]:
    if texts is not None:
        return np.array(texts, dtype=object)
    ids: npt.NDArray[Any] = np.load(folder / f"{argument.lower()}.npy", allow_pickle=False)
    return ids
