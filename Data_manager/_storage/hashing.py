"""Hashes: of a file, to see that it is whole and the right one, and of the content of a data set, to tell two apart."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sps

from recsys_common.files import open_regular

# Python is needed between two chunks, and in a busy process it is waited for each time
_CHUNK_BYTES = 2**24
_N_THREADS = 2


def hash_file(path: Path, algorithm: str) -> str:
    """Return the hexadecimal hash of a regular file's content, by "sha256" or "md5"."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with open_regular(path, buffering=0) as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def size_and_hash(path: Path) -> dict[str, Any]:
    """Return the size in bytes and the SHA-256 of a file, as a manifest has them."""
    return {"bytes": path.stat().st_size, "sha256": hash_file(path, "sha256")}


def describe_sources(paths: Iterable[Path]) -> tuple[Mapping[str, Any], ...]:
    """Return name, size and hash of original files; nothing if one of them cannot be read, as its reader will say."""
    try:
        with ThreadPoolExecutor(_N_THREADS) as threads:
            return tuple(threads.map(lambda path: {"name": path.name, **size_and_hash(path)}, paths))
    except (OSError, ValueError):
        return ()


def check_files(folder: Path, files: Mapping[str, Any]) -> None:
    """Raise ValueError, with its path, for a file of another size or hash, FileNotFoundError for a missing one."""
    with ThreadPoolExecutor(_N_THREADS) as threads:
        found = threads.map(lambda name: size_and_hash(folder / name), files)
        for name, of_file in zip(files, found):
            if of_file != files[name]:
                raise ValueError(f"'{folder / name}' is damaged")


def dataset_fingerprint(parts: Mapping[str, Any]) -> str:
    """Return the SHA-256 over all matrices and mappers of a data set, as 64 hexadecimal digits.

    The same content gives the same text on every machine and for every dtype that holds the values exactly; the name of
    the data set does not matter. Half a second at 10 million ratings.
    """
    digest = hashlib.sha256()
    for name in ("user_original_ID_to_index", "item_original_ID_to_index"):
        digest.update(json.dumps(list(map(str, parts[name].ids.tolist()))).encode())
    for kind in ("URM", "ICM", "UCM"):
        for name, matrix in sorted(parts[f"{kind}_dictionary"].items()):
            _update_with_matrix(digest, name, matrix)
        for name, mapper in sorted(parts.get(f"{kind}_feature_mapper_dictionary", {}).items()):
            digest.update(json.dumps([name, sorted(mapper.items(), key=lambda pair: pair[1])]).encode())
    return digest.hexdigest()


def _update_with_matrix(digest: "hashlib._Hash", name: str, matrix: sps.csr_matrix) -> None:
    digest.update(json.dumps([name, list(map(int, matrix.shape)), int(matrix.nnz)]).encode())
    # one width and byte order, however scipy stores the indices and the reader the values
    for array, dtype in ((matrix.indptr, "<i8"), (matrix.indices, "<i8"), (matrix.data, "<f8")):
        digest.update(np.ascontiguousarray(array, dtype=dtype).data)
