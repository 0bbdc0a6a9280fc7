"""The cache of a data set: plain arrays, which are mapped into memory, and a manifest that says what they came from.

``dataset_cache.json``, the manifest, names a folder beside it and has the size and the hash of every file there. A new
cache is written into a folder of a new name and replaces the old one when the manifest is replaced, so a crash at any
moment leaves the old cache or the new one, and of two processes that write one at once the last one wins. What killed
processes leave is deleted by the next writing. Why a cache is not used: `read_cache` raises the reason, which
`Data_manager._storage.manifest` finds where the origin differs.
"""

import hashlib
import io
import os
import secrets
import shutil
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import scipy.sparse as sps

from Data_manager._matrices.ids import IdIndex
from Data_manager._storage.content import Parts
from Data_manager._storage.hashing import check_files, size_and_hash
from Data_manager._storage.manifest import FOLDER_NAME, MANIFEST, Origin, cache_folder, read_manifest, write_manifest
from recsys_common.archives.folder import ArchiveFolder
from recsys_common.file_lock import held_folder, is_abandoned
from recsys_common.sparse_structure import canonical_fault

_MATRICES = ("URM_dictionary", "ICM_dictionary", "UCM_dictionary")
_IDS = ("user_original_ID_to_index", "item_original_ID_to_index")
_PARTS_OF_MATRIX = ("data", "indices", "indptr")
# the archive of the parts that are small or of no fixed form
_OTHERS = "others.zip"
_N_THREADS = 2


def has_cache(folder: Path) -> bool:
    """Check whether the folder has a manifest."""
    return (folder / MANIFEST).is_file()


def write_cache(folder: Path, parts: Parts, origin: Origin) -> None:
    """Write the parts of a data set as the cache of the folder, which is made if it is missing.

    OSError if it cannot be written, TypeError or ValueError if a further mapper holds what an archive cannot; an older
    cache is then untouched.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(folder)
    arrays_folder = folder / f"dataset_cache_{secrets.token_hex(8)}"
    try:
        with held_folder(arrays_folder):
            content = _write_files(arrays_folder, parts)
            replaced = cache_folder(folder)
            write_manifest(folder, origin, content)
    except BaseException:
        # Ctrl-C can come when the manifest has just been replaced
        if cache_folder(folder) != arrays_folder:
            shutil.rmtree(arrays_folder, ignore_errors=True)
        raise
    if replaced is not None:
        shutil.rmtree(replaced, ignore_errors=True)


def _write_files(folder: Path, parts: Mapping[str, Any]) -> dict[str, Any]:
    """Write all but the manifest, and return what it records: the folder, the names of the matrices, the files."""
    arrays = _arrays_of(parts)
    with ThreadPoolExecutor(_N_THREADS) as threads:
        files = dict(threads.map(lambda item: _write_array(folder, *item), arrays.items()))
    others = {name: value for name, value in parts.items() if name not in (*_MATRICES, *_IDS)}
    others |= {argument: parts[argument].ids.tolist() for argument in _IDS if _ids_name(argument) not in arrays}
    ArchiveFolder(folder.resolve()).save(_OTHERS, others)
    files[_OTHERS] = size_and_hash(folder / _OTHERS)
    names = {argument: list(parts[argument]) for argument in _MATRICES}
    return {"folder": folder.name, "matrices": names, "files": files}


def _arrays_of(parts: Mapping[str, Any]) -> dict[str, npt.NDArray[Any]]:
    """Collect the arrays of all matrices, and the ids that are numbers, by the name of their file."""
    arrays = {}
    for argument in _MATRICES:
        for position, matrix in enumerate(parts[argument].values()):
            for part in _PARTS_OF_MATRIX:
                arrays[_array_name(argument, position, part)] = getattr(matrix, part)
            arrays[_array_name(argument, position, "shape")] = np.array(matrix.shape, dtype=np.int64)
    for argument in _IDS:
        if parts[argument].ids.dtype == np.int64:
            arrays[_ids_name(argument)] = parts[argument].ids
    return arrays


def _array_name(argument: str, position: int, part: str) -> str:
    return f"{argument.lower()}_{position}_{part}.npy"


def _ids_name(argument: str) -> str:
    return f"{argument.lower()}.npy"


def _write_array(folder: Path, name: str, array: npt.NDArray[Any]) -> tuple[str, dict[str, Any]]:
    path = folder / name
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, np.lib.format.header_data_from_array_1_0(array))
    content = np.ascontiguousarray(array).view(np.uint8).data  # the view refuses objects
    digest = hashlib.sha256(header.getvalue())
    digest.update(content)
    # np.save writes large arrays past Python, and its error does not say that the disk is full
    with path.open("wb", buffering=0) as file:
        for part in (memoryview(header.getvalue()), content):
            while part:
                part = part[file.write(part) :]
        os.fsync(file.fileno())
    return name, {"bytes": header.tell() + content.nbytes, "sha256": digest.hexdigest()}


def _remove_leftovers(folder: Path) -> None:
    """Delete the folders that no manifest names, which killed processes have left."""
    for leftover in folder.glob("dataset_cache_*"):
        # the manifest last: it may have come to name the folder meanwhile
        if FOLDER_NAME.fullmatch(leftover.name) and is_abandoned(leftover) and leftover != cache_folder(folder):
            shutil.rmtree(leftover, ignore_errors=True)


def read_cache(folder: Path, origin: Origin | None) -> Parts:
    """Return the cached parts of a data set; the matrices are mapped, and come into memory as they are used.

    FileNotFoundError if there is no cache, StaleCache if it is of another origin than the given one (None allows any),
    ValueError, which names the file, if one is damaged or missing.
    """
    manifest = read_manifest(folder)
    while True:
        try:
            return _read(folder, manifest, origin)
        except FileNotFoundError as error:
            # another process may have replaced the cache in the meantime
            newer = read_manifest(folder)
            if newer["folder"] == manifest["folder"]:
                raise ValueError(f"'{error.filename}' is missing") from error
            manifest = newer


def _read(folder: Path, manifest: Mapping[str, Any], origin: Origin | None) -> Parts:
    try:
        if origin is not None:
            origin.check(manifest)
        arrays_folder = folder / manifest["folder"]
        check_files(arrays_folder, manifest["files"])
        others = ArchiveFolder(arrays_folder.resolve()).load(_OTHERS)
        parts = {
            argument: {
                name: _map_matrix(arrays_folder, argument, position)
                for position, name in enumerate(manifest["matrices"][argument])
            }
            for argument in _MATRICES
        }
        ids = {argument: IdIndex(_load_ids(arrays_folder, argument, others.pop(argument, None))) for argument in _IDS}
        if {*parts, *ids, *others} != {*Parts.__annotations__}:
            raise KeyError(f"'{_OTHERS}' has other names")
        return cast("Parts", {**parts, **ids, **others})
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"'{folder / MANIFEST}' is damaged ({type(error).__name__}: {error})") from error


def _map_matrix(folder: Path, argument: str, position: int) -> sps.csr_matrix:
    paths = {part: folder / _array_name(argument, position, part) for part in (*_PARTS_OF_MATRIX, "shape")}
    try:
        # copy on write: what is done to a matrix in place stays in memory
        data, indices, indptr, shape = (
            np.asarray(np.load(path, mmap_mode="c", allow_pickle=False)) for path in paths.values()
        )
        if indices.dtype.kind != "i" or indptr.dtype.kind != "i":  # scipy would cut their fractions off
            raise ValueError("its indices and pointers must be integers")
        n_rows, n_cols = shape.tolist()
        matrix = sps.csr_matrix((data, indices, indptr), shape=(n_rows, n_cols))
        fault = canonical_fault(matrix)
        if fault is not None:
            raise ValueError(f"the matrix has {fault}")
        matrix.has_canonical_format = True
    except (ValueError, TypeError, EOFError, OverflowError, SyntaxError) as error:
        raise ValueError(f"'{paths['indices']}' and the files of its matrix are damaged ({error})") from error
    return matrix


def _load_ids(folder: Path, argument: str, texts: list[str] | None) -> npt.NDArray[Any]:
    if texts is not None:
        return np.array(texts, dtype=object)
    ids: npt.NDArray[Any] = np.load(folder / _ids_name(argument), allow_pickle=False)
    return ids
