"""Archives back to dictionaries: members are read straight from the zip, and nothing in a file is trusted."""

import csv
import errno
import io
import json
import os
import shutil
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
import pandas as pd

from recsys_common.archives.arrays import read_array, read_sparse
from recsys_common.archives.budget import (
    ArchiveError,
    Budget,
    cost_of_directory,
    cost_of_json,
    cost_of_members,
    spend_for_csv,
)
from recsys_common.archives.data_frames import decode_frame
from recsys_common.archives.names import key_problem
from recsys_common.archives.writer import MAX_DEPTH
from recsys_common.files import open_regular

_END_RECORD = struct.Struct("<4s6xH10x")
_COUNT_IS_ELSEWHERE = 0xFFFF
_PIECE_BYTES = 2**18

# What the readers of zip, deflate, npy, JSON and csv raise on bytes that they did not expect.
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    csv.Error,
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


@dataclass
class _Archive:
    """An open zip, maybe within another one."""

    zip: zipfile.ZipFile
    where: str
    budget: Budget
    depth: int

    def where_of(self, member: zipfile.ZipInfo) -> str:
        return f"{self.where}: member {member.filename!r}"

    def spend(self, member: zipfile.ZipInfo, n_bytes: int) -> None:
        self.budget.spend(n_bytes, self.where_of(member))


@contextmanager
def _damage_named(where: str) -> Iterator[None]:
    try:
        yield
    except ArchiveError:
        raise
    except MemoryError as error:
        raise MemoryError(f"{where} does not fit into the memory that is left") from error
    except OSError as error:
        if error.errno not in (None, errno.EINVAL):  # the disk's fault, not the archive's
            raise
        raise ArchiveError(f"{where} is damaged, or not an archive of DataIO: {error}") from error
    except _DAMAGE as error:
        raise ArchiveError(f"{where} is damaged, or not an archive of DataIO: {error}") from error


def read_archive(path: Path, max_load_bytes: int | None = None, keys: Collection[str] | None = None) -> dict[str, Any]:
    """The dictionary in the file.

    Parameters
    ----------
    path : pathlib.Path
    max_load_bytes : int or None, default None
        The memory that its values may take, see `DataIO`.
    keys : collection of str or None, default None
        What is to be read: where the file has another key it is refused, before anything of it is read. None
        reads all keys.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is no regular file, damaged, foreign, too large in memory, or holds members that must not be read.
    """
    with open_regular(path) as file:
        budget = Budget(os.fstat(file.fileno()).st_size, max_load_bytes)
        return _read_zip(file, str(path), budget, depth=0, keys=keys)


def _read_zip(
    file: IO[bytes], where: str, budget: Budget, depth: int, keys: Collection[str] | None = None
) -> dict[str, Any]:
    if depth > MAX_DEPTH:
        raise ArchiveError(f"{where} is nested more than {MAX_DEPTH} archives deep")
    with _damage_named(where):
        content = zipfile.ZipFile(file)
        _check_number_of_members(file, content)
    with content:
        archive = _Archive(content, where, budget, depth)
        readers = _planned(archive, keys)
        result: dict[str, Any] = {}
        for key, (member, read) in readers.items():
            with _damage_named(archive.where_of(member)):
                result[key] = read(archive, member)
    return result


def _planned(archive: _Archive, keys: Collection[str] | None) -> dict[str, tuple[zipfile.ZipInfo, "_Reader"]]:
    """The member of each key and what reads it, in the archive's order; nothing has been read when one is refused."""
    members = archive.zip.infolist()
    if archive.depth == 0:  # the directory of a zip within was spent for before it was listed
        archive.budget.spend(cost_of_members(len(members)), archive.where)
    if len({member.filename for member in members}) < len(members):
        raise ArchiveError(f"{archive.where} has two members of one name")
    planned: dict[str, tuple[zipfile.ZipInfo, _Reader]] = {}
    for member in members:
        with _damage_named(archive.where_of(member)):
            _check_member(member)
            if member.filename.startswith("."):
                archive.zip.open(member).close()  # compares the two places where its name stands
                continue
            key, _, extension = member.filename.rpartition(".")
            if key in planned:
                raise ValueError(f"the key {key!r} occurs twice")
            if keys is not None and key not in keys:
                raise ArchiveError(
                    f"{archive.where} must hold nothing but {', '.join(keys)}, got the member {member.filename!r}, "
                    "which has not been read"
                )
            planned[key] = member, _READERS[extension]
    return planned


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


def _content(archive: _Archive, member: zipfile.ZipInfo) -> io.BytesIO:
    archive.spend(member, member.file_size)
    content = io.BytesIO()
    with archive.zip.open(member) as file:
        # zipfile holds twice what it unpacks at once, which without a size is more than the member declares
        shutil.copyfileobj(file, content, _PIECE_BYTES)
    content.seek(0)
    return content


def _read_json(archive: _Archive, member: zipfile.ZipInfo) -> Any:
    content = _content(archive, member).getvalue()
    archive.spend(member, cost_of_json(content))
    return json.loads(content.decode("utf-8-sig"))


def _zip_within(archive: _Archive, member: zipfile.ZipInfo) -> io.BytesIO:
    content = _content(archive, member)
    archive.spend(member, cost_of_directory(content.getvalue()))
    return content


def _read_nested(archive: _Archive, member: zipfile.ZipInfo) -> dict[str, Any]:
    content = _zip_within(archive, member)
    return _read_zip(content, archive.where_of(member), archive.budget, archive.depth + 1)


def _read_frame(archive: _Archive, member: zipfile.ZipInfo) -> pd.DataFrame:
    exact = archive.zip.NameToInfo.get(f".{member.filename.removesuffix('.csv')}.frame.json")
    if exact is not None:
        return decode_frame(_read_json(archive, exact), partial(archive.spend, member))
    content = _content(archive, member)
    spend_for_csv(content.getvalue(), partial(archive.spend, member))
    return pd.read_csv(content, index_col=False)


def _refuse_hdf5(archive: _Archive, member: zipfile.ZipInfo) -> Any:
    copy = f".{member.filename.removesuffix('.h5')}.csv"
    hint = f" (a copy to look at is the member {copy!r})" if copy in archive.zip.namelist() else ""
    raise ArchiveError(
        f"{archive.where}: member {member.filename!r} is a data frame in HDF5, where text is kept as pickles: reading "
        f"it can run code that came with the file, so it is refused{hint}. If you trust the file, load it with the "
        'program that wrote it, replace the frame by frame.to_dict("list"), and save it again'
    )


def _read_array(archive: _Archive, member: zipfile.ZipInfo) -> np.ndarray:
    with archive.zip.open(member) as file:
        return read_array(file, member.file_size, partial(archive.spend, member))


def _read_sparse(archive: _Archive, member: zipfile.ZipInfo) -> Any:
    with zipfile.ZipFile(_zip_within(archive, member)) as content:
        return read_sparse(content, partial(archive.spend, member))


_Reader = Callable[[_Archive, zipfile.ZipInfo], Any]

_READERS: dict[str, _Reader] = {
    "json": _read_json,
    "npy": _read_array,
    "npz": _read_sparse,
    "zip": _read_nested,
    "csv": _read_frame,
    "h5": _refuse_hdf5,
}
