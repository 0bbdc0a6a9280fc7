"""Archives back to dictionaries: members are read straight from the zip, and nothing in a file is trusted."""

import errno
import io
import json
import math
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd
import scipy.sparse as sps

from Recommenders._archive_names import key_problem
from Recommenders._archive_writer import MAX_DEPTH
from Recommenders._data_frame_format import decode_frame

# What an archive may unpack to: data compresses 2 to 20 times, a zip bomb 1,000 times and more.
ALWAYS_ALLOWED_BYTES = 2**30
ALLOWED_RATIO = 200

_END_RECORD = struct.Struct("<4s6xH10x")
_COUNT_IS_ELSEWHERE = 0xFFFF

# What the readers of zip, deflate, npy, JSON and csv raise on bytes that they did not expect.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    struct.error,
    tokenize.TokenError,
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    SyntaxError,
)


class ArchiveError(ValueError):
    """An archive that is damaged, foreign or too large; the text names file and member."""


@dataclass
class _Archive:
    """An open zip, maybe within another one."""

    zip: zipfile.ZipFile
    where: str
    budget: "_Budget"
    depth: int


class _Budget:
    """The bytes that a file and all the zips within it may still unpack to."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._left = limit

    def spend(self, members: list[zipfile.ZipInfo], where: str) -> None:
        self._left -= sum(member.file_size for member in members)
        if self._left < 0:
            raise ArchiveError(
                f"{where} unpacks to more than {self._limit} bytes, which is far beyond what a file of this size "
                "should hold; if it is to be trusted, give DataIO a larger max_load_bytes"
            )


def read_archive(path: Path, max_load_bytes: int | None) -> dict[str, Any]:
    """The dictionary in the file.

    Parameters
    ----------
    path : pathlib.Path
    max_load_bytes : int or None
        What the archive may unpack to; None is 1 GiB or 200 times the size of the file, whichever is larger.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged, foreign, too large unpacked, or holds members that must not be read.
    """
    with path.open("rb") as file:
        if max_load_bytes is None:
            max_load_bytes = max(ALWAYS_ALLOWED_BYTES, ALLOWED_RATIO * os.fstat(file.fileno()).st_size)
        return _read_zip(file, str(path), _Budget(max_load_bytes), depth=0)


@contextmanager
def _damage_named(where: str) -> Iterator[None]:
    try:
        yield
    except ArchiveError:
        raise
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):  # the disk's fault, not the archive's
            raise
        raise ArchiveError(f"{where} is damaged, or not an archive of DataIO: {error}") from error
    except _DAMAGE as error:
        raise ArchiveError(f"{where} is damaged, or not an archive of DataIO: {error}") from error


def _read_zip(file: IO[bytes], where: str, budget: _Budget, depth: int) -> dict[str, Any]:
    if depth > MAX_DEPTH:
        raise ArchiveError(f"{where} is nested more than {MAX_DEPTH} archives deep")
    with _damage_named(where):
        content = zipfile.ZipFile(file)
        _check_number_of_members(file, content)
    with content:
        members = content.infolist()
        if len(set(content.namelist())) < len(members):
            raise ArchiveError(f"{where} has two members of one name")
        budget.spend(members, where)
        archive = _Archive(content, where, budget, depth)
        result: dict[str, Any] = {}
        for member in members:
            with _damage_named(f"{where}: member {member.filename!r}"):
                _check_member(member)
                if member.filename.startswith("."):
                    content.open(member).close()  # compares the two places where its name stands
                    continue
                key, _, extension = member.filename.rpartition(".")
                if key in result:
                    raise ValueError(f"the key {key!r} occurs twice")
                result[key] = _READERS[extension](archive, member)
    return result


def _check_number_of_members(file: IO[bytes], content: zipfile.ZipFile) -> None:
    """One wrong length in the directory can hide the members after it; the count at the end of the zip tells."""
    file.seek(-(_END_RECORD.size + len(content.comment)), io.SEEK_END)
    signature, n_members = _END_RECORD.unpack(file.read(_END_RECORD.size))
    if signature != b"PK\x05\x06" or n_members not in (len(content.infolist()), _COUNT_IS_ELSEWHERE):
        raise zipfile.BadZipFile("its directory is incomplete")


def _check_member(member: zipfile.ZipInfo) -> None:
    name = member.orig_filename
    if name != member.filename or "/" in name or "\\" in name:
        raise ValueError(f"{name!r} is not the name of a file in one flat folder")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"compression method {member.compress_type} is not used in these archives")
    if name.startswith("."):
        return
    key, _, extension = name.rpartition(".")
    if extension not in _READERS:
        raise ValueError(f"there are only members that end in {', '.join(_READERS)}")
    problem = key_problem(key)
    if problem is not None:
        raise ValueError(f"its key is {key!r}, {problem}")


def _read_json(archive: _Archive, member: zipfile.ZipInfo) -> Any:
    return json.loads(archive.zip.read(member))


def _read_nested(archive: _Archive, member: zipfile.ZipInfo) -> dict[str, Any]:
    content = io.BytesIO(archive.zip.read(member))
    return _read_zip(content, f"{archive.where}: member {member.filename!r}", archive.budget, archive.depth + 1)


def _read_frame(archive: _Archive, member: zipfile.ZipInfo) -> pd.DataFrame:
    exact = f".{member.filename.removesuffix('.csv')}.frame.json"
    if exact in archive.zip.namelist():
        return decode_frame(json.loads(archive.zip.read(exact)))
    return pd.read_csv(io.BytesIO(archive.zip.read(member)), index_col=False)


def _refuse_hdf5(archive: _Archive, member: zipfile.ZipInfo) -> Any:
    copy = f".{member.filename.removesuffix('.h5')}.csv"
    hint = f" (a copy to look at is the member {copy!r})" if copy in archive.zip.namelist() else ""
    raise ArchiveError(
        f"{archive.where}: member {member.filename!r} is a data frame in HDF5, where text is kept as pickles: reading "
        f"it can run code that came with the file, so it is refused{hint}. If you trust the file, load it with the "
        'program that wrote it, replace the frame by frame.to_dict("list"), and save it again'
    )


def _read_array_member(archive: _Archive, member: zipfile.ZipInfo) -> np.ndarray:
    with archive.zip.open(member) as file:
        return _read_array(file, member.file_size)


def _read_array(file: IO[bytes], size: int) -> np.ndarray:
    """An npy file of `size` bytes, with no memory taken for more than those."""
    version = np.lib.format.read_magic(file)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"version {version} of the npy format is not read")
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, dtype = read_header(file)
    if dtype.hasobject:
        raise ValueError("it is an array of Python objects, which only a pickle could hold")
    if file.tell() + math.prod(shape) * dtype.itemsize != size:
        raise ValueError(f"shape {shape} and dtype {dtype} do not fit its {size} bytes")
    file.seek(0)
    array: np.ndarray = np.lib.format.read_array(file, allow_pickle=False)
    return array


def _read_sparse(archive: _Archive, member: zipfile.ZipInfo) -> Any:
    with zipfile.ZipFile(io.BytesIO(archive.zip.read(member))) as content:
        archive.budget.spend(content.infolist(), f"{archive.where}: member {member.filename!r}")
        parts = {}
        for part in content.infolist():
            with content.open(part) as file:
                parts[part.filename.removesuffix(".npy")] = _read_array(file, part.file_size)
    form = parts["format"].item()
    form = form.decode("ascii") if isinstance(form, bytes) else form
    n_rows, n_columns = (int(n) for n in parts["shape"])
    if parts["data"].dtype.kind not in "biufc":
        raise ValueError(f"a sparse matrix of dtype {parts['data'].dtype}")
    return _SPARSE_BUILDERS[form](parts, (n_rows, n_columns))


def _compressed(kind: Any) -> Callable[[dict[str, np.ndarray], tuple[int, int]], Any]:
    def build(parts: dict[str, np.ndarray], shape: tuple[int, int]) -> Any:
        indices, indptr = parts["indices"], parts["indptr"]
        # Compiled code follows the indices unchecked; scipy's check lets any pointers pass whose last one is 0.
        if indices.dtype.kind != "i" or indptr.dtype.kind != "i" or (np.diff(indptr) < 0).any():
            raise ValueError("a sparse matrix whose index pointers are no growing integers")
        matrix = kind((parts["data"], indices, indptr), shape=shape)
        matrix.check_format(full_check=True)
        return matrix

    return build


_SPARSE_BUILDERS: dict[str, Callable[[dict[str, np.ndarray], tuple[int, int]], Any]] = {
    "csr": _compressed(sps.csr_matrix),
    "csc": _compressed(sps.csc_matrix),
    "bsr": _compressed(sps.bsr_matrix),
    "coo": lambda parts, shape: sps.coo_matrix((parts["data"], (parts["row"], parts["col"])), shape=shape),
    "dia": lambda parts, shape: sps.dia_matrix((parts["data"], parts["offsets"]), shape=shape),
}

_READERS: dict[str, Callable[[_Archive, zipfile.ZipInfo], Any]] = {
    "json": _read_json,
    "npy": _read_array_member,
    "npz": _read_sparse,
    "zip": _read_nested,
    "csv": _read_frame,
    "h5": _refuse_hdf5,
}
